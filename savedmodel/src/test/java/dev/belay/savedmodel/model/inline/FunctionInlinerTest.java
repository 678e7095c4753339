package dev.belay.savedmodel.model.inline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.model.FlatGraph;
import dev.belay.savedmodel.model.FlatGraph.CustomGradient;
import dev.belay.savedmodel.model.GraphPolicy;
import dev.belay.savedmodel.model.ModelFunction;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.SavedModelReader;
import dev.belay.savedmodel.model.TestModels;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.NodeDef;

/** What an expansion is made of; that it computes the same is InlinerParityTest's to show. */
class FunctionInlinerTest {
  private static final String T = "attr { key: \"T\" value { type: DT_FLOAT } }";

  @TempDir Path folder;

  @Test
  void nothingIsLeftOfCallsHintsAndDevices() throws IOException {
    FlatGraph flat =
        inline(read("savedmodel_hf_bert", "saved_model"), "signatures/serving_default");
    for (NodeDef node : flat.graphDef().getNodeList()) {
      assertFalse(node.getOp().endsWith("PartitionedCall"), node.getName());
      assertEquals("", node.getDevice());
      assertTrue(node.getAttrMap().keySet().stream().noneMatch(k -> k.startsWith("_")));
      assertFalse(node.hasExperimentalDebugInfo());
    }
    assertEquals(0, flat.graphDef().getLibrary().getFunctionCount());
  }

  /** Two functions, one set of variables: what one trains the other evaluates. */
  @Test
  void functionsShareTheirVariables() throws IOException {
    SavedModelContents contents = read("savedmodel_keras_bert", "saved_model");
    FlatGraph flat = inline(contents, "signatures/serving_default", "__call__");
    assertEquals(40, flat.variables().size());
    assertEquals(
        40,
        flat.graphDef().getNodeList().stream()
            .filter(n -> n.getOp().equals("VarHandleOp"))
            .count());
    Map<String, NodeDef> nodes = nodes(flat);
    for (FlatGraph.FlatVariable variable : flat.variables()) {
      // By id, since names of variables are not unique.
      assertEquals(
          "imported/" + variable.variable().id(),
          nodes.get(variable.handle()).getAttrOrThrow("shared_name").getS().toStringUtf8());
    }
    assertEquals(
        List.of("serving_default", "call_inference"),
        flat.functions().stream()
            .map(f -> f.inputs().get(0).tensor().replaceAll("_input/.*", ""))
            .toList());
  }

  @Test
  void aLoopOfKnownLengthIsUnrolledAndBothBranchesExpanded() throws IOException {
    FlatGraph flat =
        inline(read("savedmodel_tfmodule", "saved_model"), "signatures/serving_default");
    assertTrue(flat.notes().contains("1 While unrolled: 2 iterations"), flat.notes().toString());
    assertTrue(flat.notes().contains("1 If: both branches and SelectV2"), flat.notes().toString());
    assertEquals(1, count(flat, "SelectV2"));
    assertEquals(1, count(flat, "Assert"), "the branches' shapes are not proved equal");
  }

  @Test
  void aLoopOfUnknownLengthIsKeptWithItsFunctions() throws IOException {
    FlatGraph flat = inline(read("importer", "control_flow", "saved_model"), "signatures/loops");
    assertEquals(1, count(flat, "StatelessWhile"));
    assertEquals(2, flat.graphDef().getLibrary().getFunctionCount());
    assertTrue(
        flat.notes().contains("1 StatelessWhile kept: how often it runs depends on the inputs"),
        flat.notes().toString());
    for (FunctionDef function : flat.graphDef().getLibrary().getFunctionList()) {
      for (NodeDef node : function.getNodeDefList()) {
        assertTrue(node.getAttrMap().keySet().stream().noneMatch(k -> k.startsWith("_")));
      }
    }
  }

  @Test
  void aLoopThatIsTooLongIsKept() throws IOException {
    InlineOptions one = new InlineOptions(false, 1, 1000);
    SavedModelContents contents = read("savedmodel_tfmodule", "saved_model");
    FlatGraph flat =
        FunctionInliner.inline(
            contents, List.of(function(contents, "signatures/serving_default")), one);
    assertEquals(1, count(flat, "While"));
    assertTrue(
        flat.notes().contains("1 While kept: it is too long to unroll"), flat.notes().toString());
  }

  @Test
  void branchesWithSideEffectsAreKept() throws IOException {
    FlatGraph flat = inline(read("importer", "control_flow", "saved_model"), "signatures/effects");
    assertEquals(2, count(flat, "If"));
    assertEquals(0, count(flat, "SelectV2"));
  }

  @Test
  void aKnownIndexLeavesOneCase() throws IOException {
    FlatGraph flat = inline(read("importer", "control_flow", "saved_model"), "signatures/cases");
    assertTrue(flat.notes().contains("1 Case resolved: its index is constant"));
    assertEquals(1, count(flat, "Case") + count(flat, "StatelessCase"));
  }

  @Test
  void writesAreUpdates() throws IOException {
    SavedModelContents contents = read("importer", "keras_trained", "saved_model");
    ModelFunction training =
        contents.callables().stream()
            .filter(f -> f.path().equals("__call__") && f.training().orElse(false))
            .findFirst()
            .orElseThrow();
    FlatGraph flat = FunctionInliner.inline(contents, List.of(training), InlineOptions.defaults());
    Map<String, NodeDef> nodes = nodes(flat);
    assertEquals(
        List.of("AssignSubVariableOp", "AssignSubVariableOp"),
        flat.functions().get(0).updates().stream().map(u -> nodes.get(u).getOp()).toList());
  }

  @Test
  void aSavedGradientCarriesWhatItCaptured() throws IOException {
    FlatGraph flat =
        inline(read("importer", "custom_gradients", "saved_model"), "signatures/serving_default");
    assertEquals(List.of(), flat.missingCustomGradients());
    // One in the nested function, one in each branch, one in each of three iterations, the last.
    assertEquals(7, flat.customGradients().size());
    Map<String, NodeDef> nodes = nodes(flat);
    Map<String, FunctionDef> library = new HashMap<>();
    flat.graphDef()
        .getLibrary()
        .getFunctionList()
        .forEach(f -> library.put(f.getSignature().getName(), f));
    for (CustomGradient gradient : flat.customGradients()) {
      assertEquals("IdentityN", nodes.get(gradient.node()).getOp());
      FunctionDef function = library.get(gradient.function());
      assertEquals(
          gradient.results() + gradient.captures().size(),
          function.getSignature().getInputArgCount());
      assertEquals(gradient.arguments().size(), function.getSignature().getOutputArgCount());
    }
    List<String> exponentials =
        flat.customGradients().stream()
            .filter(g -> g.captures().size() == 1)
            .map(g -> nodes.get(g.captures().get(0)).getOp())
            .toList();
    assertEquals(List.of("Exp", "Exp", "Exp", "Exp", "Exp", "Exp"), exponentials);
    CustomGradient product = flat.customGradients().get(6);
    assertEquals(1, product.results());
    // (a, an integer, b) and the variable: nothing for the integer.
    assertEquals(List.of(0, 2, 3), product.arguments());
    assertEquals(2, product.captures().size());
  }

  @Test
  void aLostGradientIsListedUnlessTheNaturalOneWillDo() throws IOException {
    SavedModelContents contents = read("savedmodel_tfmodule", "saved_model_no_custom_gradients");
    FlatGraph flat = inline(contents, "signatures/serving_default");
    assertEquals(List.of(), flat.customGradients());
    assertEquals(1, flat.missingCustomGradients().size());
    assertTrue(flat.missingCustomGradients().get(0).gradient().startsWith("CustomGradient-"));
    FlatGraph natural =
        FunctionInliner.inline(
            contents,
            List.of(function(contents, "signatures/serving_default")),
            InlineOptions.defaults().acceptingNaturalGradient(true));
    assertEquals(List.of(), natural.missingCustomGradients());
    assertTrue(
        natural.notes().stream().anyMatch(n -> n.contains("natural gradient taken")),
        natural.notes().toString());
  }

  @Test
  void aTf1GraphBecomesResourceVariablesAndTheLiveSide() throws IOException {
    SavedModelContents contents = read("savedmodel_tf1", "saved_model_ref");
    FlatGraph serving = inline(contents, "signatures/serving_default");
    for (String op : List.of("VariableV2", "Switch", "Merge", "RandomUniform", "Assign")) {
      assertEquals(0, count(serving, op), op);
    }
    assertEquals(26, serving.variables().size());
    ModelFunction signature = function(contents, "signatures/serving_default");
    FlatGraph training =
        FunctionInliner.inline(
            contents,
            List.of(
                new ModelFunction(
                    signature.path(),
                    signature.functionName(),
                    signature.inputs(),
                    signature.outputs(),
                    Optional.of(true))),
            InlineOptions.defaults());
    assertEquals(1, count(training, "RandomUniform"), "dropout is on while training");
    assertEquals(0, count(training, "Switch"));
    assertTrue(training.notes().contains("1 'is_training' set to true to train"));
  }

  @Test
  void aTableIsFilledOnlyIfItIsAsked() throws IOException {
    SavedModelContents contents = read("savedmodel_tf1", "saved_model_resource");
    assertEquals(1, inline(contents, "signatures/serving_default").initializers().size());
    assertEquals(0, inline(contents, "signatures/train").initializers().size());
  }

  /** Reading /etc/passwd through a table is reading a file all the same. */
  @Test
  void aTableFilledFromAFileThatIsNoAssetIsRefused() throws IOException {
    String graph =
        "graph_def { "
            + TestModels.input()
            + """
            node { name: "table" op: "HashTableV2"
              attr { key: "key_dtype" value { type: DT_STRING } }
              attr { key: "value_dtype" value { type: DT_INT64 } } }
            node { name: "file" op: "Const" attr { key: "dtype" value { type: DT_STRING } }
              attr { key: "value" value { tensor {
                dtype: DT_STRING tensor_shape {} string_val: "/etc/passwd" } } } }
            node { name: "fill" op: "InitializeTableFromTextFileV2" input: "table" input: "file"
              attr { key: "key_index" value { i: -2 } }
              attr { key: "value_index" value { i: -1 } } }
            node { name: "y" op: "Identity" input: "x" input: "^fill" attr { key: "T" value { type: DT_FLOAT } } }
            }
            """
            + TestModels.signature("s", "y:0");
    SavedModelContents contents = TestModels.read(folder, graph);
    String message =
        assertThrows(CorruptModelException.class, () -> inline(contents, "signatures/s"))
            .getMessage();
    assertTrue(
        message.contains("expected a table filled from one of the model's assets, found another"),
        message);
  }

  @Test
  void aPlaceholderThatNobodyFeedsIsNamed() throws IOException {
    String graph =
        "graph_def { "
            + TestModels.input()
            + " node { name: \"keep_prob\" op: \"Placeholder\""
            + " attr { key: \"dtype\" value { type: DT_FLOAT } } }"
            + " node { name: \"y\" op: \"Mul\" input: \"x\" input: \"keep_prob\" "
            + T
            + " } } "
            + TestModels.signature("s", "y:0");
    SavedModelContents contents = TestModels.read(folder, graph);
    String message =
        assertThrows(UnsupportedModelException.class, () -> inline(contents, "signatures/s"))
            .getMessage();
    assertTrue(message.contains("needs a value for the placeholder 'keep_prob'"), message);
  }

  /** 2^60 nodes from sixty functions of two nodes each. */
  @Test
  void aModelThatWouldExpandForEverIsRefused() throws IOException {
    StringBuilder library = new StringBuilder("library { ");
    for (int i = 0; i < 60; i++) {
      library.append(doubling("f" + i, "f" + (i + 1)));
    }
    library.append(
        "function { signature { name: \"f60\" input_arg { name: \"a\" type: DT_FLOAT }"
            + " output_arg { name: \"r\" type: DT_FLOAT } }"
            + " node_def { name: \"b\" op: \"Neg\" input: \"a\" "
            + T
            + " } ret { key: \"r\" value: \"b:y:0\" } } }");
    String graph =
        "graph_def { "
            + TestModels.input()
            + " node { name: \"y\" op: \"f0\" input: \"x\" } "
            + library
            + " } "
            + TestModels.signature("s", "y:0");
    SavedModelContents contents = TestModels.read(folder, graph);
    assertTimeoutPreemptively(
        Duration.ofSeconds(5),
        () -> {
          long before = allocated();
          String message =
              assertThrows(
                      UnsupportedModelException.class,
                      () ->
                          FunctionInliner.inline(
                              contents,
                              List.of(function(contents, "signatures/s")),
                              InlineOptions.defaults()))
                  .getMessage();
          assertTrue(message.contains("more than the 200000 that Belay takes"), message);
          assertTrue(allocated() - before < 16 << 20, () -> allocated() - before + " bytes");
        });
  }

  /** Bytes that this thread has asked for so far. */
  private static long allocated() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getCurrentThreadAllocatedBytes();
  }

  private static String doubling(String name, String called) {
    return ("function { signature { name: \"%s\" input_arg { name: \"a\" type: DT_FLOAT }"
            + " output_arg { name: \"r\" type: DT_FLOAT } }"
            + " node_def { name: \"b\" op: \"%s\" input: \"a\" }"
            + " node_def { name: \"c\" op: \"%s\" input: \"b:r:0\" }"
            + " ret { key: \"r\" value: \"c:r:0\" } } ")
        .formatted(name, called, called);
  }

  private static long count(FlatGraph flat, String op) {
    return flat.graphDef().getNodeList().stream().filter(n -> n.getOp().equals(op)).count();
  }

  private static Map<String, NodeDef> nodes(FlatGraph flat) {
    Map<String, NodeDef> nodes = new HashMap<>();
    flat.graphDef().getNodeList().forEach(node -> nodes.put(node.getName(), node));
    return nodes;
  }

  private static SavedModelContents read(String first, String... more) throws IOException {
    return SavedModelReader.read(Fixtures.path(first, more), GraphPolicy.strict());
  }

  private static ModelFunction function(SavedModelContents contents, String path) {
    return contents.callables().stream().filter(f -> f.path().equals(path)).findFirst().get();
  }

  private static FlatGraph inline(SavedModelContents contents, String... paths) throws IOException {
    List<ModelFunction> functions = new ArrayList<>();
    for (String path : paths) {
      functions.add(function(contents, path));
    }
    return FunctionInliner.inline(contents, functions, InlineOptions.defaults());
  }
}
