package dev.belay.tools.fuzz;

import dev.belay.train.config.ModelConfig;
import dev.belay.train.failure.ModelException;
import dev.belay.train.model.ModelSandbox;
import dev.belay.train.sandbox.ProcessSandbox;
import dev.belay.train.session.ModelTrial;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The broken models that Java takes for sound, put before the sandbox as the commands do, and into
 * this process if they pass: {@code fuzz.sh trials MODELS SEED}. What the sandbox lets through must
 * not end this process; if it does, the corpus' {@code last-case.txt} names it.
 */
final class TrialFuzzProgram {
  private final Fuzzer fuzzer;
  private final ModelSandbox sandbox = ProcessSandbox.ofUser();
  private final Map<String, Integer> counts = new TreeMap<>();

  private TrialFuzzProgram(Fuzzer fuzzer) {
    this.fuzzer = fuzzer;
  }

  /**
   * Runs.
   *
   * @param arguments number of models to try, seed, folder for the corpus; number of the first case
   */
  public static void main(String[] arguments) throws IOException {
    int models = Integer.parseInt(arguments[0]);
    Path corpus = Files.createDirectories(Path.of(arguments[2]));
    Path scratch = Files.createTempDirectory("belay-fuzz");
    try {
      Fuzzer fuzzer = new Fuzzer(Long.parseLong(arguments[1]), scratch);
      new TrialFuzzProgram(fuzzer).run(Long.parseLong(arguments[3]), models, corpus);
    } finally {
      FuzzProgram.delete(scratch);
    }
  }

  private void run(long first, int models, Path corpus) throws IOException {
    int tried = 0;
    for (long number = first; tried < models; number++) {
      Fuzzer.Case made = fuzzer.make(number);
      if (!(made.subject() instanceof ModelSubject model)
          || fuzzer.read(made).kind() != Outcome.Kind.ACCEPTED) {
        continue;
      }
      String label = number + " " + model.name() + ": " + made.what();
      Files.writeString(corpus.resolve("last-case.txt"), label);
      String end = end(model.config(made.folder(), false));
      counts.merge(end.replaceAll(":.*", ""), 1, Integer::sum);
      System.out.println(end + " <- " + FuzzProgram.shown(label));
      if (++tried % 50 == 0) {
        System.out.printf(Locale.ROOT, "%d models, %s%n", tried, counts);
      }
    }
    System.out.printf(Locale.ROOT, "%d models, none ended this process: %s%n", tried, counts);
  }

  private String end(ModelConfig config) throws IOException {
    try (ModelSandbox.SandboxCheck check = sandbox.begin(config, true)) {
      check.await();
    } catch (ModelException e) {
      return "stopped by the sandbox: " + FuzzProgram.shown(e.getMessage());
    }
    try {
      ModelTrial.run(config, true, stage -> {});
      return "trained";
    } catch (IOException | RuntimeException e) {
      return "refused: " + e.getClass().getSimpleName() + ": " + FuzzProgram.shown(e.getMessage());
    }
  }
}
