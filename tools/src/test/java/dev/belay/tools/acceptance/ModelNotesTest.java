package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.Fixtures;
import dev.belay.tools.ProgramRun;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Notes about a model that each command prints: only those that are true of the command. */
final class ModelNotesTest {
  private static String notes(String command, String model, String data, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                command,
                "--model=" + Fixtures.path(model),
                (command.equals("train") ? "--train-file=" : "--file=") + Fixtures.path(data),
                "--device=cpu"));
    arguments.addAll(List.of(more));
    ProgramRun run = ProgramRun.of(arguments);
    assertEquals(0, run.code(), run.err());
    return run.err();
  }

  @ParameterizedTest
  @CsvSource({
    "savedmodel_hf_bert/saved_model, savedmodel_hf_bert/batch.jsonl, through, 'output logits'",
    "constraints/known/saved_model, constraints/known/batch.jsonl, through, 'output logits'",
    "savedmodel_tf1/saved_model_ref, savedmodel_tf1/batch.jsonl, through, 'output logits'",
    "safetensors_bert, savedmodel_hf_bert/batch.jsonl, Belay's own graph, head"
  })
  void neitherEvaluateNorPredictSpeaksOfTraining(
      String model, String data, String pass, String output) {
    String evaluated = notes("evaluate", model, data);
    assertTrue(evaluated.matches("(?s)note: evaluates " + pass + ".*" + output + ".*"), evaluated);
    assertFalse(evaluated.matches("(?s).*\\btrain.*"), evaluated);
    String predicted = notes("predict", model, data);
    assertTrue(
        predicted.matches("(?s)note: predicts (with )?" + pass + ".*" + output + ".*"), predicted);
    assertFalse(predicted.matches("(?s).*\\b(train|loss).*"), predicted);
  }

  @Test
  void trainSpeaksOfAnEvaluationOnlyIfItEvaluates(@TempDir Path folder) {
    String model = "savedmodel_tf1/saved_model_ref";
    String data = "savedmodel_tf1/batch.jsonl";
    String alone =
        notes("train", model, data, "--max-steps=1", "--output-dir=" + folder.resolve("alone"));
    assertTrue(alone.contains("note: trains through "), alone);
    assertFalse(alone.contains("evaluates"), alone);
    String both =
        notes(
            "train",
            model,
            data,
            "--max-steps=1",
            "--validation-file=" + Fixtures.path(data),
            "--output-dir=" + folder.resolve("both"));
    assertTrue(both.contains("note: evaluates through "), both);
  }
}
