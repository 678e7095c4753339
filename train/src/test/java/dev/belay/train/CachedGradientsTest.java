package dev.belay.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.Agreement;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.safetensors.SafetensorsReader;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.weights.WeightTarget;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.event.RunEvent;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Cached gradients are those of the whole batch. */
@Tag("long")
final class CachedGradientsTest {
  @TempDir private Path folder;

  private TrainConfig config(String name, Map<String, String> changes) {
    return EmbeddingRuns.config(folder, name, changes);
  }

  private static List<RunEvent.Trained> steps(TrainConfig config) throws IOException {
    List<RunEvent.Trained> steps = new ArrayList<>();
    TrainingRun.execute(
        config,
        List.of(),
        event -> {
          if (event instanceof RunEvent.Trained step) {
            steps.add(step);
          }
        });
    return steps;
  }

  private byte[] weights(String run) throws IOException {
    Path written = folder.resolve(run + "-written");
    ModelExport.export(folder.resolve(run), WeightTarget.HUGGINGFACE, written);
    return Files.readAllBytes(written.resolve("model.safetensors"));
  }

  /** Ten steps of three texts each, of 30 in a batch, of which the model reads 8 at a time. */
  @Test
  void tenStepsAreThoseOfSentenceTransformers() throws IOException {
    Path fixture = Fixtures.path("sentence_embeddings", "bert");
    JsonNode golden = Fixtures.json(fixture.resolve("cached.json"));
    List<RunEvent.Trained> steps =
        steps(
            config(
                "bert",
                Map.of(
                    "train-file", fixture.resolve("cached.jsonl").toString(),
                    "train-batch-size", "10",
                    "mini-batch-size", "8")));
    assertEquals(10, steps.size());
    for (int i = 0; i < 10; i++) {
      double loss = golden.get("loss").get(i).asDouble();
      Agreement.assertClose(loss, steps.get(i).loss(), 1e-5, "loss of step " + (i + 1));
      double norm = golden.get("norm").get(i).asDouble();
      Agreement.assertClose(norm, steps.get(i).gradNorm(), 1e-4, "norm of step " + (i + 1));
    }
  }

  /** Pairs of all poolings, with and without a size that divides the batch, and adapters. */
  @ParameterizedTest
  @CsvSource({
    "bert, 5, none, off",
    "bert, 12, lora, off",
    "mpnet, 3, none, on",
    "roberta, 4, none, off",
  })
  void anUpdateIsThatOfTheBatchAtOnce(String name, int size, String adapter, String again)
      throws IOException {
    Map<String, String> whole = new HashMap<>();
    whole.put("adapter", adapter);
    whole.put("optimizer", "sgd");
    whole.put("learning-rate", "0.01");
    if (again.equals("on")) {
      whole.put("gradient-checkpointing", "true");
    }
    Map<String, String> cached = new HashMap<>(whole);
    cached.put("mini-batch-size", Integer.toString(size));
    cached.put("output-dir", folder.resolve("cached").toString());
    List<RunEvent.Trained> expected = steps(config(name, whole));
    List<RunEvent.Trained> found = steps(config(name, cached));
    for (int i = 0; i < 5; i++) {
      String step = " of step " + (i + 1);
      Agreement.assertClose(expected.get(i).loss(), found.get(i).loss(), 1e-6, "loss" + step);
      Agreement.assertClose(
          expected.get(i).gradNorm(), found.get(i).gradNorm(), 1e-6, "norm" + step);
    }
    weights("run");
    weights("cached");
    NamedTensors one = SafetensorsReader.open(folder.resolve("run-written/model.safetensors"));
    NamedTensors other = SafetensorsReader.open(folder.resolve("cached-written/model.safetensors"));
    for (String tensor : one.names()) {
      Agreement.assertForward(floats(one, tensor), floats(other, tensor), tensor);
    }
  }

  private static float[] floats(NamedTensors file, String name) throws IOException {
    FloatBuffer values = file.read(name).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    float[] floats = new float[values.remaining()];
    values.get(floats);
    return floats;
  }

  /** Both passes over a part drop the same, and a run that was cut off ends with the same bits. */
  @Test
  void dropoutIsRepeatable() throws IOException {
    Map<String, String> dropout =
        Map.of("dropout", "on", "mini-batch-size", "3", "shuffle", "on", "save-steps", "2");
    List<RunEvent.Trained> first = steps(config("bert", dropout));
    byte[] weights = weights("run");
    Map<String, String> again = new HashMap<>(dropout);
    again.put("output-dir", folder.resolve("again").toString());
    TrainConfig cut = config("bert", again);
    assertThrows(
        IllegalStateException.class,
        () ->
            TrainingRun.execute(
                cut,
                List.of(),
                event -> {
                  if (event instanceof RunEvent.Trained step && step.step() == 4) {
                    throw new IllegalStateException("cut off");
                  }
                }));
    List<RunEvent.Trained> resumed = steps(cut);
    assertTrue(resumed.size() < 5 && !resumed.isEmpty(), resumed.size() + " steps");
    for (int i = 1; i <= resumed.size(); i++) {
      assertEquals(
          first.get(5 - i).loss(), resumed.get(resumed.size() - i).loss(), "step " + (6 - i));
    }
    assertArrayEquals(weights, weights("again"));
    Map<String, String> other = new HashMap<>(dropout);
    other.put("output-dir", folder.resolve("other").toString());
    other.put("seed", "7");
    other.put("shuffle", "off");
    assertNotEquals(first.get(0).loss(), steps(config("bert", other)).get(0).loss());
  }

  @Test
  void aStepThatOverflowsIsExplained() {
    String message =
        assertThrows(
                Exception.class,
                () -> steps(config("bert", Map.of("mini-batch-size", "5", "scale", "3e38"))))
            .getMessage();
    assertTrue(message.contains("not finite"), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "distilbert | device | cpu | found pairs with scores: its loss is a sum over examples",
        "bert | gradient-accumulation-steps | 2 | would rank each text within a part of the batch",
        "bert | device | gpu:0,1 | several devices or workers would each compare a share",
        "bert | norm-compatibility | tf | --mini-batch-size adds up those of several",
        "bert | mini-batch-size | 0 | --mini-batch-size",
      })
  void refusesWhatCannotBeCached(String name, String option, String value, String message) {
    Map<String, String> changes = new HashMap<>(Map.of("mini-batch-size", "2"));
    changes.put(option, value);
    String found = assertThrows(Exception.class, () -> steps(config(name, changes))).getMessage();
    assertTrue(found.contains(message), found);
  }

  @Test
  void refusesOtherTasks() throws IOException {
    Path data = folder.resolve("classes.tsv");
    Files.writeString(data, "text\tlabel\na cat\t0\na dog\t1\n");
    Map<String, String> changes =
        Map.of(
            "head", "classification",
            "train-file", data.toString(),
            "mini-batch-size", "2");
    String found = assertThrows(Exception.class, () -> steps(config("bert", changes))).getMessage();
    assertTrue(found.contains("found --head classification: its loss is a sum"), found);
  }
}
