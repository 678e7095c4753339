package dev.belay.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.clip.ClipRule;
import dev.belay.graph.clip.GlobalNormClip;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.gradient.NormRows;
import dev.belay.graph.imported.Dropout;
import dev.belay.graph.imported.ImportOptions;
import dev.belay.graph.imported.ImportedForward;
import dev.belay.graph.loss.SparseSoftmaxCrossEntropy;
import dev.belay.graph.optimizer.Adam;
import dev.belay.graph.optimizer.Moments;
import dev.belay.graph.optimizer.Optimizer;
import dev.belay.graph.optimizer.Sgd;
import dev.belay.graph.stage.DynamicLossScale;
import dev.belay.graph.stage.GradientStage;
import dev.belay.graph.variable.GraphVariable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * The order of one update: however a batch is cut into passes and however its loss is scaled, the
 * same weights come out. Labels are those of tokens, and each example has another number of them,
 * so that a mean of means would be another number.
 */
@Tag("long")
class SeveralPassesTest {
  private static final int EXAMPLES = 8;
  private static final int LENGTH = 5;
  private static final int STEPS = 20;
  private static final float BOUND = 0.05f;
  private static final Optimizer SGD = new Sgd();
  private static final Optimizer ADAM = Adam.of(new Moments(0.9, 0.999, 1e-3));
  private static final Map<List<Object>, Run> RUNS = new HashMap<>();
  private static final Map<List<Object>, Trained> TRAINED = new HashMap<>();

  /** As half precision would have it: what is above 65504 is infinite. */
  private static final GradientStage HALF =
      (tf, update) ->
          new GradientStage.Update(
              update.gradients().stream()
                  .map(
                      g ->
                          g.withValue(
                              tf.dtypes.cast(
                                  tf.dtypes.cast(g.value(), TFloat16.class), TFloat32.class)))
                  .toList(),
              update.lossSum());

  @ParameterizedTest
  @CsvSource({
    "1, 10", "1, 16", "2, 0", "2, 10", "2, 16", "4, 0", "4, 10", "4, 16", "8, 0", "8, 10", "8, 16"
  })
  void passesAndScalesChangeNothing(int passes, int scale) {
    trained(1, 0, SGD).assertNear(trained(passes, scale, SGD), 1e-6);
    trained(1, 0, ADAM).assertNear(trained(passes, scale, ADAM), 1e-5);
  }

  /** What this test is there to catch: a clip of every pass instead of one of the whole. */
  @Test
  void aClipOfEachPassIsAnotherTraining() {
    Trained expected = trained(1, 0, SGD);
    for (int passes : new int[] {2, 4, 8}) {
      Trained wrong = clippedByPass(passes);
      assertThrows(
          AssertionError.class, () -> expected.assertNear(wrong, 1e-6), passes + " passes");
    }
    expected.assertNear(clippedByPass(1), 1e-6);
  }

  @Test
  void aScaleThatOverflowsIsHalvedAndTheStepLeftOut() {
    try (Run run =
        new Run(
            new GradientPlan(
                true, Optional.of(new DynamicLossScale(0x1p24, 3)), List.of(HALF), NormRows.DENSE),
            new Sgd(),
            new GlobalNormClip(BOUND))) {
      Map<String, float[]> before = run.weights();
      float scale = 0x1p24f;
      int skipped = 0;
      while (!run.update(1, 2)) {
        Trained.assertSame(before, run.weights());
        scale /= 2;
        skipped++;
        assertEquals(scale, run.slot("loss_scale/value"));
        assertEquals(0, run.slot("loss_scale/good_steps"));
      }
      assertTrue(skipped >= 2 && skipped < 20, skipped + " overflows");
      assertEquals(1, run.slot("loss_scale/good_steps"));
    }
  }

  @Test
  void aScaleIsDoubledAfterGoodSteps() {
    try (Run run =
        new Run(
            new GradientPlan(
                true, Optional.of(new DynamicLossScale(4, 3)), List.of(HALF), NormRows.DENSE),
            new Sgd(),
            new GlobalNormClip(BOUND))) {
      float[] expected = {4, 4, 8, 8, 8, 16};
      for (int step = 1; step <= 6; step++) {
        assertTrue(run.update(step, 2));
        assertEquals(expected[step - 1], run.slot("loss_scale/value"));
        assertEquals(step % 3, run.slot("loss_scale/good_steps"));
      }
    }
  }

  @Test
  void aLossThatIsNotFiniteLeavesTheScaleAlone() {
    try (Run run =
        new Run(
            new GradientPlan(
                false, Optional.of(new DynamicLossScale(0x1p15, 3)), List.of(), NormRows.DENSE),
            new Sgd(),
            new GlobalNormClip(BOUND))) {
      run.update(1, 1);
      run.set("table", Float.NaN);
      Map<String, float[]> before = run.weights();
      assertTrue(!run.update(2, 1), "skipped");
      Trained.assertSame(before, run.weights());
      assertEquals(0x1p15f, run.slot("loss_scale/value"));
      assertEquals(1, run.slot("loss_scale/good_steps"));
    }
  }

  @Test
  void aNormAboveItsLimitLeavesTheStepOut() {
    try (Run run = new Run(GradientPlan.PLAIN, new Sgd(), new GlobalNormClip(BOUND))) {
      run.normLimit = 1e-6f;
      Map<String, float[]> before = run.weights();
      assertTrue(!run.update(1, 1), "skipped");
      Trained.assertSame(before, run.weights());
      run.normLimit = Float.POSITIVE_INFINITY;
      assertTrue(run.update(1, 1), "made");
    }
  }

  /** Twenty steps from the same weights, in a graph that all cases of its kind share. */
  private static Trained trained(int passes, int scale, Optimizer optimizer) {
    return TRAINED.computeIfAbsent(
        List.of(passes, scale, optimizer),
        key -> {
          Run run =
              RUNS.computeIfAbsent(
                  List.of(passes > 1, scale, optimizer),
                  kind -> new Run(plan(passes > 1, scale), optimizer, new GlobalNormClip(BOUND)));
          run.begin();
          for (int step = 1; step <= STEPS; step++) {
            assertTrue(run.update(step, passes), "step " + step + " is made");
            assertTrue(run.clipped, "the clip is active at step " + step);
          }
          return new Trained(run.weights(), List.copyOf(run.losses));
        });
  }

  private static GradientPlan plan(boolean accumulates, int scale) {
    Optional<DynamicLossScale> lossScale =
        scale == 0
            ? Optional.empty()
            : Optional.of(new DynamicLossScale(Math.scalb(1.0, scale), 1_000_000));
    return new GradientPlan(accumulates, lossScale, List.of(), NormRows.DENSE);
  }

  @AfterAll
  static void close() {
    RUNS.values().forEach(Run::close);
  }

  /** The wrong order, built of the same pieces: clip, then accumulate. */
  private static Trained clippedByPass(int passes) {
    Run run =
        RUNS.computeIfAbsent(
            List.of(), kind -> new Run(GradientPlan.PLAIN, SGD, new GlobalNormClip(BOUND)));
    run.begin();
    for (int step = 1; step <= STEPS; step++) {
      run.clippedByPass(step, passes);
    }
    return new Trained(run.weights(), List.of());
  }

  /** Weights and losses after some steps. */
  private record Trained(Map<String, float[]> weights, List<Float> losses) {

    void assertNear(Trained other, double relative) {
      weights.forEach(
          (name, expected) -> {
            float[] found = other.weights().get(name);
            double distance = 0;
            double norm = 0;
            for (int i = 0; i < expected.length; i++) {
              distance += Math.pow(expected[i] - found[i], 2);
              norm += Math.pow(expected[i], 2);
            }
            double error = Math.sqrt(distance / norm);
            assertTrue(error <= relative, name + " differs by " + error);
          });
      for (int i = 0; i < losses.size() && i < other.losses().size(); i++) {
        assertEquals(losses.get(i), other.losses().get(i), 1e-5 * losses.get(i), "loss " + i);
      }
    }

    static void assertSame(Map<String, float[]> before, Map<String, float[]> after) {
      before.forEach((name, values) -> assertTrue(Arrays.equals(values, after.get(name)), name));
    }
  }

  /** A model whose tokens are classified, its step and a session. */
  private static final class Run implements AutoCloseable {
    private static final float RATE = 0.5f;

    final Graph graph = new Graph();
    final Session session = new Session(graph);
    final ForwardModel model;
    final TrainStep step;
    final List<Float> losses = new ArrayList<>();
    float normLimit = Float.POSITIVE_INFINITY;
    boolean clipped;

    Run(GradientPlan plan, Optimizer optimizer, ClipRule clip) {
      model =
          ImportedForward.importInto(
              graph, new SmallModel().spec(), ImportOptions.of(Dropout.OFF, 1));
      ForwardPass forward =
          new ForwardPass(model.call("train"), model.call("train").output("hidden"));
      step =
          TrainStepBuilder.build(
              graph,
              new TrainPlan(
                  model,
                  forward,
                  Optional.empty(),
                  new SparseSoftmaxCrossEntropy(),
                  plan,
                  clip,
                  optimizer,
                  name -> false));
      begin();
    }

    /** Weights and slots as before the first step. */
    void begin() {
      if (!step.initializers().isEmpty()) {
        Session.Runner first = session.runner();
        step.initializers().forEach(first::addTarget);
        first.run();
      }
      SmallModel.restore(session, model.variables());
      session.runner().addTarget(step.settle().orElseThrow()).run();
      losses.clear();
    }

    /** One update; whether it was made. */
    boolean update(int number, int passes) {
      int[][] data = data(number);
      try (Tensor rate = TFloat32.scalarOf(RATE);
          Tensor limit = TFloat32.scalarOf(normLimit);
          Tensor weight = TFloat32.scalarOf(counted(data[1]))) {
        Session.Runner runner =
            session
                .runner()
                .feed(step.feeds().learningRate(), rate)
                .feed(step.feeds().normLimit(), limit)
                .fetch(step.measures().loss())
                .fetch(step.measures().clips())
                .fetch(step.measures().applied())
                .addTarget(step.apply());
        if (step.pass().accumulate().isEmpty()) {
          return feeding(runner, data, 0, EXAMPLES);
        }
        int size = EXAMPLES / passes;
        for (int part = 0; part < passes; part++) {
          Session.Runner pass =
              session
                  .runner()
                  .feed(step.measures().weight(), weight)
                  .addTarget(step.pass().accumulate().get());
          try (Fed fed = new Fed(pass, data, part * size, size)) {
            fed.runner.run();
          }
        }
        return measure(runner.feed(step.measures().weight(), weight));
      }
    }

    /** Each pass makes an update of its own part's clipped gradient, by the weights before all. */
    void clippedByPass(int number, int passes) {
      int[][] data = data(number);
      Map<String, float[]> before = weights();
      Map<String, float[]> sum = new HashMap<>();
      int size = EXAMPLES / passes;
      for (int part = 0; part < passes; part++) {
        before.forEach(this::set);
        try (Tensor rate = TFloat32.scalarOf(RATE);
            Tensor weight = TFloat32.scalarOf(counted(data[1]))) {
          Session.Runner runner =
              session
                  .runner()
                  .feed(step.feeds().learningRate(), rate)
                  .feed(step.measures().weight(), weight)
                  .addTarget(step.apply());
          try (Fed fed = new Fed(runner, data, part * size, size)) {
            fed.runner.run();
          }
        }
        weights()
            .forEach(
                (name, after) -> {
                  float[] changes = sum.computeIfAbsent(name, key -> before.get(key).clone());
                  for (int i = 0; i < after.length; i++) {
                    changes[i] += after[i] - before.get(name)[i];
                  }
                });
      }
      sum.forEach(this::set);
    }

    private boolean feeding(Session.Runner runner, int[][] data, int start, int size) {
      try (Fed fed = new Fed(runner, data, start, size)) {
        return measure(fed.runner);
      }
    }

    private boolean measure(Session.Runner runner) {
      try (Result result = runner.run()) {
        losses.add(TensorData.scalar(result.get(0)));
        clipped = ((TBool) result.get(1)).getBoolean();
        return ((TBool) result.get(2)).getBoolean();
      }
    }

    /** Ids and labels [EXAMPLES, LENGTH]; an example of length n has n labels that count. */
    private static int[][] data(int number) {
      Random random = new Random(number);
      int[] ids = new int[EXAMPLES * LENGTH];
      int[] labels = new int[EXAMPLES * LENGTH];
      for (int i = 0; i < EXAMPLES; i++) {
        int length = 1 + (i * 3 + number) % LENGTH;
        for (int j = 0; j < LENGTH; j++) {
          ids[i * LENGTH + j] = j < length ? random.nextInt(SmallModel.VOCABULARY) : 0;
          labels[i * LENGTH + j] =
              j < length
                  ? random.nextInt(SmallModel.HIDDEN)
                  : SparseSoftmaxCrossEntropy.IGNORED_LABEL;
        }
      }
      return new int[][] {ids, labels};
    }

    private static float counted(int[] labels) {
      return Arrays.stream(labels)
          .filter(label -> label != SparseSoftmaxCrossEntropy.IGNORED_LABEL)
          .count();
    }

    float slot(String name) {
      try (Result result = session.runner().fetch(step.parts().slots().get(name).value()).run()) {
        return TensorData.scalar(result.get(0));
      }
    }

    void set(String name, float... values) {
      GraphVariable variable = model.variables().get(name);
      float[] all =
          values.length == 1 ? filled((int) variable.spec().shape().size(), values[0]) : values;
      try (Tensor value = TensorData.of(variable.spec().shape(), all)) {
        session.runner().feed(variable.newValue(), value).addTarget(variable.assign()).run();
      }
    }

    private static float[] filled(int size, float value) {
      float[] all = new float[size];
      Arrays.fill(all, value);
      return all;
    }

    Map<String, float[]> weights() {
      Map<String, float[]> weights = new LinkedHashMap<>();
      for (GraphVariable variable : model.variables()) {
        if (variable.spec().dtype() == DataType.DT_FLOAT) {
          try (Result result = session.runner().fetch(variable.value()).run()) {
            weights.put(variable.name(), TensorData.floats(result.get(0)));
          }
        }
      }
      return weights;
    }

    /** The rows of one pass, fed. */
    private final class Fed implements AutoCloseable {
      final Session.Runner runner;
      private final Tensor ids;
      private final Tensor labels;
      private final Tensor number = TInt64.scalarOf(1);

      Fed(Session.Runner runner, int[][] data, int start, int size) {
        this.runner = runner;
        ids = rows(data[0], start, size);
        labels = rows(data[1], start, size);
        runner
            .feed(step.feeds().inputs().get("ids"), ids)
            .feed(step.feeds().labels(), labels)
            .feed(step.feeds().step(), number);
      }

      private static Tensor rows(int[] all, int start, int size) {
        return TensorData.of(
            Shape.of(size, LENGTH),
            Arrays.copyOfRange(all, start * LENGTH, (start + size) * LENGTH));
      }

      @Override
      public void close() {
        ids.close();
        labels.close();
        number.close();
      }
    }

    @Override
    public void close() {
      session.close();
      graph.close();
    }
  }
}
