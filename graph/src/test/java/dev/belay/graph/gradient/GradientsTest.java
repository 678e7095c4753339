package dev.belay.graph.gradient;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.TensorData;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.VariableSpec;
import dev.belay.graph.variable.Variables;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.nn.SoftmaxCrossEntropyWithLogits;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.FunctionDefLibrary;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.OpDef;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;

class GradientsTest {
  private static final Shape TWO = Shape.of(2);

  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final Variables variables = new Variables(tf);
  private final Map<String, float[]> initial = new LinkedHashMap<>();

  @AfterEach
  void close() {
    graph.close();
  }

  @Test
  void onePerVariableInOrder() {
    GraphVariable a = variable("a", 1, 2);
    GraphVariable b = variable("b", 3, 4);
    Gradients gradients = of(sum(tf.math.mul(value(b), tf.math.square(value(a)))), a, b);
    assertEquals(List.of(a, b), gradients.gradients().stream().map(Gradient::variable).toList());
    assertArrayEquals(new float[][] {{6, 16}, {1, 4}}, run(gradients));
  }

  @Test
  void whatTheLossDoesNotReadIsNamedAndNoError() {
    GraphVariable a = variable("a", 1, 2);
    GraphVariable pooler = variable("pooler", 3, 4);
    Gradients gradients = of(sum(value(a)), a, pooler);
    assertEquals(List.of(pooler), gradients.unused());
    assertArrayEquals(new float[][] {{1, 1}}, run(gradients));
  }

  @Test
  void allThatAreReadWithoutAGradientAreListed() {
    GraphVariable a = variable("a", 1, 2);
    GraphVariable b = variable("b", 3, 4);
    GraphVariable c = variable("c", 3, 4);
    Operand<TFloat32> stopped = tf.stopGradient(tf.math.add(value(b), value(c)));
    Operand<TFloat32> loss = sum(tf.math.mul(value(a), stopped));
    UntrainableModelException refused =
        assertThrows(UntrainableModelException.class, () -> of(loss, a, b, c));
    assertEquals(
        "The loss reads 2 variables that should train, but has no gradient by them, since the model"
            + " stops it or uses them as integers: b, c. Freeze them (--freeze), or say that they"
            + " may stay as they are with --allow-no-gradient.",
        refused.getMessage());
    Gradients allowed =
        Gradients.of(tf, loss, List.of(a, b, c), List.of(), name -> !name.equals("a"));
    assertEquals(List.of(b, c), allowed.allowed());
    assertEquals(1, allowed.gradients().size());
  }

  @Test
  void otherTypesThanFloat32AreRefused() {
    GraphVariable half = variables.create(new VariableSpec("half", DataType.DT_HALF, TWO, true));
    assertEquals(
        "Belay trains float32 variables; these are of another type: half (DT_HALF). Freeze them"
            + " (--freeze), or save the model with float32 weights.",
        assertThrows(UntrainableModelException.class, () -> of(tf.constant(1f), half))
            .getMessage());
  }

  @Test
  void whatTheRuntimeFailsToDifferentiateIsSaidInItsWords() {
    GraphVariable a = variable("a", 1, 2);
    // The gradient of this op exists in float32 only.
    Operand<TFloat64> logits =
        tf.reshape(tf.dtypes.cast(value(a), TFloat64.class), tf.constant(new int[] {1, 2}));
    Operand<TFloat64> entropy =
        SoftmaxCrossEntropyWithLogits.create(
                tf.scope(), logits, tf.constant(new double[][] {{0, 1}}))
            .loss();
    Operand<TFloat32> loss = sum(tf.dtypes.cast(entropy, TFloat32.class));
    String message = assertThrows(UntrainableModelException.class, () -> of(loss, a)).getMessage();
    assertTrue(
        message.startsWith(
                "The native runtime failed to differentiate the model, at an op whose gradient it"
                    + " has but not for these types or attributes: ")
            && message.contains("DT_DOUBLE vs. DT_FLOAT"),
        message);
  }

  @Test
  void repeatedRowsOfALookupAreSummed() {
    GraphVariable table = variable("table", 1, 2);
    Operand<TFloat32> rows =
        tf.gather(value(table), tf.constant(new int[] {1, 1, 1}), tf.constant(0));
    assertArrayEquals(new float[][] {{0, 3}}, run(of(sum(rows), table)));
  }

  /**
   * Two gaps in a row, the first also read directly, so that each way of a gradient is taken: z =
   * cut(2 y), y = cut(3 x + b) with saved gradients of factor 0.5 each.
   */
  @Test
  void savedGradientsReplaceTheNaturalOnes() {
    addLibrary("Halved", 0.5f);
    GraphVariable a = variable("a", 1, 2);
    GraphVariable b = variable("b", 3, 4);
    Operand<TFloat32> yArgument = tf.math.add(tf.math.mul(value(a), tf.constant(3f)), value(b));
    Operand<TFloat32> y = tf.stopGradient(tf.math.tanh(yArgument));
    Operand<TFloat32> zArgument = tf.math.mul(y, tf.constant(2f));
    Operand<TFloat32> z = tf.stopGradient(tf.math.exp(zArgument));
    Operand<TFloat32> loss = tf.math.addN(List.of(sum(z), sum(y), sum(value(b))));
    // Given in the wrong order on purpose.
    List<SavedGradient> saved =
        List.of(
            gap("y", y, yArgument, tf.constant(new float[] {1, 10}).asOutput()),
            gap("z", z, zArgument, tf.constant(new float[] {1, 1}).asOutput()));
    Gradients gradients = Gradients.of(tf, loss, List.of(a, b), saved, name -> false);
    // dz' = 0.5 * (1, 1); dy = 2 * dz' + 1 = (2, 2); dy' = 0.5 * (1, 10) * dy = (1, 10)
    assertArrayEquals(new float[][] {{3, 30}, {2, 11}}, run(gradients));
  }

  /** Both arguments count, although the second is made of the first. */
  @Test
  void argumentsOfOneSavedGradientMayDependOnEachOther() {
    addLibrary(twice());
    GraphVariable a = variable("a", 1, 2);
    Operand<TFloat32> twice = tf.math.mul(value(a), tf.constant(2f));
    Operand<TFloat32> cut = tf.stopGradient(tf.math.add(value(a), twice));
    SavedGradient gap =
        new SavedGradient(
            "gap",
            List.of(cut.asOutput()),
            List.of(a.value(), twice.asOutput()),
            List.of(),
            twice());
    Gradients gradients = Gradients.of(tf, sum(cut), List.of(a), List.of(gap), name -> false);
    assertArrayEquals(new float[][] {{3, 3}}, run(gradients));
  }

  @Test
  void aGapThatTheLossDoesNotReachIsLeftAlone() {
    addLibrary("Halved", 0.5f);
    GraphVariable a = variable("a", 1, 2);
    Operand<TFloat32> argument = tf.math.mul(value(a), tf.constant(3f));
    Operand<TFloat32> unread = tf.stopGradient(argument);
    Gradients gradients =
        Gradients.of(
            tf,
            sum(value(a)),
            List.of(a),
            List.of(gap("gap", unread, argument, tf.constant(new float[] {1, 1}).asOutput())),
            name -> false);
    assertArrayEquals(new float[][] {{1, 1}}, run(gradients));
  }

  @Test
  void aSavedGradientOfAnotherFormIsRefused() {
    addLibrary("Halved", 0.5f);
    GraphVariable a = variable("a", 1, 2);
    Operand<TFloat32> cut = tf.stopGradient(value(a));
    SavedGradient gap =
        new SavedGradient(
            "node",
            List.of(cut.asOutput()),
            List.of(a.value()),
            List.of(),
            function("Halved", 0.5f));
    assertEquals(
        "The saved gradient Halved of the node node takes 2 tensors and gives 1; expected were 1"
            + " gradients of results and 0 captures, to 1 gradients of arguments. Save the model"
            + " again, or freeze what lies below the node.",
        assertThrows(
                UntrainableModelException.class,
                () -> Gradients.of(tf, sum(cut), List.of(a), List.of(gap), name -> false))
            .getMessage());
  }

  private SavedGradient gap(
      String name, Operand<TFloat32> cut, Operand<TFloat32> argument, Output<?> capture) {
    return new SavedGradient(
        name,
        List.of(cut.asOutput()),
        List.of(argument.asOutput()),
        List.of(capture),
        function("Halved", 0.5f));
  }

  private void addLibrary(String name, float factor) {
    addLibrary(function(name, factor));
  }

  private void addLibrary(FunctionDef function) {
    graph.importGraphDef(
        GraphDef.newBuilder()
            .setLibrary(FunctionDefLibrary.newBuilder().addFunction(function))
            .build());
  }

  /** {@code gradient -> (gradient, gradient)}. */
  private static FunctionDef twice() {
    OpDef.ArgDef.Builder argument = OpDef.ArgDef.newBuilder().setType(DataType.DT_FLOAT);
    return FunctionDef.newBuilder()
        .setSignature(
            OpDef.newBuilder()
                .setName("Twice")
                .addInputArg(argument.setName("g").build())
                .addOutputArg(argument.setName("dx").build())
                .addOutputArg(argument.setName("dy").build()))
        .putRet("dx", "g")
        .putRet("dy", "g")
        .build();
  }

  /** {@code (gradient, capture) -> factor * gradient * capture}. */
  private static FunctionDef function(String name, float factor) {
    AttrValue type = AttrValue.newBuilder().setType(DataType.DT_FLOAT).build();
    NodeDef constant;
    try (Graph scratch = new Graph()) {
      Ops.create(scratch).withName("factor").constant(factor);
      constant = scratch.toGraphDef().getNode(0);
    }
    return FunctionDef.newBuilder()
        .setSignature(
            OpDef.newBuilder()
                .setName(name)
                .addInputArg(OpDef.ArgDef.newBuilder().setName("g").setType(DataType.DT_FLOAT))
                .addInputArg(OpDef.ArgDef.newBuilder().setName("c").setType(DataType.DT_FLOAT))
                .addOutputArg(OpDef.ArgDef.newBuilder().setName("dx").setType(DataType.DT_FLOAT)))
        .addNodeDef(constant)
        .addNodeDef(
            NodeDef.newBuilder()
                .setName("scaled")
                .setOp("Mul")
                .addInput("g")
                .addInput("factor:output:0")
                .putAttr("T", type))
        .addNodeDef(
            NodeDef.newBuilder()
                .setName("result")
                .setOp("Mul")
                .addInput("scaled:z:0")
                .addInput("c")
                .putAttr("T", type))
        .putRet("dx", "result:z:0")
        .build();
  }

  private Gradients of(Operand<TFloat32> loss, GraphVariable... by) {
    return Gradients.of(tf, loss, List.of(by), List.of(), name -> false);
  }

  private GraphVariable variable(String name, float... values) {
    initial.put(name, values);
    return variables.create(new VariableSpec(name, DataType.DT_FLOAT, TWO, true));
  }

  private Operand<TFloat32> value(GraphVariable variable) {
    return variable.value().expect(TFloat32.class);
  }

  private Operand<TFloat32> sum(Operand<TFloat32> x) {
    return tf.reduceSum(x, tf.constant(0));
  }

  private float[][] run(Gradients gradients) {
    try (Session session = new Session(graph)) {
      initial.forEach(
          (name, values) -> {
            GraphVariable variable = variables.get(name);
            try (Tensor value = TensorData.of(TWO, values)) {
              session.runner().feed(variable.newValue(), value).addTarget(variable.assign()).run();
            }
          });
      Session.Runner runner = session.runner();
      gradients.gradients().forEach(gradient -> runner.fetch(tf.identity(gradient.value())));
      try (Result result = runner.run()) {
        List<float[]> fetched = new ArrayList<>();
        result.forEach(entry -> fetched.add(TensorData.floats(entry.getValue())));
        assertTrue(fetched.size() == gradients.gradients().size());
        return fetched.toArray(new float[0][]);
      }
    }
  }
}
