package dev.belay.train.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.Fixtures;
import dev.belay.train.TrainingListener;
import dev.belay.train.TrainingRun;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.event.RunEvent;
import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;
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
    Path data = Files.write(folder.resolve("train.jsonl"), lines);
    return TrainConfig.builder()
        .model(Fixtures.path("savedmodel_keras_bert", "saved_model"))
        .trainFiles(data)
        .validationFiles(data)
        .outputDirectory(folder.resolve("run"))
        .maxSeqLength(64)
        .maxSteps(1)
        .trainBatchSize(1)
        .option("device", "cpu")
        .option("shuffle", "off")
        .build();
  }

  private String refusal(int... lengths) throws IOException {
    TrainConfig config = config(lengths);
    String message =
        assertThrows(
                ModelException.class,
                () -> TrainingRun.execute(config, List.of("test"), event -> {}))
            .getMessage();
    assertFalse(Files.exists(folder.resolve("run/metrics.jsonl")), "nothing is written");
    return message;
  }

  @Test
  void aLengthThatTheModelRejectsIsFoundBeforeTheFirstStep() throws IOException {
    String message = refusal(16, 30, 64, 40);
    assertTrue(
        message.startsWith(
            folder.resolve("train.jsonl")
                + ":3: the model fails on the 64 tokens of this example, the longest one, and"
                + " accepts at most 32 tokens; set --max-seq-length 32 to cut longer texts."),
        message);
  }

  @Test
  void examplesThatAreAllTooLongAreFoundToo() throws IOException {
    String message = refusal(48, 48);
    assertTrue(message.contains("accepts at most 32 tokens"), message);
  }

  @Test
  void anAcceptedLengthIsTrainedAndEvaluationsTellTheirProgress() throws IOException {
    List<RunEvent.Evaluating> progress = new ArrayList<>();
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void onEvaluationProgress(RunEvent.Evaluating evaluating) {
            progress.add(evaluating);
          }
        };
    TrainingRun.execute(config(16, 32), List.of("test"), listener);
    assertEquals(
        List.of(
            new RunEvent.Evaluating(0, 0, 2),
            new RunEvent.Evaluating(0, 2, 2),
            new RunEvent.Evaluating(1, 0, 2),
            new RunEvent.Evaluating(1, 2, 2)),
        progress);
    String metrics = Files.readString(folder.resolve("run/metrics.jsonl"));
    assertEquals(
        List.of("start", "eval", "train", "eval", "checkpoint", "export", "done"),
        Pattern.compile("\"event\":\"(\\w+)\"")
            .matcher(metrics)
            .results()
            .map(event -> event.group(1))
            .toList());
  }
}
