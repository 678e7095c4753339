package dev.belay.train.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.Agreement;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.Npz;
import dev.belay.savedmodel.model.FlatGraph;
import dev.belay.savedmodel.model.FlatGraph.FlatFunction;
import dev.belay.savedmodel.model.GraphPolicy;
import dev.belay.savedmodel.model.ModelFunction;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.SavedModelReader;
import dev.belay.savedmodel.model.inline.FunctionInliner;
import dev.belay.savedmodel.model.inline.InlineOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Result;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TString;

/** The flat graph of a model, run as it is, gives what Python gave: the proof of the inliner. */
@Tag("long")
class InlinerParityTest {
  private static final Set<String> CALLS =
      Set.of("PartitionedCall", "StatefulPartitionedCall", "If", "While", "StatelessWhile");
  private static final Set<String> TRACES =
      Set.of("signatures/serving_default", "__call__", "call_and_return_all_conditional_losses");
  private static final Map<String, String> BERT_INPUTS =
      Map.of(
          "input_ids", "batch/input_ids",
          "attention_mask", "batch/attention_mask",
          "token_type_ids", "batch/token_type_ids");
  private static final Map<String, String> KERAS_INPUTS =
      Map.of(
          "input_ids", "batch/input_ids",
          "input_mask", "batch/attention_mask",
          // The names of a functional model's inputs when it was called with a list.
          "0", "batch/input_ids",
          "1", "batch/attention_mask");

  /** Every signature and trace of the root object, all in one graph over one set of variables. */
  @ParameterizedTest
  @ValueSource(strings = {"savedmodel_keras_bert", "savedmodel_hf_bert"})
  void allTracesGiveTheLogits(String fixture) throws IOException {
    SavedModelContents contents = read(fixture, "saved_model");
    List<ModelFunction> functions =
        contents.callables().stream()
            .filter(f -> TRACES.contains(f.path()))
            .filter(distinctBy(f -> f.path() + f.training()))
            .toList();
    assertEquals(5, functions.size());
    FlatGraph flat = FunctionInliner.inline(contents, functions, InlineOptions.defaults());
    assertNoCalls(flat);
    DropoutRemover.Removed noDropout = DropoutRemover.remove(flat.graphDef());
    assertTrue(noDropout.count() > 0, "the training traces hold dropout");
    Map<String, Npz.Array> goldens = Npz.read(Fixtures.path(fixture, "goldens.npz"));
    Map<String, Tensor> feeds =
        FlatGraphRunner.feeds(
            goldens, fixture.equals("savedmodel_keras_bert") ? KERAS_INPUTS : BERT_INPUTS);
    try (FlatGraphRunner runner = new FlatGraphRunner(contents, flat, noDropout.graph())) {
      for (FlatFunction function : flat.functions()) {
        Agreement.assertForward(
            goldens.get("logits").floats(),
            runner.floats(function, function.outputs().get(0).name(), feeds),
            function.source().toString());
      }
    } finally {
      feeds.values().forEach(Tensor::close);
    }
  }

  @Test
  void gpt2SignatureGivesTheLogits() throws IOException {
    SavedModelContents contents = read("gpt2_tiny", "saved_model");
    FlatGraph flat = inline(contents, "signatures/serving_default");
    Map<String, Npz.Array> goldens = Npz.read(Fixtures.path("gpt2_tiny", "goldens.npz"));
    Map<String, Tensor> feeds =
        FlatGraphRunner.feeds(
            goldens,
            Map.of("input_ids", "batch/input_ids", "attention_mask", "batch/attention_mask"));
    try (FlatGraphRunner runner = new FlatGraphRunner(contents, flat, flat.graphDef())) {
      Agreement.assertForward(
          goldens.get("logits").floats(),
          runner.floats(flat.functions().get(0), "logits", feeds),
          "logits");
    } finally {
      feeds.values().forEach(Tensor::close);
    }
  }

  /** The loop is unrolled, both branches of the conditional are there; a and b take each one. */
  @ParameterizedTest
  @ValueSource(strings = {"a", "b"})
  void tfModuleGivesTheLogitsOfBothBranches(String batch) throws IOException {
    SavedModelContents contents = read("savedmodel_tfmodule", "saved_model");
    FlatGraph flat = inline(contents, "signatures/serving_default", "train_logits");
    assertNoCalls(flat);
    Map<String, Npz.Array> goldens = Npz.read(Fixtures.path("savedmodel_tfmodule", "goldens.npz"));
    Map<String, Tensor> feeds =
        FlatGraphRunner.feeds(goldens, Map.of("ids", batch + "/ids", "mask", "mask"));
    int calls =
        contents.variables().stream().filter(v -> v.name().equals("calls")).findFirst().get().id();
    try (FlatGraphRunner runner = new FlatGraphRunner(contents, flat, flat.graphDef())) {
      FlatFunction serving = flat.functions().get(0);
      FlatFunction training = flat.functions().get(1);
      Agreement.assertForward(
          goldens.get(batch + "/logits").floats(),
          runner.floats(serving, "logits", feeds),
          "logits");
      Agreement.assertForward(
          goldens.get(batch + "/probabilities").floats(),
          runner.floats(serving, "probabilities", feeds),
          "logits");
      assertEquals(0, runner.scalar(calls));
      Agreement.assertForward(
          goldens.get(batch + "/logits").floats(),
          runner.floats(training, "output_0", feeds),
          "logits");
      assertEquals(1, training.updates().size());
      assertEquals(1, runner.scalar(calls), "train_logits counts its calls");
    } finally {
      feeds.values().forEach(Tensor::close);
    }
  }

  @Test
  void stringSignatureLooksWordsUpInItsAsset() throws IOException {
    SavedModelContents contents = read("savedmodel_tfmodule", "saved_model");
    FlatGraph flat = inline(contents, "signatures/classify_text");
    assertEquals(contents.assets(), List.copyOf(flat.assets().values()));
    assertEquals(1, flat.initializers().size());
    Map<String, Npz.Array> goldens = Npz.read(Fixtures.path("savedmodel_tfmodule", "goldens.npz"));
    List<String> text = new ArrayList<>();
    Fixtures.json(Fixtures.path("savedmodel_tfmodule", "goldens.json"))
        .get("text")
        .forEach(line -> text.add(line.textValue()));
    try (FlatGraphRunner runner = new FlatGraphRunner(contents, flat, flat.graphDef());
        TString input = TString.tensorOf(NdArrays.vectorOfObjects(text.toArray(String[]::new)));
        Result result = runner.run(flat.functions().get(0), Map.of("text", input))) {
      int[] ids = new int[(int) result.get(0).shape().size()];
      ((TInt32) result.get(0)).asRawTensor().data().asInts().read(ids);
      assertArrayEquals(goldens.get("text/ids").ints(), ids);
      Agreement.assertForward(
          goldens.get("text/logits").floats(),
          FlatGraphRunner.floats((TFloat32) result.get(1)),
          "logits");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ref", "resource"})
  void tf1SignatureGivesLogitsProbabilitiesAndLabels(String kind) throws IOException {
    SavedModelContents contents = read("savedmodel_tf1", "saved_model_" + kind);
    FlatGraph flat = inline(contents, "signatures/serving_default");
    assertNoCalls(flat);
    assertEquals(1, flat.initializers().size());
    Map<String, Npz.Array> goldens = Npz.read(Fixtures.path("savedmodel_tf1", "goldens.npz"));
    List<String> labels = new ArrayList<>();
    Fixtures.json(Fixtures.path("savedmodel_tf1", "goldens.json"))
        .get("models")
        .get(kind)
        .get("label")
        .forEach(label -> labels.add(label.textValue()));
    Map<String, Tensor> feeds =
        FlatGraphRunner.feeds(
            goldens,
            Map.of(
                "input_ids", "batch/input_ids",
                "input_mask", "batch/attention_mask",
                "segment_ids", "batch/token_type_ids"));
    FlatFunction function = flat.functions().get(0);
    assertEquals(
        List.of("label", "logits", "probabilities"),
        function.outputs().stream().map(FlatGraph.FlatTensor::name).toList());
    try (FlatGraphRunner runner = new FlatGraphRunner(contents, flat, flat.graphDef());
        Result result = runner.run(function, feeds)) {
      List<String> found = new ArrayList<>();
      ((TString) result.get(0)).scalars().forEach(label -> found.add(label.getObject()));
      assertEquals(labels, found);
      Agreement.assertForward(
          goldens.get(kind + "/logits").floats(),
          FlatGraphRunner.floats((TFloat32) result.get(1)),
          "logits");
      Agreement.assertForward(
          goldens.get(kind + "/probabilities").floats(),
          FlatGraphRunner.floats((TFloat32) result.get(2)),
          "logits");
    } finally {
      feeds.values().forEach(Tensor::close);
    }
  }

  @ParameterizedTest
  @CsvSource({"albert", "distilbert", "roberta", "electra", "gpt2", "t5"})
  void familiesGiveTheLogits(String family) throws IOException {
    SavedModelContents contents = read("families", family, "saved_model");
    List<ModelFunction> functions =
        contents.callables().stream()
            .filter(
                f -> f.path().equals("signatures/serving_default") || f.path().equals("__call__"))
            .filter(distinctBy(f -> f.path() + f.training()))
            .toList();
    assertEquals(3, functions.size());
    FlatGraph flat = FunctionInliner.inline(contents, functions, InlineOptions.defaults());
    DropoutRemover.Removed noDropout = DropoutRemover.remove(flat.graphDef());
    JsonNode goldens = Fixtures.json(Fixtures.path("families", family, "goldens.json"));
    Map<String, Tensor> feeds =
        goldens.get("batch").properties().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, entry -> matrix(entry.getValue())));
    JsonNode values = goldens.get("logits").get("values");
    float[] logits = new float[values.size()];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) values.get(i).doubleValue();
    }
    try (FlatGraphRunner runner = new FlatGraphRunner(contents, flat, noDropout.graph())) {
      for (FlatFunction function : flat.functions()) {
        Agreement.assertForward(
            logits, runner.floats(function, "logits", feeds), function.source().toString());
      }
    } finally {
      feeds.values().forEach(Tensor::close);
    }
  }

  /** What importing makes hard: see make_importer_cases.py. */
  @ParameterizedTest
  @CsvSource({
    "custom_gradients",
    "control_flow",
    "keras_trained",
    "tf1_loops",
    "tf1_assign",
    "tf1_vocabulary"
  })
  void importerCasesGiveWhatPythonGives(String model) throws IOException {
    SavedModelContents contents = read("importer", model, "saved_model");
    Map<String, Npz.Array> goldens = Npz.read(Fixtures.path("importer", model, "io.npz"));
    JsonNode strings = Fixtures.json(Fixtures.path("importer", model, "strings.json"));
    int compared = 0;
    for (ModelFunction signature : contents.signatures()) {
      if (signature.name().equals("shapes")) {
        continue;
      }
      FlatGraph flat =
          FunctionInliner.inline(contents, List.of(signature), InlineOptions.defaults());
      Map<String, Tensor> feeds = feeds(signature, goldens, strings);
      try (FlatGraphRunner runner = new FlatGraphRunner(contents, flat, flat.graphDef())) {
        for (ModelFunction.Argument output : signature.outputs()) {
          Agreement.assertForward(
              goldens.get(signature.name() + "|out|" + output.name()).floats(),
              runner.floats(flat.functions().get(0), output.name(), feeds),
              signature.path() + " " + flat.notes());
          compared++;
        }
      } finally {
        feeds.values().forEach(Tensor::close);
      }
    }
    assertTrue(compared > 0);
  }

  /** SelectV2 would broadcast [1, 5] and [4, 5] into one tensor, and nobody would know. */
  @Test
  void branchesOfDifferentShapeFailAloud() throws IOException {
    SavedModelContents contents = read("importer", "control_flow", "saved_model");
    FlatGraph flat = inline(contents, "signatures/shapes");
    Map<String, Npz.Array> goldens = Npz.read(Fixtures.path("importer", "control_flow", "io.npz"));
    try (FlatGraphRunner runner = new FlatGraphRunner(contents, flat, flat.graphDef());
        Tensor x = FlatGraphRunner.tensor(goldens.get("shapes|in|x"))) {
      RuntimeException failure =
          assertThrows(
              RuntimeException.class,
              () -> runner.floats(flat.functions().get(0), "y", Map.of("x", x)));
      assertTrue(
          failure.getMessage().contains("the two branches of a conditional"), failure.getMessage());
    }
  }

  private static Map<String, Tensor> feeds(
      ModelFunction signature, Map<String, Npz.Array> goldens, JsonNode strings) {
    Map<String, Tensor> feeds = new HashMap<>();
    for (ModelFunction.Argument input : signature.inputs()) {
      String key = signature.name() + "|in|" + input.name();
      List<String> words = new ArrayList<>();
      strings.path(key).forEach(word -> words.add(word.textValue()));
      feeds.put(
          input.name(),
          words.isEmpty()
              ? FlatGraphRunner.tensor(goldens.get(key))
              : TString.tensorOf(NdArrays.vectorOfObjects(words.toArray(String[]::new))));
    }
    return feeds;
  }

  private static Predicate<ModelFunction> distinctBy(Function<ModelFunction, String> key) {
    Set<String> seen = new HashSet<>();
    return function -> seen.add(key.apply(function));
  }

  private static Tensor matrix(JsonNode rows) {
    TInt32 tensor = TInt32.tensorOf(Shape.of(rows.size(), rows.get(0).size()));
    for (int i = 0; i < rows.size(); i++) {
      for (int j = 0; j < rows.get(i).size(); j++) {
        tensor.setInt(rows.get(i).get(j).intValue(), i, j);
      }
    }
    return tensor;
  }

  private static SavedModelContents read(String first, String... more) throws IOException {
    return SavedModelReader.read(Fixtures.path(first, more), GraphPolicy.strict());
  }

  private static FlatGraph inline(SavedModelContents contents, String... paths) throws IOException {
    List<ModelFunction> functions = new ArrayList<>();
    for (String path : paths) {
      functions.add(
          contents.callables().stream().filter(f -> f.path().equals(path)).findFirst().get());
    }
    return FunctionInliner.inline(contents, functions, InlineOptions.defaults());
  }

  private static void assertNoCalls(FlatGraph flat) {
    Set<String> ops =
        flat.graphDef().getNodeList().stream().map(NodeDef::getOp).collect(Collectors.toSet());
    ops.retainAll(CALLS);
    assertEquals(Set.of(), ops, flat.notes().toString());
  }
}
