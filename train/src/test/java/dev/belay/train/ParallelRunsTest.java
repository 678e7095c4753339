package dev.belay.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.belay.train.config.TrainConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trainings in one JVM, one after the other and at once, learn what each learns alone. */
@Tag("slow")
final class ParallelRunsTest {
  @TempDir Path folder;

  @Test
  void trainingsAtOnceGiveTheNumbersOfTrainingsAlone() throws Exception {
    List<SmallRun.Setting> settings =
        List.of(
            SmallRun.Setting.of(Files.createDirectory(folder.resolve("own"))),
            SmallRun.Setting.imported(Files.createDirectory(folder.resolve("imported")))
                .with(SmallRun.Rules.withMemory(), 6));
    List<SmallRun> alone = new ArrayList<>();
    for (int i = 0; i < settings.size(); i++) {
      alone.add(SmallRun.whole(settings.get(i).config(folder.resolve("alone" + i))));
    }
    List<SmallRun> together = together(settings);
    for (int i = 0; i < settings.size(); i++) {
      assertEquals(alone.get(i).metrics(), together.get(i).metrics());
      assertEquals(alone.get(i).weights(), together.get(i).weights());
    }
  }

  private List<SmallRun> together(List<SmallRun.Setting> settings) throws Exception {
    List<Callable<SmallRun>> runs = new ArrayList<>();
    for (int i = 0; i < settings.size(); i++) {
      TrainConfig config = settings.get(i).config(folder.resolve("together" + i));
      runs.add(() -> SmallRun.whole(config));
    }
    ExecutorService threads = Executors.newFixedThreadPool(runs.size());
    try {
      List<SmallRun> ended = new ArrayList<>();
      for (Future<SmallRun> run : threads.invokeAll(runs)) {
        ended.add(run.get());
      }
      return ended;
    } finally {
      threads.shutdown();
    }
  }
}
