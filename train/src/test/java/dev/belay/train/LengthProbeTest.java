package dev.belay.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.Fixtures;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Uses a SavedModel with 32 positions, in a table with an unknown name. */
final class LengthProbeTest {
  @TempDir Path folder;

  private TrainConfig config(int... lengths) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int length : lengths) {
      List<Integer> ids = Collections.nCopies(length, 7);
      List<Integer> mask = Collections.nCopies(length, 1);
      lines.add("{\"input_ids\": %s, \"attention_mask\": %s, \"label\": 1}".formatted(ids, mask));
    }
    return TrainConfig.builder()
        .model(Fixtures.path("savedmodel_keras_bert", "saved_model"))
        .trainFiles(Files.write(folder.resolve("train.jsonl"), lines))
        .outputDirectory(folder.resolve("run"))
        .maxSeqLength(64)
        .maxSteps(1)
        .trainBatchSize(1)
        .option("device", "cpu")
        .option("shuffle", "off")
        .build();
  }

  @Test
  void aLengthThatTheModelDoesNotTakeIsFoundBeforeTheFirstStep() throws IOException {
    TrainConfig config = config(16, 48, 30, 40, 64);
    ModelException refused =
        assertThrows(
            ModelException.class, () -> TrainingRun.execute(config, List.of("test"), event -> {}));
    String message = refused.getMessage();
    assertTrue(
        message.startsWith(
            folder.resolve("train.jsonl")
                + ":4: the model fails on an example of 40 tokens; 30 tokens work: "),
        message);
    assertTrue(message.contains("; set --max-seq-length to the length"), message);
    assertFalse(Files.exists(folder.resolve("run/metrics.jsonl")), "nothing is written");
  }

  @Test
  void aLengthThatItTakesIsTrained() throws IOException {
    TrainingRun.Result result =
        TrainingRun.execute(config(16, 32), List.of("test"), new TrainingListener() {});
    assertEquals(folder.resolve("run"), result.runDirectory());
  }
}
