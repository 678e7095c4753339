package dev.belay.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.config.ConfigException;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Options that only the model or the data show to be wrong: the refused run leaves no files. */
final class RefusedRunTest {
  private static final String METRICS =
      "--metric-for-best-model: expected a metric of this task: loss, accuracy, f1,"
          + " matthews_correlation, found ";

  @TempDir Path folder;
  private SmallRun.Setting setting;

  @BeforeEach
  void makeTheModel() throws IOException {
    setting = SmallRun.Setting.of(folder);
  }

  private TrainConfig config(String option, String value) {
    return setting.config(folder.resolve("runs/deep/run")).toBuilder()
        .option(option, value)
        .build();
  }

  private <T extends Exception> T refused(Class<T> type, String option, String value) {
    TrainConfig config = config(option, value);
    T refusal = assertThrows(type, () -> SmallRun.whole(config), option);
    assertFalse(Files.exists(folder.resolve("runs")), option);
    return refusal;
  }

  @Test
  void anUnknownMetricIsNamedWithTheMetricsOfTheTask() {
    assertEquals(
        METRICS + "acuracy; did you mean accuracy?",
        refused(ConfigException.class, "metric-for-best-model", "acuracy").getMessage());
    assertEquals(
        METRICS + "los; did you mean loss?",
        refused(ConfigException.class, "metric-for-best-model", "eval_los").getMessage());
    assertEquals(
        METRICS + "rouge",
        refused(ConfigException.class, "metric-for-best-model", "rouge").getMessage());
  }

  @Test
  void noOtherOptionLeavesADirectoryEither() {
    refused(Exception.class, "freeze", "no/such/variable");
    refused(Exception.class, "block-size", "8");
    refused(Exception.class, "causal-labels", "shifted");
    refused(Exception.class, "label-column", "verdict");
    refused(Exception.class, "device", "gpu:7");
    refused(Exception.class, "resume", folder.resolve("nothing").toString());
    refused(Exception.class, "validation-file", folder.resolve("nothing.jsonl").toString());
  }

  @Test
  void aSavedModelHasNoBlocksToComputeAgain() throws IOException {
    setting = SmallRun.Setting.imported(folder).recomputing();
    TrainConfig config = setting.config(folder.resolve("runs/deep/run"));
    ModelException refusal = assertThrows(ModelException.class, () -> SmallRun.whole(config));
    assertEquals(
        config.model().path()
            + ": --gradient-checkpointing is for models that Belay builds, from a Hugging Face"
            + " folder or a checkpoint, and this is a SavedModel with a graph of its own, whose"
            + " blocks are unknown. Train its weights without that graph, or use less memory with"
            + " a smaller --train-batch-size and --gradient-accumulation-steps, or with --adapter"
            + " lora",
        refusal.getMessage());
    assertFalse(Files.exists(folder.resolve("runs")));
  }

  @Test
  void aDirectoryThatWasThereStays() throws IOException {
    Path run = Files.createDirectories(folder.resolve("runs/deep/run"));
    assertThrows(
        ConfigException.class, () -> SmallRun.whole(config("metric-for-best-model", "bleu")));
    try (Stream<Path> left = Files.list(run)) {
      assertEquals(List.of("run.lock"), left.map(f -> f.getFileName().toString()).toList());
    }
    assertTrue(SmallRun.whole(config("metric-for-best-model", "eval_f1")).stopped().isEmpty());
  }
}
