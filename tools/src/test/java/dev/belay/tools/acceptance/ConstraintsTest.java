package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.model.GraphPolicy;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.SavedModelReader;
import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Constraints that Keras layers put on their weights, against Keras' own training. */
final class ConstraintsTest {
  private static final double CLOSE = 1e-4;

  @TempDir Path folder;

  private ProgramRun train(String model, String... more) {
    Path path = Fixtures.path("constraints", model);
    List<String> command =
        new ArrayList<>(
            List.of(
                "train",
                "--model=" + path.resolve("saved_model"),
                "--train-file=" + path.resolve("batch.jsonl"),
                "--output-dir=" + folder.resolve("run"),
                "--train-batch-size=4",
                "--num-train-epochs=3",
                "--max-seq-length=5",
                "--optimizer=sgd",
                "--learning-rate=0.5",
                "--lr-scheduler=constant",
                "--shuffle=off",
                "--dropout=off",
                "--report=none",
                "--device=cpu"));
    command.addAll(List.of(more));
    return ProgramRun.of(command);
  }

  @Test
  void weightsKeepToThemAfterEachUpdate() throws IOException {
    ProgramRun run = train("known");
    assertEquals(0, run.code(), run.err());
    assertTrue(
        run.err()
            .contains(
                "note: after each update, as in Keras, weights keep to constraints:"
                    + " embedding/embeddings norm 1.0 along axes [1], separable_conv1d/bias norm at"
                    + " most 0.05 along axes [0]"),
        run.err());
    JsonNode steps =
        new ObjectMapper()
            .readTree(Fixtures.path("constraints", "known", "steps.json").toFile())
            .get("steps");
    List<Double> losses = MetricsFile.trained(folder.resolve("run"), "loss");
    List<Double> norms = MetricsFile.trained(folder.resolve("run"), "grad_norm");
    assertEquals(3, losses.size());
    for (int step = 0; step < 3; step++) {
      assertEquals(steps.get(step).get("loss").doubleValue(), losses.get(step), CLOSE);
      assertEquals(steps.get(step).get("grad_norm").doubleValue(), norms.get(step), 10 * CLOSE);
    }
    JsonNode squares = steps.get(2).get("squares");
    SavedModelContents exported =
        SavedModelReader.read(folder.resolve("run/export/1"), GraphPolicy.strict());
    int compared = 0;
    for (ModelVariable variable : exported.variables()) {
      double expected = squares.path(variable.name() + ":0").asDouble(Double.NaN);
      assertEquals(expected, squares(exported, variable), CLOSE * (1 + expected), variable.name());
      compared++;
    }
    assertEquals(squares.size(), compared);
  }

  private static double squares(SavedModelContents model, ModelVariable variable)
      throws IOException {
    FloatBuffer values = model.read(variable).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    double sum = 0;
    while (values.hasRemaining()) {
      double value = values.get();
      sum += value * value;
    }
    return sum;
  }

  @Test
  void oneThatOnlyPythonKnowsIsRefused() {
    ProgramRun run = train("unknown");
    assertEquals(
        "belay train: "
            + Fixtures.path("constraints", "unknown", "saved_model", "saved_model.pb")
            + ": constraints: after each update Keras changes these weights by constraints that"
            + " only Python knows; expected MaxNorm, MinMaxNorm, UnitNorm or NonNeg of a weight"
            + " that the layer has under the key's name, found scale/factor (layer 'scale' (Scale),"
            + " scale_constraint = MaxNorm), logits/kernel (layer 'logits' (Dense),"
            + " kernel_constraint = Halved). Train without them by --ignore-constraints REGEX, or"
            + " keep the weights as they are by --freeze REGEX; both take names of variables\n",
        run.err());
    assertEquals(3, run.code());
    assertFalse(Files.exists(folder.resolve("run/checkpoints")));
  }

  @Test
  void whatIsLeftOutOrFrozenIsNotAskedFor() {
    ProgramRun run = train("unknown", "--ignore-constraints=kernel", "--freeze=scale");
    assertEquals(0, run.code(), run.err());
    assertTrue(
        run.err()
            .contains(
                "note: constraints left out (--ignore-constraints): logits/kernel (layer 'logits'"
                    + " (Dense), kernel_constraint)"),
        run.err());
    assertTrue(run.err().contains("constraints: logits/bias not negative\n"), run.err());
  }

  @Test
  void evaluationNeedsNone() throws IOException {
    Path model = Fixtures.path("constraints", "unknown");
    ProgramRun run =
        ProgramRun.of(
            List.of(
                "evaluate",
                "--model=" + model.resolve("saved_model"),
                "--file=" + model.resolve("batch.jsonl"),
                "--max-seq-length=5"));
    assertEquals(0, run.code(), run.err());
  }
}
