package dev.belay.savedmodel.model.check;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.TextFormat;
import dev.belay.savedmodel.CorruptModelException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.proto.framework.GraphDef;

/** Graphs that native code must never see, each with one thing wrong. */
class GraphValidatorTest {
  private static final Path FILE = Path.of("model/saved_model.pb");

  /** A float placeholder x and an int32 scalar n. */
  private static final String BASE =
      """
      node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
      node { name: "n" op: "Const" attr { key: "dtype" value { type: DT_INT32 } }
        attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape {} int_val: 3 } } } }
      """;

  private static final String T = "attr { key: \"T\" value { type: DT_FLOAT } }";

  static Stream<Arguments> broken() {
    return Stream.of(
        Arguments.of(
            "a name twice",
            identity("y", "x") + identity("y", "x"),
            "node 'y': expected one node of that name, found two"),
        Arguments.of(
            "a name with a space", identity("a b", "x"), "node 'a b': expected a name of letters"),
        Arguments.of("no name", identity("", "x"), "expected a name of letters"),
        Arguments.of(
            "an input that is not there",
            identity("y", "gone"),
            "node 'y': expected inputs that exist, found 'gone'"),
        Arguments.of(
            "an output that the node does not have",
            identity("y", "x:1"),
            "node 'y': expected inputs that exist, found 'x:1'"),
        Arguments.of(
            "an index that is none", identity("y", "x:-1"), "expected inputs such as 'node'"),
        Arguments.of(
            "a huge index", identity("y", "x:99999999999999"), "expected inputs such as 'node'"),
        Arguments.of(
            "waiting for what is not there",
            "node { name: \"y\" op: \"NoOp\" input: \"^gone\" }",
            "node 'y': expected inputs that exist, found '^gone'"),
        Arguments.of(
            "data after what is waited for",
            "node { name: \"y\" op: \"AddV2\" input: \"x\" input: \"^n\" input: \"x\" " + T + " }",
            "node 'y': expected inputs before those that are waited for"),
        Arguments.of(
            "too few inputs",
            "node { name: \"y\" op: \"AddV2\" input: \"x\" " + T + " }",
            "node 'y': expected 2 inputs for AddV2, found 1 inputs"),
        Arguments.of(
            "too many inputs",
            "node { name: \"y\" op: \"Identity\" input: \"x\" input: \"x\" " + T + " }",
            "node 'y': expected 1 inputs for Identity, found 2 inputs"),
        Arguments.of(
            "an input of another type",
            identity("y", "n"),
            "node 'y': expected input 0 of type DT_FLOAT, found 'n' of DT_INT32"),
        Arguments.of(
            "an unknown op",
            "node { name: \"y\" op: \"Nonsense\" }",
            "node 'y': expected an op of TensorFlow 2.10.1 or a function of the graph, found the"
                + " unknown op 'Nonsense'"),
        Arguments.of(
            "an op of the runtime's own",
            "node { name: \"y\" op: \"_Send\" }",
            "found the unknown op '_Send'"),
        Arguments.of(
            "an op of tensorflow-text",
            "node { name: \"y\" op: \"FastWordpieceTokenizeWithOffsets\" }",
            "found the unknown op 'FastWordpieceTokenizeWithOffsets', of tensorflow-text: export the"
                + " model without its preprocessing, from token ids to logits"),
        Arguments.of(
            "an op of tensorflow-addons",
            "node { name: \"y\" op: \"Addons>Gelu\" }",
            "found the unknown op 'Addons>Gelu', of tensorflow-addons: export"),
        Arguments.of(
            "no attribute T",
            "node { name: \"y\" op: \"Identity\" input: \"x\" }",
            "node 'y': expected attributes and calls as Identity has them, found no attribute 'T'"),
        Arguments.of(
            "an attribute of another kind",
            "node { name: \"y\" op: \"Identity\" input: \"x\" attr { key: \"T\" value { i: 1 } } }",
            "found attribute 'T' of type I"),
        Arguments.of(
            "a type that the op does not take",
            "node { name: \"y\" op: \"Softmax\" input: \"n\""
                + " attr { key: \"T\" value { type: DT_INT32 } } }",
            "found attribute 'T' = DT_INT32, which is not allowed"),
        Arguments.of(
            "an attribute that the op does not have",
            "node { name: \"y\" op: \"NoOp\" attr { key: \"speed\" value { i: 1 } } }",
            "found attribute 'speed', which TensorFlow 2.10.1 does not know"),
        Arguments.of(
            "a number below its minimum",
            pack(0, "x"),
            "found attribute 'N' = 0, below its minimum"),
        Arguments.of(
            "N that is not the number of inputs",
            pack(3, "x"),
            "node 'y': expected 3 inputs for Pack, found 1 inputs"),
        Arguments.of(
            "N that would fill the memory",
            pack(4_000_000_000_000L, "x"),
            "found 4000000000000 tensors for Pack's 'values'"),
        Arguments.of(
            "a negative dimension",
            placeholder("dim { size: -5 }"),
            "found attribute 'shape': a shape with dimension -5"),
        Arguments.of(
            "a shape that 63 bits cannot count",
            placeholder("dim { size: 4294967296 } dim { size: 4294967296 }"),
            "found attribute 'shape': a shape of more elements than 63 bits can count"),
        Arguments.of(
            "300 dimensions",
            placeholder("dim { size: 1 } ".repeat(300)),
            "found attribute 'shape': a shape of 300 dimensions"),
        Arguments.of(
            "unknown rank with dimensions",
            placeholder("unknown_rank: true dim { size: 1 }"),
            "found attribute 'shape': a shape of unknown rank with dimensions"),
        Arguments.of(
            "a constant of too few bytes",
            constant("dtype: DT_FLOAT tensor_shape { dim { size: 3 } } tensor_content: \"1234\""),
            "node 'c', attribute 'value': expected a constant whose values are those of its type"
                + " and shape, found a constant of DT_FLOAT [3] from 4 bytes"),
        Arguments.of(
            "a constant of too many values",
            constant("dtype: DT_FLOAT tensor_shape {} float_val: 1 float_val: 2"),
            "found a constant of DT_FLOAT [] from 2 values"),
        Arguments.of(
            "a constant of unknown shape",
            constant("dtype: DT_FLOAT tensor_shape { dim { size: -1 } } float_val: 1"),
            "found a constant of shape"),
        Arguments.of(
            "a constant that is no value",
            constant("dtype: DT_RESOURCE tensor_shape {}"),
            "found a constant of type DT_RESOURCE"),
        Arguments.of(
            "a cycle",
            identity("a", "b") + identity("b", "a"),
            "node 'a': expected a graph without cycles"),
        Arguments.of(
            "a cycle by waiting",
            "node { name: \"a\" op: \"NoOp\" input: \"^b\" } node { name: \"b\" op: \"NoOp\" input:"
                + " \"^a\" }",
            "expected a graph without cycles"),
        Arguments.of(
            "a call of a function that is not there",
            call("x", "gone"),
            "node 'y': expected attributes and calls as PartitionedCall has them, found a call of"
                + " function 'gone', which is not there"),
        Arguments.of(
            "a call with an argument too many",
            call("x", "f") + library(function("f", "", "r", "r: \"missing\"")),
            "found a call of function 'f', which takes [], with [DT_FLOAT]"),
        Arguments.of(
            "a function that does not give its output",
            library(function("f", "input_arg { name: \"a\" type: DT_FLOAT }", "r", "")),
            "function 'f': expected a source for output 'r', found none"),
        Arguments.of(
            "a function that gives another type",
            library(function("f", "input_arg { name: \"a\" type: DT_INT32 }", "r", "r: \"a\"")),
            "function 'f', node 'output r': expected a tensor of DT_FLOAT, found 'a' of DT_INT32"),
        Arguments.of(
            "two functions of one name",
            library(
                function("f", "input_arg { name: \"a\" type: DT_FLOAT }", "r", "r: \"a\""),
                function("f", "input_arg { name: \"a\" type: DT_FLOAT }", "r", "r: \"a\"")),
            "function 'f': expected one function of that name, found two"),
        Arguments.of(
            "a function that poses as an op",
            library(function("Relu", "input_arg { name: \"a\" type: DT_FLOAT }", "r", "r: \"a\"")),
            "function 'Relu': expected a name that no op of TensorFlow has"),
        Arguments.of(
            "two functions that call each other",
            library(caller("f", "g"), caller("g", "f")),
            "function 'f': expected functions that do not call themselves"),
        Arguments.of(
            "a gradient that is not there",
            "library { registered_gradients { gradient_func: \"gone\" registered_op_type: \"G\" } }",
            "gradient of 'G': expected a function of the library, found 'gone'"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("broken")
  void isRefused(String what, String graph, String says) {
    CorruptModelException refusal =
        assertThrows(CorruptModelException.class, () -> validate(BASE + graph));
    assertTrue(refusal.getMessage().startsWith(FILE + ": "), refusal.getMessage());
    assertTrue(refusal.getMessage().contains(says), what + ": " + refusal.getMessage());
  }

  /** The way back of a TF1 loop is the one cycle that there may be. */
  @Test
  void aLoopThroughNextIterationIsSound() {
    String merge =
        "node { name: \"merge\" op: \"Merge\" input: \"x\" input: \"next\" "
            + T
            + " attr { key: \"N\" value { i: 2 } } }";
    String next = "node { name: \"next\" op: \"NextIteration\" input: \"merge\" " + T + " }";
    assertDoesNotThrow(() -> validate(BASE + merge + next));
  }

  @Test
  void aFunctionMayWaitForItsArgumentAndTakeItsCallersAttributes() {
    String body =
        """
        node_def { name: "b" op: "Identity" input: "a" input: "^a"
          attr { key: "T" value { placeholder: "T" } } }
        """;
    String function =
        "function { signature { name: \"__inference_<lambda>_1\""
            + " input_arg { name: \"a\" type_attr: \"T\" }"
            + " output_arg { name: \"r\" type_attr: \"T\" } attr { name: \"T\" type: \"type\" } }"
            + body
            + "ret { key: \"r\" value: \"b:output:0\" } }";
    assertDoesNotThrow(() -> validate(BASE + library(function)));
  }

  /** Calls a hundred deep are deeper than any model, and Java's stack is not endless. */
  @Test
  void callsTooDeepAreRefused() {
    StringBuilder functions = new StringBuilder();
    for (int i = 0; i < 150; i++) {
      functions.append(caller("f" + i, "f" + (i + 1)));
    }
    functions.append(function("f150", "input_arg { name: \"a\" type: DT_FLOAT }", "r", "r: \"a\""));
    CorruptModelException refusal =
        assertThrows(
            CorruptModelException.class, () -> validate(BASE + library(functions.toString())));
    assertTrue(
        refusal.getMessage().contains("function 'f0': expected calls at most 100 deep"),
        refusal.getMessage());
  }

  private static void validate(String graph)
      throws CorruptModelException, TextFormat.ParseException {
    GraphDef.Builder builder = GraphDef.newBuilder();
    TextFormat.merge(graph, builder);
    GraphValidator.validate(FILE, builder.build());
  }

  private static String identity(String name, String input) {
    return "node { name: \"%s\" op: \"Identity\" input: \"%s\" %s } ".formatted(name, input, T);
  }

  private static String pack(long number, String input) {
    return "node { name: \"y\" op: \"Pack\" input: \"%s\" %s attr { key: \"N\" value { i: %d } } }"
        .formatted(input, T, number);
  }

  private static String placeholder(String shape) {
    return ("node { name: \"y\" op: \"Placeholder\" attr { key: \"dtype\" value { type: DT_FLOAT } }"
            + " attr { key: \"shape\" value { shape { %s } } } }")
        .formatted(shape);
  }

  private static String constant(String tensor) {
    return ("node { name: \"c\" op: \"Const\" attr { key: \"dtype\" value { type: DT_FLOAT } }"
            + " attr { key: \"value\" value { tensor { %s } } } }")
        .formatted(tensor);
  }

  private static String call(String input, String function) {
    return ("node { name: \"y\" op: \"PartitionedCall\" input: \"%s\""
            + " attr { key: \"f\" value { func { name: \"%s\" } } } %s %s } ")
        .formatted(input, function, types("Tin"), types("Tout"));
  }

  private static String types(String name) {
    return "attr { key: \"%s\" value { list { type: DT_FLOAT } } }".formatted(name);
  }

  private static String library(String... functions) {
    return "library { " + String.join(" ", functions) + " }";
  }

  private static String function(String name, String arguments, String output, String source) {
    String[] pair = source.split(": ", 2);
    String ret =
        source.isEmpty() ? "" : "ret { key: \"%s\" value: %s }".formatted(pair[0], pair[1]);
    return ("function { signature { name: \"%s\" %s output_arg { name: \"%s\" type: DT_FLOAT } } %s"
            + " }")
        .formatted(name, arguments, output, ret);
  }

  private static String caller(String name, String called) {
    String node =
        ("node_def { name: \"y\" op: \"PartitionedCall\" input: \"a\""
                + " attr { key: \"f\" value { func { name: \"%s\" } } } %s %s }")
            .formatted(called, types("Tin"), types("Tout"));
    return ("function { signature { name: \"%s\" input_arg { name: \"a\" type: DT_FLOAT }"
            + " output_arg { name: \"r\" type: DT_FLOAT } } %s"
            + " ret { key: \"r\" value: \"y:output:0\" } } ")
        .formatted(name, node);
  }
}
