package dev.belay.savedmodel.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.PythonInterop;
import dev.belay.savedmodel.model.GraphPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From every dialect into every other: back again nothing has changed, and Python agrees. */
class WeightRoundTripTest {
  private static final Path BERT = Fixtures.path("safetensors_bert");
  private static final Path GRAPH = Fixtures.path("savedmodel_hf_bert", "saved_model");

  @TempDir Path folder;

  private final List<Map<String, Object>> cases = new ArrayList<>();

  @Test
  void everyPairOfDialectsGivesTheSameLogitsInPython() throws IOException, InterruptedException {
    PythonInterop.python();
    ModelWeights safetensors = read(BERT);
    Map<String, ModelWeights> sources = new LinkedHashMap<>();
    sources.put("safetensors", safetensors);
    sources.put("h5", read(BERT.resolve("tf_model.h5")));
    sources.put("tf1", read(Fixtures.path("bert_tf1_ckpt").resolve("model.ckpt-20")));
    sources.put("tf2", read(written(safetensors, WeightTarget.TF2, "as_tf2")));
    sources.put("savedmodel", read(written(safetensors, WeightTarget.SAVEDMODEL, "as_savedmodel")));
    for (Map.Entry<String, ModelWeights> source : sources.entrySet()) {
      for (WeightTarget target : EnumSet.complementOf(EnumSet.of(WeightTarget.PEFT))) {
        Path path = written(source.getValue(), target, source.getKey() + "_to_" + target.option());
        assertTrue(
            WeightDifference.between(safetensors.canonical(), read(path).canonical(), 0).isEmpty(),
            path.toString());
        if (target != WeightTarget.SAFETENSORS) {
          add(target.option(), path, "bert", BERT).put("config", BERT.toString());
        }
        if (source.getKey().equals("tf1") && target == WeightTarget.TF1) {
          last().put("step", 20);
        } else if (source.getKey().equals("tf1") && target == WeightTarget.TF2) {
          last().put("step", 20);
        }
      }
    }
    addOptimizerStates();
    addPretraining();
    addDecoders();
    JsonNode found = check();
    assertEquals(cases.size(), found.size());
    found
        .properties()
        .forEach(
            difference ->
                assertTrue(difference.getValue().doubleValue() <= 1e-5, found.toPrettyString()));
  }

  /**
   * The weights and slots that Python wrote after its third step; the loss is that of its fourth.
   */
  private void addOptimizerStates() throws IOException {
    Path fixture = Fixtures.path("bert_tf2_ckpt");
    JsonNode runs = Fixtures.json(fixture.resolve("goldens.json")).get("runs");
    for (String kind : List.of("legacy", "experimental")) {
      WeightLocation location =
          WeightFinder.find(fixture.resolve("ckpt_" + kind + "-3"), Optional.empty())
              .withConfiguration(BERT.resolve("config.json"));
      ModelWeights weights = WeightReader.read(location, GraphPolicy.strict(), Optional.empty());
      for (WeightTarget target : List.of(WeightTarget.TF1, WeightTarget.TF2)) {
        Path path = written(weights, target, kind + "_to_" + target.option());
        Map<String, Object> added = add(target.option(), path, "bert", fixture);
        added.put("config", BERT.toString());
        added.put("loss", runs.get(kind).get("loss").get(3).doubleValue());
        added.put("step", 3);
        assertSameState(weights.optimizer().orElseThrow(), read(path).optimizer().orElseThrow());
      }
    }
  }

  private static void assertSameState(OptimizerState before, OptimizerState after)
      throws IOException {
    assertEquals(before.step(), after.step());
    assertEquals(before.slots().keySet(), after.slots().keySet());
    for (String slot : before.slots().keySet()) {
      assertTrue(
          WeightDifference.between(before.slots().get(slot), after.slots().get(slot), 0).isEmpty());
    }
  }

  /** Through Hugging Face and back to Google's names, with the heads of pretraining. */
  private void addPretraining() throws IOException {
    Path original = Fixtures.path("bert_tf1_ckpt").resolve("bert_model.ckpt");
    Path there = written(read(original), WeightTarget.HUGGINGFACE, "pretraining_to_huggingface");
    assertEquals(
        List.of("BertForPreTraining"), read(there).configuration().orElseThrow().architectures());
    Path back = written(read(there), WeightTarget.TF1, "pretraining_to_tf1");
    Map<String, Object> added = add("pretraining", back, "bert", BERT);
    added.put("original", original.toString());
    added.put("config", BERT.toString());
  }

  private void addDecoders() throws IOException {
    Path gpt2 = Fixtures.path("gpt2_tiny");
    for (String file : List.of("model.safetensors", "tf_model.h5", "ckpt", "saved_model")) {
      Path path =
          written(read(gpt2.resolve(file)), WeightTarget.HUGGINGFACE, "gpt2_" + file + "_to_hf");
      add("huggingface", path, "gpt2", gpt2);
    }
    Path graph = folder.resolve("gpt2_savedmodel");
    GraphWeights.write(
        read(gpt2.resolve("model.safetensors")),
        read(gpt2.resolve("saved_model")),
        graph,
        Map.of());
    add("savedmodel", graph, "gpt2", gpt2);
    Path t5 = Fixtures.path("t5_tiny");
    for (String file : List.of("model.safetensors", "tf_model.h5", "ckpt")) {
      ModelWeights weights = read(t5.resolve(file));
      add("huggingface", written(weights, WeightTarget.HUGGINGFACE, "t5_" + file), "t5", t5);
      add("tf2", written(weights, WeightTarget.TF2, "t5_" + file + "_to_tf2"), "t5", t5);
    }
  }

  private static ModelWeights read(Path path) throws IOException {
    return WeightReader.read(path);
  }

  private Path written(ModelWeights weights, WeightTarget target, String name) throws IOException {
    Path path = folder.resolve(name);
    if (target == WeightTarget.SAVEDMODEL) {
      GraphWeights.write(weights, read(GRAPH), path, weights.location().tokenizerFiles());
    } else {
      WeightWriter.write(weights, target, path, weights.location().tokenizerFiles());
    }
    return path;
  }

  private Map<String, Object> add(String target, Path path, String model, Path goldens) {
    Map<String, Object> added = new LinkedHashMap<>();
    added.put("target", target);
    added.put("path", path.toString());
    added.put("model", model);
    added.put("goldens", goldens.toString());
    cases.add(added);
    return added;
  }

  private Map<String, Object> last() {
    return cases.get(cases.size() - 1);
  }

  private JsonNode check() throws IOException, InterruptedException {
    Path file = folder.resolve("cases.json");
    Files.write(file, new ObjectMapper().writeValueAsBytes(cases));
    return PythonInterop.run(PythonInterop.script("check_weights.py"), file).get("differences");
  }
}
