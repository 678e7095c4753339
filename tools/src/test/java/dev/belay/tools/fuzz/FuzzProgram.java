package dev.belay.tools.fuzz;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The long run: {@code fuzz.sh CASES SEED FOLDER}. Every new kind of outcome is kept in the folder;
 * what is no refusal or acceptance is printed with its trace, and makes the exit code 1.
 */
final class FuzzProgram {
  private final Fuzzer fuzzer;
  private final Path corpus;
  private final PrintStream out;
  private final Map<String, Map<Outcome.Kind, Integer>> counts = new TreeMap<>();
  private final Set<String> seen = new HashSet<>();
  private double slowest;
  private String slowestCase = "";
  private long largest;
  private String largestCase = "";
  private int bad;

  /**
   * What the names of the subjects begin with that are read; those of the others are made alike.
   */
  private final String only = System.getProperty("belay.fuzz.only", "");

  private FuzzProgram(Fuzzer fuzzer, Path corpus, PrintStream out) {
    this.fuzzer = fuzzer;
    this.corpus = corpus;
    this.out = out;
  }

  /**
   * Runs.
   *
   * @param arguments number of cases, seed, folder for the corpus; number of the first case
   */
  public static void main(String[] arguments) throws IOException {
    long cases = Long.parseLong(arguments[0]);
    long seed = Long.parseLong(arguments[1]);
    Path corpus = Files.createDirectories(Path.of(arguments[2]));
    long first = arguments.length > 3 ? Long.parseLong(arguments[3]) : 0;
    Path scratch = Files.createTempDirectory("belay-fuzz");
    try {
      FuzzProgram program = new FuzzProgram(new Fuzzer(seed, scratch), corpus, System.out);
      program.run(first, cases);
      System.exit(program.bad == 0 ? 0 : 1);
    } finally {
      delete(scratch);
    }
  }

  private void run(long first, long cases) throws IOException {
    long begin = System.nanoTime();
    for (long number = first; number < first + cases; number++) {
      // Known before the case is read, should it end the process.
      Fuzzer.Case made = fuzzer.make(number);
      if (!made.subject().name().startsWith(only)) {
        continue;
      }
      Files.writeString(corpus.resolve("last-case.txt"), number + " " + made.subject().name());
      count(made, fuzzer.read(made));
      if ((number - first + 1) % 500 == 0) {
        out.printf(
            Locale.ROOT,
            "%d cases, %d kinds of outcome, %d bad, %.0f s%n",
            number - first + 1,
            seen.size(),
            bad,
            (System.nanoTime() - begin) / 1e9);
      }
    }
    summarize(cases);
  }

  private void count(Fuzzer.Case made, Outcome outcome) throws IOException {
    String label = made.number() + " " + made.subject().name() + ": " + outcome.what();
    String kind = made.subject().name().replaceAll(":.*", "");
    counts.computeIfAbsent(kind, k -> new TreeMap<>()).merge(outcome.kind(), 1, Integer::sum);
    if (outcome.kind() != Outcome.Kind.ACCEPTED && outcome.millis() > slowest) {
      slowest = outcome.millis();
      slowestCase = label;
    }
    if (outcome.kind() != Outcome.Kind.ACCEPTED && outcome.allocatedBytes() > largest) {
      largest = outcome.allocatedBytes();
      largestCase = label;
    }
    if (seen.add(kind + " " + outcome.signature())) {
      keep(made, label, outcome);
    }
    if (!outcome.kind().isGood()) {
      bad++;
      out.printf(
          Locale.ROOT,
          "%s %s (%.0f ms, %d MB)%n",
          outcome.kind(),
          shown(label),
          outcome.millis(),
          outcome.allocatedBytes() >> 20);
      trace(outcome.thrown());
    }
  }

  private void trace(Throwable thrown) {
    out.println("    " + shown(String.valueOf(thrown)));
    Stream.of(thrown.getStackTrace())
        .filter(frame -> frame.getClassName().startsWith("dev.belay"))
        .limit(6)
        .forEach(frame -> out.println("      at " + frame));
  }

  static String shown(String text) {
    String printable = text.replaceAll("[^\\x20-\\x7e]", "\u00b7");
    return printable.length() > 300 ? printable.substring(0, 300) + "..." : printable;
  }

  /** Only the files that differ from the sound ones: the others of a model are large. */
  private void keep(Fuzzer.Case made, String label, Outcome outcome) throws IOException {
    Path kept = Files.createDirectories(corpus.resolve("case-" + made.number()));
    Files.writeString(
        kept.resolve("case.txt"), shown(label) + "\n" + shown(outcome.signature()) + "\n");
    Path sound = Files.createTempDirectory("belay-sound");
    made.subject().prepare(sound);
    try (Stream<Path> files = Files.walk(made.folder())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path name = made.folder().relativize(file);
        Path original = sound.resolve(name);
        if (!Files.isRegularFile(original) || Files.mismatch(file, original) >= 0) {
          Path copy = kept.resolve(name);
          Files.createDirectories(copy.getParent());
          Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    } finally {
      delete(sound);
    }
  }

  private void summarize(long cases) {
    out.println();
    counts.forEach((kind, outcomes) -> out.println(kind + ": " + outcomes));
    out.printf(Locale.ROOT, "%d cases, %d kinds of outcome, %d bad%n", cases, seen.size(), bad);
    out.printf(Locale.ROOT, "slowest refusal %.0f ms: %s%n", slowest, shown(slowestCase));
    out.printf(
        Locale.ROOT, "largest refusal %.1f MB: %s%n", largest / 1048576.0, shown(largestCase));
    out.printf(
        Locale.ROOT, "heap of at most %d MB%n", Runtime.getRuntime().maxMemory() / (1 << 20));
  }

  static void delete(Path folder) throws IOException {
    try (Stream<Path> found = Files.walk(folder)) {
      List<Path> all = found.sorted(Comparator.reverseOrder()).toList();
      for (Path each : all) {
        Files.delete(each);
      }
    }
  }
}
