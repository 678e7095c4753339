package dev.belay.tools.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Breaks sound files at random and reads them. A case is known by the run's seed and its number,
 * and is the same whenever it is made.
 */
final class Fuzzer {
  /** How many of a hundred cases each kind of file gets. */
  private static final int MODELS = 40;

  private static final int CHECKPOINTS = 15;
  private static final int WEIGHTS = 15;
  private static final int RECORDS = 10;
  private static final int TOKENIZERS = 10;

  private final long seed;
  private final Path scratch;
  private final List<Subject> models;
  private final List<Subject> checkpoints;
  private final List<Subject> weights;
  private final List<Subject> records;
  private final List<Subject> tokenizers;
  private final List<Subject> data;
  private final Map<Subject, Path> folders = new HashMap<>();

  /**
   * @param scratch a folder for broken files
   */
  Fuzzer(long seed, Path scratch) throws IOException {
    this.seed = seed;
    this.scratch = scratch;
    this.models = Subjects.models();
    this.checkpoints = Subjects.checkpoints();
    this.weights = Subjects.weights();
    this.records = Subjects.records();
    this.tokenizers = Subjects.tokenizers();
    this.data = Subjects.data();
  }

  /** A broken file that lies on the disk. */
  record Case(long number, Subject subject, Path folder, String what) {}

  /** Makes a case; the files of the last case of the same subject are gone then. */
  Case make(long number) throws IOException {
    Dice dice = new Dice(seed * 1_000_003 + number);
    Subject subject = dice.of(kind(dice.below(100)));
    Path folder = folders.get(subject);
    if (folder == null) {
      folder = Files.createDirectories(scratch.resolve("subject-" + folders.size()));
      subject.prepare(folder);
      folders.put(subject, folder);
    }
    return new Case(number, subject, folder, subject.mutate(dice, folder));
  }

  private List<Subject> kind(int percent) {
    int end = MODELS;
    if (percent < end) {
      return models;
    }
    end += CHECKPOINTS;
    if (percent < end) {
      return checkpoints;
    }
    end += WEIGHTS;
    if (percent < end) {
      return weights;
    }
    end += RECORDS;
    if (percent < end) {
      return records;
    }
    return percent < end + TOKENIZERS ? tokenizers : data;
  }

  /** Reads a case. */
  Outcome read(Case made) {
    return CaseRunner.read(made.subject(), made.folder(), made.what());
  }
}
