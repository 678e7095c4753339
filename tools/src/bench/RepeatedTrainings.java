import dev.belay.train.TrainingRun;
import dev.belay.train.config.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Resident memory of one JVM after each of many trainings in it; repeated_trainings.sh starts it.
 *
 * <pre>
 * RepeatedTrainings COUNT MODEL_A DATA_A MODEL_B DATA_B
 * </pre>
 *
 * The two models take turns. Exit code 1 where the last ten trainings lie more than 50 MB apart.
 */
public final class RepeatedTrainings {
  private static final int LAST = 10;
  private static final double MOST_MEGABYTES = 50;

  private RepeatedTrainings() {}

  public static void main(String[] arguments) throws IOException {
    int count = Integer.parseInt(arguments[0]);
    Path scratch = Files.createTempDirectory("belay-repeated");
    List<Double> resident = new ArrayList<>();
    System.out.println("training  resident MB  threads  seconds  model");
    try {
      for (int i = 0; i < count; i++) {
        int which = 1 + 2 * (i % 2);
        Path model = Path.of(arguments[which]);
        Path run = scratch.resolve("run" + i);
        long begin = System.nanoTime();
        train(model, Path.of(arguments[which + 1]), run);
        double seconds = (System.nanoTime() - begin) / 1e9;
        delete(run);
        System.gc(); // what waits for the collector is no leak
        resident.add(status("VmRSS") / 1024.0);
        System.out.printf(
            "%8d  %11.1f  %7d  %7.1f  %s%n",
            i + 1, resident.get(i), status("Threads"), seconds, model.getFileName());
      }
    } finally {
      delete(scratch);
    }
    List<Double> last = resident.subList(Math.max(0, count - LAST), count);
    double spread =
        last.stream().max(Comparator.naturalOrder()).orElseThrow()
            - last.stream().min(Comparator.naturalOrder()).orElseThrow();
    System.out.printf("the last %d lie within %.1f MB%n", last.size(), spread);
    System.exit(spread > MOST_MEGABYTES ? 1 : 0);
  }

  private static void train(Path model, Path data, Path run) throws IOException {
    TrainConfig config =
        TrainConfig.builder()
            .model(model)
            .trainFiles(data)
            .validationFiles(data)
            .outputDirectory(run)
            .trainBatchSize(2)
            .maxSeqLength(32)
            .maxSteps(6)
            .saveSteps(3)
            .option("device", "cpu")
            .option("threads", 2)
            .build();
    TrainingRun.execute(config, List.of("repeated trainings"), event -> {});
  }

  /** A number of this process, as the kernel counts it. */
  private static long status(String key) throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith(key + ":"))
          .map(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElseThrow();
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> entries = Files.walk(directory)) {
      for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(entry);
      }
    }
  }
}
