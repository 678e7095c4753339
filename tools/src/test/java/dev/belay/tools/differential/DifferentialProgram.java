package dev.belay.tools.differential;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * Runs all cases below a folder in one JVM and writes found.json into each. A case that ends the
 * process leaves none, by which the driver knows it and starts the program again.
 */
final class DifferentialProgram {
  private static final int LONGEST_SECONDS = 120;
  private static final String FOUND = "found.json";

  /** The exit code after a case that did not end: its thread cannot be used again. */
  private static final int HUNG = 9;

  private DifferentialProgram() {}

  /**
   * Runs.
   *
   * @param arguments the folder whose children are cases
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    ExecutorService runner =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread thread = new Thread(task, "case");
              thread.setDaemon(true);
              return thread;
            });
    for (Path folder : cases(Path.of(arguments[0]))) {
      // Known before the case runs, should it end the process.
      Files.writeString(Path.of(arguments[0]).resolve("running"), folder.getFileName() + "\n");
      long begin = System.nanoTime();
      Future<Verdict> future = runner.submit(() -> new CaseRun(folder).run());
      Verdict verdict = verdict(future);
      write(folder, verdict, (System.nanoTime() - begin) / 1e9);
      if (!future.isDone()) {
        System.exit(HUNG);
      }
    }
    System.exit(0);
  }

  private static Verdict verdict(Future<Verdict> future) throws InterruptedException {
    try {
      return future.get(LONGEST_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      return new Verdict(
          Verdict.Kind.CRASHED,
          e.getCause() + " " + Arrays.stream(e.getCause().getStackTrace()).limit(5).toList());
    } catch (TimeoutException e) {
      return new Verdict(Verdict.Kind.CRASHED, "no end within " + LONGEST_SECONDS + " s");
    }
  }

  private static List<Path> cases(Path parent) throws IOException {
    try (Stream<Path> folders = Files.list(parent)) {
      return folders
          .filter(folder -> Files.exists(folder.resolve("case.json")))
          .filter(folder -> !Files.exists(folder.resolve(FOUND)))
          .sorted()
          .toList();
    }
  }

  private static void write(Path folder, Verdict verdict, double seconds) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode found = json.createObjectNode();
    found.put("verdict", verdict.kind().name().toLowerCase(java.util.Locale.ROOT));
    found.put("reason", verdict.reason());
    found.put("seconds", seconds);
    Files.writeString(folder.resolve(FOUND), json.writeValueAsString(found));
  }
}
