package dev.belay.graph.imported.position;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.TensorData;
import dev.belay.graph.imported.rewrite.NodeGraph;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Gather;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.StridedSlice;
import org.tensorflow.op.math.Mean;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** Layers as Keras and Hugging Face save them; the numbers and the gradient must stay. */
class OnePositionTest {
  private static final int WIDTH = 4;

  private static final String HEAD = "pooled";
  private static final String TOKENS = "tokens";
  private static final String LAST = "last.output.MatMul";

  @Test
  void theLastLayerIsComputedForTheTextsFirstPosition() {
    GraphDef original = graph(Layers::encoder);
    NodeGraph nodes = rewrite(original, HEAD);
    assertEquals(List.of("1 StridedSlice: moved up to where positions meet"), nodes.notes());
    Set<String> needed = nodes.needed(List.of(HEAD));
    for (String left : List.of(LAST, "last.query.MatMul", "last.scores")) {
      assertFalse(needed.contains(left), left);
      assertTrue(needed.contains(left + "/first"), left);
    }
    for (String all : List.of("last.key.MatMul", "last.value.MatMul", "first.output.MatMul")) {
      assertTrue(needed.contains(all), all);
    }
    for (int[] sizes : new int[][] {{3, 5}, {1, 1}, {4, 2}}) {
      assertSame(original, nodes.toGraphDef(), sizes[0], sizes[1]);
    }
  }

  /** Another output needs all positions: of the copies, it reads nothing. */
  @Test
  void anotherOutputKeepsAllPositions() {
    NodeGraph nodes = rewrite(graph(Layers::encoder), HEAD, TOKENS);
    assertTrue(nodes.needed(List.of(TOKENS)).contains(LAST));
    assertFalse(nodes.needed(List.of(TOKENS)).contains(LAST + "/first"));
    assertFalse(nodes.needed(List.of(HEAD)).contains(LAST));
  }

  @Test
  void whatIsComputedAnywayIsNotComputedTwice() {
    assertUnchanged(Layers::encoder, List.of(HEAD, TOKENS));
  }

  @Test
  void aNodeWithAGradientOfItsAuthorStays() {
    NodeGraph nodes = new NodeGraph(graph(Layers::encoder));
    NodeGraph after =
        new OnePosition(List.of(List.of(HEAD)), List.of("last.probabilities")).rewrite(nodes);
    Set<String> needed = after.needed(List.of(HEAD));
    assertTrue(needed.contains("last.probabilities"));
    assertFalse(needed.contains(LAST));
  }

  /** Mixes positions after the last layer. */
  @Test
  void aMeanOverPositionsKeepsThemAll() {
    assertUnchanged(
        (layers, x) -> {
          Operand<TFloat32> tokens = layers.tokens(x);
          return layers.first(
              layers.tf.math.add(
                  tokens, layers.tf.math.mean(tokens, layers.tf.constant(1), Mean.keepDims(true))));
        },
        List.of(HEAD));
  }

  /** Rows of a text meet where [texts, positions] is read as blocks, whose shape is no proof. */
  @Test
  void blocksOfPositionsAreNoTexts() {
    BiFunction<Layers, Operand<TFloat32>, Operand<TFloat32>> blocks =
        (layers, x) -> {
          Ops tf = layers.tf;
          Operand<TInt32> shape = tf.shape(x);
          Operand<TFloat32> halves = // [2 texts, positions / 2, width]
              tf.reshape(
                  x,
                  tf.stack(
                      List.of(
                          tf.math.mul(layers.size(shape, 0), tf.constant(2)),
                          tf.constant(-1),
                          tf.constant(WIDTH))));
          Operand<TFloat32> dense = layers.dense("blocks", halves);
          return layers.first(
              tf.reshape(
                  dense,
                  tf.stack(List.of(layers.size(shape, 0), tf.constant(-1), tf.constant(WIDTH)))));
        };
    assertUnchanged(blocks, List.of(HEAD));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, -1})
  void anotherPositionIsLeftAlone(int position) {
    assertUnchanged((layers, x) -> layers.at(layers.tokens(x), position), List.of(HEAD));
  }

  /** The mask of a dropout is drawn for the position alone. */
  @Test
  void dropoutIsDrawnForThePosition() {
    NodeGraph nodes =
        rewrite(
            graph((layers, x) -> layers.first(layers.dropped(layers.dense("last.output", x)))),
            HEAD);
    Set<String> needed = nodes.needed(List.of(HEAD));
    assertTrue(needed.contains("draw/first"));
    assertFalse(needed.contains("draw"));
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      graph.importGraphDef(nodes.toGraphDef());
      try (TFloat32 x = values(3, 5);
          Result result = session.runner().feed("x", x).fetch("draw/first").run()) {
        assertEquals(Shape.of(3, 1, WIDTH), result.get(0).shape());
      }
    }
  }

  /** Where a mask is drawn for a length that is fixed, the dropout stays whole. */
  @Test
  void aDropoutOfFixedLengthIsNotCutApart() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Layers layers = new Layers(tf);
      Operand<TFloat32> x =
          tf.withName("x").placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, 5, WIDTH)));
      Operand<TFloat32> first =
          tf.withName("dropped").math.mul(x, layers.mask(x)); // [texts, 5, width]
      Operand<TFloat32> squares = layers.product("squares", layers.dropped(x), layers.square(x));
      tf.withName(HEAD).math.tanh(layers.first(tf.math.add(first, squares)));
      NodeGraph nodes = rewrite(graph.toGraphDef(), HEAD);
      assertTrue(nodes.needed(List.of(HEAD)).contains("squares/first"));
      for (String draw : List.of("draw", "draw_1")) {
        assertEquals(
            List.of("GreaterEqual"),
            nodes.consumers(draw).stream().map(NodeDef::getOp).distinct().toList());
      }
    }
  }

  /** A mask between all positions would lose those that it reads, too. */
  @Test
  void numbersForPairsOfPositionsAreDrawnForAll() {
    NodeGraph nodes =
        rewrite(
            graph(
                (layers, x) -> {
                  Ops tf = layers.tf;
                  Operand<TFloat32> dense = layers.dense("last.output", x);
                  Operand<TInt32> shape = tf.shape(dense);
                  Operand<TFloat32> pairs =
                      tf.withName("draw")
                          .random
                          .randomUniform(
                              tf.stack(
                                  List.of(
                                      layers.size(shape, 0),
                                      layers.size(shape, 1),
                                      layers.size(shape, 1))),
                              TFloat32.class);
                  return layers.first(layers.product("mixed", pairs, dense));
                }),
            HEAD);
    assertTrue(nodes.needed(List.of(HEAD)).contains("draw"));
    assertFalse(nodes.needed(List.of(HEAD)).contains("draw/first"));
  }

  /** The first row of a diagonal matrix is as wide as the matrix. */
  @Test
  void aDiagonalKeepsAllPositions() {
    GraphDef original =
        graph(
            (layers, x) -> {
              Operand<TFloat32> each =
                  layers.tf.math.mean(layers.dense("last.output", x), layers.tf.constant(2));
              return layers.first(
                  layers
                      .tf
                      .scope()
                      .opBuilder("Einsum", "diagonal")
                      .addInputList(new Output<?>[] {each.asOutput()})
                      .setAttr("equation", "bs->bss")
                      .build()
                      .output(0));
            });
    assertSame(original, rewrite(original, HEAD).toGraphDef(), 3, 5);
  }

  private static void assertUnchanged(
      BiFunction<Layers, Operand<TFloat32>, Operand<TFloat32>> body, List<String> together) {
    NodeGraph nodes = new NodeGraph(graph(body));
    int before = nodes.nodes().size();
    NodeGraph after = new OnePosition(List.of(together), List.of()).rewrite(nodes);
    assertEquals(List.of(), after.notes());
    assertEquals(before, after.nodes().size());
  }

  /** Where each output is computed alone. */
  private static NodeGraph rewrite(GraphDef original, String... outputs) {
    return new OnePosition(Stream.of(outputs).map(List::of).toList(), List.of())
        .rewrite(new NodeGraph(original));
  }

  private static GraphDef graph(BiFunction<Layers, Operand<TFloat32>, Operand<TFloat32>> body) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> x =
          tf.withName("x").placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, -1, WIDTH)));
      tf.withName(HEAD).math.tanh(body.apply(new Layers(tf), x));
      return graph.toGraphDef();
    }
  }

  private static void assertSame(GraphDef original, GraphDef moved, int texts, int positions) {
    float[][] expected = run(original, texts, positions);
    float[][] actual = run(moved, texts, positions);
    for (int i = 0; i < 2; i++) {
      assertArrayEquals(expected[i], actual[i], 1e-6f);
    }
  }

  private static TFloat32 values(int texts, int positions) {
    Random random = new Random(7);
    TFloat32 values = TFloat32.tensorOf(Shape.of(texts, positions, WIDTH));
    values.scalars().forEach(each -> each.setFloat(random.nextFloat() - 0.5f));
    return values;
  }

  /** The head's values, and the gradient of their sum by the input. */
  private static float[][] run(GraphDef graphDef, int texts, int positions) {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      graph.importGraphDef(graphDef);
      Output<?> head = graph.operation(HEAD).output(0);
      Output<?>[] slopes =
          graph.addGradients(head, new Output<?>[] {graph.operation("x").output(0)});
      try (TFloat32 x = values(texts, positions);
          Result result = session.runner().feed("x", x).fetch(head).fetch(slopes[0]).run()) {
        return new float[][] {TensorData.floats(result.get(0)), TensorData.floats(result.get(1))};
      }
    }
  }

  /** Layers as the function of a Keras model has them. */
  private static final class Layers {
    private final Ops tf;
    private final Random random = new Random(3);

    Layers(Ops tf) {
      this.tf = tf;
    }

    /** The first position of two blocks. */
    private Operand<TFloat32> encoder(Operand<TFloat32> x) {
      return first(tokens(x));
    }

    private Operand<TFloat32> tokens(Operand<TFloat32> x) {
      return tf.withName(TOKENS).identity(block("last", block("first", x)));
    }

    private Operand<TFloat32> first(Operand<TFloat32> x) {
      return at(x, 0);
    }

    private Operand<TFloat32> at(Operand<TFloat32> x, int position) {
      return StridedSlice.create(
          tf.scope(),
          x,
          tf.constant(new int[] {0, position}),
          tf.constant(new int[] {0, position + 1}),
          tf.constant(new int[] {1, 1}),
          StridedSlice.beginMask(1L),
          StridedSlice.endMask(1L),
          StridedSlice.shrinkAxisMask(2L));
    }

    private Operand<TInt32> size(Operand<TInt32> shape, int index) {
      return tf.gather(shape, tf.constant(index), tf.constant(0));
    }

    /** Attention of two heads, and a sum with its layer norm. */
    private Operand<TFloat32> block(String name, Operand<TFloat32> x) {
      Operand<TInt32> texts = size(tf.shape(x), 0);
      Operand<TFloat32> query = heads(dense(name + ".query", x), texts);
      Operand<TFloat32> key = heads(dense(name + ".key", x), texts);
      Operand<TFloat32> value = heads(dense(name + ".value", x), texts);
      Operand<TFloat32> scores =
          product(
              name + ".scores",
              query,
              tf.linalg.transpose(key, tf.constant(new int[] {0, 1, 3, 2})));
      Operand<TFloat32> probabilities =
          tf.withName(name + ".probabilities").nn.softmax(tf.math.mul(scores, tf.constant(0.7f)));
      Operand<TFloat32> context =
          tf.linalg.transpose(
              product(name + ".context", probabilities, value),
              tf.constant(new int[] {0, 2, 1, 3}));
      Operand<TFloat32> joined =
          tf.reshape(context, tf.stack(List.of(texts, tf.constant(-1), tf.constant(WIDTH))));
      return normalized(tf.math.add(dense(name + ".output", joined), x));
    }

    private Operand<TFloat32> product(String name, Operand<TFloat32> x, Operand<TFloat32> y) {
      return tf.scope()
          .opBuilder("BatchMatMul", name)
          .addInput(x.asOutput())
          .addInput(y.asOutput())
          .build()
          .output(0);
    }

    private Operand<TFloat32> heads(Operand<TFloat32> x, Operand<TInt32> texts) {
      return tf.linalg.transpose(
          tf.reshape(
              x, tf.stack(List.of(texts, tf.constant(-1), tf.constant(2), tf.constant(WIDTH / 2)))),
          tf.constant(new int[] {0, 2, 1, 3}));
    }

    private Operand<TFloat32> normalized(Operand<TFloat32> x) {
      Operand<TInt32> last = tf.constant(new int[] {2});
      Operand<TFloat32> mean = tf.math.mean(x, last, Mean.keepDims(true));
      Operand<TFloat32> variance =
          tf.math.mean(
              tf.math.squaredDifference(x, tf.stopGradient(mean)), last, Mean.keepDims(true));
      Operand<TFloat32> scale = tf.math.rsqrt(tf.math.add(variance, tf.constant(1e-3f)));
      return tf.math.mul(tf.math.sub(x, mean), scale);
    }

    /** {@code tf.tensordot(x, weight, 1)} and a bias. */
    private Operand<TFloat32> dense(String name, Operand<TFloat32> x) {
      Ops in = tf.withSubScope(name);
      Operand<TInt32> shape = in.shape(x);
      Operand<TInt32> free = in.constant(new int[] {0, 1});
      Operand<TInt32> leading = Gather.create(in.scope(), shape, free, in.constant(0));
      Operand<TInt32> summed =
          Gather.create(in.scope(), shape, in.constant(new int[] {2}), in.constant(0));
      Operand<TInt32> all = in.constant(new int[] {0});
      Operand<TFloat32> rows =
          in.reshape(x, in.stack(List.of(in.reduceProd(leading, all), in.reduceProd(summed, all))));
      Operand<TFloat32> product = tf.withName(name + ".MatMul").linalg.matMul(rows, matrix());
      return in.nn.biasAdd(
          in.reshape(
              product, in.concat(List.of(leading, in.constant(new int[] {WIDTH})), in.constant(0))),
          in.constant(new float[] {0.1f, -0.2f, 0.3f, 0.05f}));
    }

    private Operand<TFloat32> matrix() {
      float[][] weight = new float[WIDTH][WIDTH];
      for (float[] row : weight) {
        for (int i = 0; i < WIDTH; i++) {
          row[i] = random.nextFloat() - 0.5f;
        }
      }
      return tf.constant(weight);
    }

    private Operand<TFloat32> dropped(Operand<TFloat32> x) {
      return tf.math.mul(x, mask(x));
    }

    /** {@code [texts, width, width]} of {@code [texts, positions, width]}. */
    private Operand<TFloat32> square(Operand<TFloat32> x) {
      return product("square", tf.linalg.transpose(x, tf.constant(new int[] {0, 2, 1})), x);
    }

    private Operand<TFloat32> mask(Operand<TFloat32> x) {
      Operand<TFloat32> drawn =
          tf.withName("draw").random.randomUniform(tf.shape(x), TFloat32.class);
      Operand<TBool> kept = tf.math.greaterEqual(drawn, tf.constant(0.5f));
      return tf.dtypes.cast(kept, TFloat32.class);
    }
  }
}
