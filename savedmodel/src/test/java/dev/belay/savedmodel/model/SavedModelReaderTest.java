package dev.belay.savedmodel.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.TextFormat;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.tensor.TensorSlice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.MetaGraphDef;
import org.tensorflow.proto.framework.NodeDef;

/** Models that Python wrote, read as Python reads them. */
class SavedModelReaderTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "savedmodel_keras_bert/saved_model, 129, 40",
    "savedmodel_hf_bert/saved_model, 41, 41",
    "savedmodel_tfmodule/saved_model, 11, 8",
    "savedmodel_tfmodule/saved_model_no_custom_gradients, 11, 8",
    "savedmodel_tf1/saved_model_ref, 81, 26",
    "savedmodel_tf1/saved_model_resource, 26, 25",
    "gpt2_tiny/saved_model, 28, 28",
    "families/albert/saved_model, 27, 27",
    "families/distilbert/saved_model, 24, 24",
    "families/roberta/saved_model, 25, 25",
    "families/electra/saved_model, 27, 27",
    "families/gpt2/saved_model, 16, 16",
    "families/t5/saved_model, 26, 26",
  })
  void readsVariables(String model, int variables, int trainable) throws IOException {
    SavedModelContents contents = SavedModelReader.read(Fixtures.path(model), GraphPolicy.strict());
    assertEquals(variables, contents.variables().size());
    assertEquals(trainable, contents.variables().stream().filter(ModelVariable::trainable).count());
  }

  /** The keys that Python itself found for every variable. */
  @ParameterizedTest
  @ValueSource(strings = {"savedmodel_keras_bert", "savedmodel_hf_bert", "savedmodel_tfmodule"})
  void findsTheCheckpointKeysThatPythonUses(String fixture) throws IOException {
    SavedModelContents contents = read(fixture, "saved_model");
    Map<String, String> expected = new HashMap<>();
    for (JsonNode key :
        Fixtures.json(Fixtures.path(fixture, "goldens.json")).get("checkpoint_keys")) {
      expected.put(key.get("key").textValue(), key.get("full_name").textValue());
    }
    Map<String, String> found = new HashMap<>();
    for (ModelVariable variable : contents.variables()) {
      found.put(variable.checkpointKey(), variable.name());
    }
    assertEquals(expected, found);
  }

  /** Frozen by Keras, whatever the variable's own flag says. */
  @Test
  void aFrozenLayersVariablesAreNotTrainable() throws IOException {
    SavedModelContents contents = read("importer", "keras_trained", "saved_model");
    List<String> trainable =
        contents.variables().stream()
            .filter(ModelVariable::trainable)
            .map(ModelVariable::name)
            .toList();
    assertEquals(
        List.of("norm/gamma", "norm/beta", "probabilities/kernel", "probabilities/bias"),
        trainable);
    // An optimizer's slots are matched by the variable they belong to.
    assertTrue(
        contents.variables().stream()
            .anyMatch(v -> v.name().equals("Adam/norm/gamma/m") && !v.trainable()));
  }

  @Test
  void aPartitionIsReadAsItsPart() throws IOException {
    SavedModelContents contents = read("savedmodel_tf1", "saved_model_ref");
    ModelVariable second =
        contents.variables().stream()
            .filter(v -> v.name().equals("bert/embeddings/word_embeddings/part_1"))
            .findFirst()
            .orElseThrow();
    assertEquals("bert/embeddings/word_embeddings", second.checkpointKey());
    assertEquals(Shape.of(150, 32), second.shape());
    assertEquals(Optional.of(TensorSlice.of(150, 150, 0, 32)), contents.slice(second));
    byte[] part = new byte[150 * 32 * Float.BYTES];
    contents.read(second).get(part);
    byte[] half = new byte[part.length];
    contents.checkpoint().orElseThrow().read(second.checkpointKey()).get(part.length, half);
    assertArrayEquals(half, part);
  }

  @Test
  void readsTracesWithTheirTrainingFlag() throws IOException {
    SavedModelContents contents = read("savedmodel_hf_bert", "saved_model");
    List<String> seen =
        contents.callables().stream()
            .map(f -> f.path() + f.training().map(t -> " " + t).orElse(""))
            .distinct()
            .toList();
    assertEquals(
        List.of(
            "signatures/serving_default",
            "signatures/int64_serving",
            "__call__ false",
            "__call__ true",
            "call_and_return_all_conditional_losses false",
            "call_and_return_all_conditional_losses true",
            "_default_save_signature",
            "serving"),
        seen);
    ModelFunction serving = contents.signatures().get(0);
    assertEquals(
        List.of("attention_mask", "input_ids", "token_type_ids"),
        serving.inputs().stream().map(ModelFunction.Argument::name).toList());
    assertEquals("logits", serving.outputs().get(0).name());
  }

  @Test
  void findsTheOneModelBelowAFolder() throws IOException {
    Path model = Fixtures.path("corrupt", "saved_model", "ok_control_sm");
    copy(model, folder.resolve("7"));
    assertEquals(
        folder.resolve("7"), SavedModelReader.read(folder, GraphPolicy.strict()).directory());
    assertEquals(
        folder.resolve("7"),
        SavedModelReader.read(folder.resolve("7/saved_model.pb"), GraphPolicy.strict())
            .directory());
    copy(model, folder.resolve("saved_model/1"));
    String message = refusal(folder);
    assertTrue(
        message.contains("expected one SavedModel; name one of them, found several:")
            && message.contains("saved_model/1"),
        message);
  }

  @Test
  void theOnlyGraphIsTakenWhateverItsTags() throws IOException {
    MetaGraphDef.Builder meta = MetaGraphDef.newBuilder();
    meta.getMetaInfoDefBuilder().addTags("train").addTags("gpu");
    TestModels.write(folder, meta.build());
    assertEquals(
        List.of("train", "gpu"), SavedModelReader.read(folder, GraphPolicy.strict()).tags());
  }

  @Test
  void aModelWithoutVariablesNeedsNoCheckpoint() throws IOException {
    SavedModelContents contents =
        TestModels.read(
            folder, "graph_def { " + TestModels.input() + " } " + TestModels.signature("s", "x:0"));
    assertEquals(List.of(), contents.variables());
    assertEquals(Optional.empty(), contents.checkpoint());
    assertEquals("signatures/s", contents.callables().get(0).path());
  }

  @Test
  void aSignatureThatLiesAboutItsTypeIsRefused() throws IOException {
    TestModels.write(
        folder,
        "graph_def { node { name: \"x\" op: \"Placeholder\" attr { key: \"dtype\" value { type:"
            + " DT_INT32 } } } } "
            + TestModels.signature("s", "x:0"));
    String message = refusal(folder);
    assertTrue(
        message.contains(
            "signature 's', input 'x': expected a tensor of DT_FLOAT, as the signature says, found"
                + " 'x:0' of DT_INT32"),
        message);
  }

  @Test
  void anAssetBehindALinkOutOfTheModelIsRefused() throws IOException {
    Path model = folder.resolve("model");
    copy(Fixtures.path("savedmodel_tfmodule", "saved_model"), model);
    Path secret = Files.writeString(folder.resolve("secret.txt"), "x");
    Files.delete(model.resolve("assets/vocab.txt"));
    Files.createSymbolicLink(model.resolve("assets/vocab.txt"), secret);
    String message = refusal(model);
    assertTrue(
        message.contains("asset 'vocab.txt': expected a file in the model's own assets folder,"),
        message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"variables.index", "variables.data-00000-of-00001"})
  void variablesBehindALinkOutOfTheModelAreRefused(String file) throws IOException {
    Path model = folder.resolve("model");
    copy(Fixtures.path("savedmodel_tfmodule", "saved_model"), model);
    Path elsewhere = folder.resolve("elsewhere");
    Files.move(model.resolve("variables").resolve(file), elsewhere);
    Files.createSymbolicLink(model.resolve("variables").resolve(file), elsewhere);
    String message = refusal(model);
    assertTrue(message.contains("variables/" + file + ": file: expected a file of the"), message);
    assertTrue(message.contains("found a link out of it, to "), message);
  }

  @Test
  void aModelBehindALinkIsRead() throws IOException {
    Path link = folder.resolve("link");
    Files.createSymbolicLink(link, Fixtures.path("savedmodel_tfmodule", "saved_model"));
    assertEquals(1, SavedModelReader.read(link, GraphPolicy.strict()).assets().size());
  }

  /** In a value, in an attribute, in the packed bytes of a tensor, and in a graph in a graph. */
  @Test
  void aGraphInAStringIsHeldAgainstThePolicy() throws IOException {
    ByteString writes = graph("WriteFile", ByteString.EMPTY);
    for (String value :
        List.of(
            "tensor { dtype: DT_STRING tensor_shape { } string_val: " + quoted(writes) + " }",
            "tensor { dtype: DT_STRING tensor_shape { dim { size: 1 } } tensor_content: "
                + quoted(ByteString.copyFrom(new byte[] {(byte) writes.size()}).concat(writes))
                + " }",
            "tensor { dtype: DT_STRING tensor_shape { } string_val: "
                + quoted(graph("NoOp", writes))
                + " }")) {
      TestModels.write(folder, withString(value));
      String message = refusal(folder);
      assertTrue(message.contains("node 's', the graph in a string of it, node 'f'"), message);
      assertTrue(message.endsWith("found op WriteFile"), message);
    }
  }

  @Test
  void otherStringsAreNoGraphs() throws IOException {
    List<ByteString> strings =
        List.of(
            graph("NoOp", ByteString.EMPTY),
            graph("NoSuchOp", ByteString.EMPTY),
            ByteString.copyFromUtf8("\nWriteFile"),
            ByteString.copyFrom(new byte[] {'\n', 2, '\n', 0}),
            ByteString.EMPTY);
    for (ByteString string : strings) {
      TestModels.read(
          folder,
          withString(
              "tensor { dtype: DT_STRING tensor_shape { } string_val: " + quoted(string) + " }"));
    }
  }

  private static String withString(String value) {
    return "graph_def { "
        + TestModels.input()
        + " node { name: \"s\" op: \"Const\" attr { key: \"dtype\" value { type: DT_STRING } }"
        + " attr { key: \"value\" value { "
        + value
        + " } } } } "
        + TestModels.signature("s", "x:0");
  }

  private static ByteString graph(String op, ByteString attribute) {
    NodeDef.Builder node = NodeDef.newBuilder().setName("f").setOp(op);
    node.putAttr("_a", AttrValue.newBuilder().setS(attribute).build());
    return GraphDef.newBuilder().addNode(node).build().toByteString();
  }

  private static String quoted(ByteString bytes) {
    return '"' + TextFormat.escapeBytes(bytes) + '"';
  }

  @ParameterizedTest
  @CsvSource({"'300 32 150,150:0,32', '150,150:0,32'", "'4 2 0,2:-', '0,2:-'", "'', ''"})
  void readsSlicesOfSavers(String text, String slice) {
    assertEquals(slice, RestoredVariables.slice(text).map(TensorSlice::toString).orElse(""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"4 2 0:-", "4 0,x", "4 -1,3", "nonsense"})
  void refusesWhatIsNoSlice(String text) {
    assertThrows(IllegalArgumentException.class, () -> RestoredVariables.slice(text));
  }

  private static SavedModelContents read(String first, String... more) throws IOException {
    return SavedModelReader.read(Fixtures.path(first, more), GraphPolicy.strict());
  }

  private static String refusal(Path model) {
    return assertThrows(
            CorruptModelException.class, () -> SavedModelReader.read(model, GraphPolicy.strict()))
        .getMessage();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        Files.createDirectories(target.getParent());
        Files.copy(file, target);
      }
    }
  }
}
