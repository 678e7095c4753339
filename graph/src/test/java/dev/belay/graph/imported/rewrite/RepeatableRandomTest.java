package dev.belay.graph.imported.rewrite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.TensorData;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.OperationBuilder;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

class RepeatableRandomTest {
  private static final String STEP = "step";
  private static final int DRAWS = 2000;

  @ParameterizedTest
  @ValueSource(strings = {"RandomUniform", "RandomStandardNormal", "TruncatedNormal"})
  void sameSeedAndStepDrawTheSame(String op) {
    float[][] first = draw(op, 7, 3);
    float[][] again = draw(op, 7, 3);
    assertArrayEquals(first[0], again[0]);
    assertArrayEquals(first[1], again[1]);
    assertFalse(Arrays.equals(first[0], first[1]), "two nodes draw the same");
    assertFalse(Arrays.equals(first[0], draw(op, 7, 4)[0]), "the step does not matter");
    assertFalse(Arrays.equals(first[0], draw(op, 8, 3)[0]), "the seed does not matter");
    double mean = 0;
    double square = 0;
    for (float value : first[0]) {
      mean += value / DRAWS;
      square += value * (double) value / DRAWS;
    }
    double[] expected =
        switch (op) {
          case "RandomUniform" -> new double[] {0.5, 1 / 3.0};
          case "RandomStandardNormal" -> new double[] {0, 1};
          default -> new double[] {0, 0.774};
        };
    assertEquals(expected[0], mean, 0.08);
    assertEquals(expected[1], square, 0.12);
  }

  @Test
  void integersAndClassesToo() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      tf.scope()
          .opBuilder("RandomUniformInt", "ints")
          .addInput(tf.constant(new int[] {50}).asOutput())
          .addInput(tf.constant(3).asOutput())
          .addInput(tf.constant(9).asOutput())
          .build();
      tf.scope()
          .opBuilder("Multinomial", "classes")
          .addInput(tf.constant(new float[][] {{0, 0, 0}}).asOutput())
          .addInput(tf.constant(20).asOutput())
          .setAttr("output_dtype", DataType.DT_INT32)
          .build();
      NodeGraph nodes = rewrite(graph.toGraphDef(), 1);
      assertEquals("StatelessRandomUniformInt", nodes.node("ints/draw").getOp());
      assertEquals("StatelessMultinomial", nodes.node("classes/draw").getOp());
      try (Graph rewritten = new Graph();
          Session session = new Session(rewritten);
          TInt64 step = TInt64.scalarOf(1)) {
        rewritten.importGraphDef(nodes.toGraphDef());
        try (Result result =
            session.runner().feed(STEP, step).fetch("ints").fetch("classes").run()) {
          assertTrue(
              ((TInt32) result.get(0))
                  .streamOfObjects()
                  .allMatch(value -> value >= 3 && value < 9));
          assertEquals(20, ((TInt32) result.get(1)).size());
        }
      }
    }
  }

  /** What a dropout compares takes 16 bits of a draw, with the probability of the original. */
  @ParameterizedTest
  @CsvSource({
    "GreaterEqual, true, 0.9",
    "Greater, false, 0.1",
    "Less, true, 0.1",
    "LessEqual, false, 0.9"
  })
  void comparedNumbersShareDraws(String op, boolean first, double expected) {
    boolean[] kept = compared(op, first, 3);
    assertArrayEquals(kept, compared(op, first, 3));
    assertFalse(Arrays.equals(kept, compared(op, first, 4)), "the step does not matter");
    int count = 0;
    for (boolean each : kept) {
      count += each ? 1 : 0;
    }
    assertEquals(expected, count / (double) kept.length, 0.03);
  }

  /** Noise where nothing is kept: what {@code u < rate} drops, {@code u >= rate} keeps. */
  @ParameterizedTest
  @CsvSource({"GreaterEqual, true, Less, true", "Greater, false, LessEqual, false"})
  void oppositeComparisonsExcludeEachOther(
      String op, boolean first, String opposite, boolean oppositeFirst) {
    boolean[] kept = compared(op, first, 3);
    boolean[] others = compared(opposite, oppositeFirst, 3);
    for (int i = 0; i < kept.length; i++) {
      assertEquals(kept[i], !others[i]);
    }
  }

  /** Rates with an axis of their own make more results than draws. */
  @Test
  void aBoundWithAxesIsComparedWithNumbers() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> drawn = tf.random.randomUniform(tf.constant(new int[] {4}), TFloat32.class);
      tf.math.less(drawn, tf.constant(new float[][] {{0.1f}}));
      assertEquals(
          List.of("1 RandomUniform: drawn from seed and step"),
          rewrite(graph.toGraphDef(), 5).notes());
    }
  }

  private static boolean[] compared(String op, boolean first, long at) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Output<?> drawn =
          tf.withName("drawn")
              .random
              .randomUniform(tf.constant(new int[] {7, 143}), TFloat32.class) // an odd number
              .asOutput();
      Output<?> rate = tf.constant(0.1f).asOutput();
      tf.scope()
          .opBuilder(op, "kept")
          .addInput(first ? drawn : rate)
          .addInput(first ? rate : drawn)
          .build();
      NodeGraph nodes = rewrite(graph.toGraphDef(), 5);
      assertEquals(List.of("1 RandomUniform: 16 bits of a draw from seed and step"), nodes.notes());
      nodes.prune(List.of("kept", STEP));
      assertEquals(List.of(), RepeatableRandom.draws(nodes));
      try (Graph rewritten = new Graph();
          Session session = new Session(rewritten);
          TInt64 step = TInt64.scalarOf(at)) {
        rewritten.importGraphDef(nodes.toGraphDef());
        try (Result result = session.runner().feed(STEP, step).fetch("kept").run()) {
          TBool kept = (TBool) result.get(0);
          assertEquals(Shape.of(7, 143), kept.shape());
          boolean[] values = new boolean[(int) kept.size()];
          int i = 0;
          for (Boolean each : kept.streamOfObjects().toList()) {
            values[i++] = each;
          }
          return values;
        }
      }
    }
  }

  /** Numbers that something else reads, too, stay whole. */
  @Test
  void numbersThatAreReadStayNumbers() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> drawn = tf.random.randomUniform(tf.constant(new int[] {4}), TFloat32.class);
      tf.math.greaterEqual(drawn, tf.constant(0.1f));
      tf.math.floor(tf.math.add(drawn, tf.constant(0.9f)));
      assertEquals(
          List.of("1 RandomUniform: drawn from seed and step"),
          rewrite(graph.toGraphDef(), 5).notes());
    }
  }

  @Test
  void aGraphThatDrawsNothingGetsNoStep() {
    try (Graph graph = new Graph()) {
      Ops.create(graph).constant(1f);
      assertEquals(1, rewrite(graph.toGraphDef(), 1).nodes().size());
    }
  }

  @Test
  void whatCannotBeRepeatedIsRefusedByName() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      tf.withName("shuffled").random.randomShuffle(tf.constant(new int[] {1, 2, 3}));
      assertEquals(
          "The model draws random numbers whose state cannot be saved or set, so that no run could"
              + " be repeated: RandomShuffle shuffled. Belay can repeat uniform, normal, truncated"
              + " normal, integer and multinomial draws. Train through a function that does not"
              + " draw these, such as the serving signature.",
          assertThrows(UnsupportedGraphException.class, () -> rewrite(graph.toGraphDef(), 1))
              .getMessage());
    }
  }

  @Test
  void whatCannotBeRepeatedStaysWhereNothingTrains() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      tf.withName("shuffled").random.randomShuffle(tf.constant(new int[] {1, 2, 3}));
      NodeGraph nodes = rewrite(graph.toGraphDef(), 1, node -> false);
      assertEquals("RandomShuffle", nodes.node("shuffled").getOp());
    }
  }

  @Test
  void withoutAStepItIsStepZero() {
    assertArrayEquals(draw("RandomUniform", 7, 0)[0], draw("RandomUniform", 7)[0]);
  }

  private static NodeGraph rewrite(GraphDef graphDef, long seed) {
    return rewrite(graphDef, seed, node -> true);
  }

  private static NodeGraph rewrite(GraphDef graphDef, long seed, Predicate<String> trained) {
    NodeGraph nodes = new NodeGraph(graphDef);
    new RepeatableRandom(seed, STEP, trained).rewrite(nodes);
    return nodes;
  }

  /** Two nodes of that op, at a step or at none. */
  private static float[][] draw(String op, long seed, long... steps) {
    GraphDef graphDef;
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      for (String name : List.of("a", "b")) {
        OperationBuilder builder = tf.scope().opBuilder(op, name);
        builder
            .addInput(tf.constant(new int[] {DRAWS}).asOutput())
            .setAttr("dtype", DataType.DT_FLOAT)
            .build();
      }
      graphDef = rewrite(graph.toGraphDef(), seed).toGraphDef();
    }
    try (Graph graph = new Graph();
        Session session = new Session(graph);
        TInt64 fed = TInt64.scalarOf(steps.length == 0 ? 0 : steps[0])) {
      graph.importGraphDef(graphDef);
      Session.Runner runner = session.runner().fetch("a").fetch("b");
      if (steps.length > 0) {
        runner.feed(STEP, fed);
      }
      try (Result result = runner.run()) {
        return new float[][] {TensorData.floats(result.get(0)), TensorData.floats(result.get(1))};
      }
    }
  }
}
