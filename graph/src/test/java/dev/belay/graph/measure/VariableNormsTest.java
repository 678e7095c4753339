package dev.belay.graph.measure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.ForwardPass;
import dev.belay.graph.GradientPlan;
import dev.belay.graph.SmallModel;
import dev.belay.graph.TensorData;
import dev.belay.graph.TrainPlan;
import dev.belay.graph.TrainStep;
import dev.belay.graph.TrainStepBuilder;
import dev.belay.graph.clip.GlobalNormClip;
import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.imported.Dropout;
import dev.belay.graph.imported.ImportOptions;
import dev.belay.graph.imported.ImportedForward;
import dev.belay.graph.loss.SparseSoftmaxCrossEntropy;
import dev.belay.graph.optimizer.Adam;
import dev.belay.graph.optimizer.AdamVariant;
import dev.belay.graph.optimizer.DecayRule;
import dev.belay.graph.optimizer.Moments;
import dev.belay.graph.variable.GraphVariable;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.RunOptions;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** On a table, a kernel and a bias. */
class VariableNormsTest {
  private Graph graph;
  private Session session;
  private ForwardModel model;
  private TrainStep step;
  private Tensor ids;
  private Tensor labels;

  @BeforeEach
  void build() {
    graph = new Graph();
    session = new Session(graph);
    model =
        ImportedForward.importInto(
            graph, new SmallModel().spec(), ImportOptions.of(Dropout.OFF, 1));
    ForwardCall call = model.call("train");
    step =
        TrainStepBuilder.build(
            graph,
            new TrainPlan(
                model,
                new ForwardPass(call, call.output("logits")),
                Optional.empty(),
                new SparseSoftmaxCrossEntropy(),
                GradientPlan.PLAIN,
                new GlobalNormClip(0.1),
                Adam.withDecay(
                    new Moments(0.9, 0.999, 1e-8), DecayRule.ofWeights(0.01), AdamVariant.PLAIN),
                name -> false));
    Session.Runner first = session.runner();
    step.initializers().forEach(first::addTarget);
    first.run();
    SmallModel.restore(session, model.variables());
    step.settle().ifPresent(settle -> session.runner().addTarget(settle).run());
    ids = TensorData.of(Shape.of(4, 3), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 1);
    labels = TensorData.of(Shape.of(4), 0, 1, 2, 1);
  }

  @AfterEach
  void close() {
    ids.close();
    labels.close();
    session.close();
    graph.close();
  }

  private Session.Runner runner(Tensor rate, Tensor at) {
    TrainStep.Feeds feeds = step.feeds();
    return session
        .runner()
        .feed(feeds.inputs().get("ids"), ids)
        .feed(feeds.labels(), labels)
        .feed(feeds.learningRate(), rate)
        .feed(feeds.step(), at);
  }

  /** The rows of one step: gradients, weights, updates; then the global norm. */
  private float[][] step(float learningRate) {
    VariableNorms norms = step.measures().variableNorms();
    try (Tensor rate = TFloat32.scalarOf(learningRate);
        Tensor at = TInt64.scalarOf(1);
        Result result =
            runner(rate, at)
                .fetch(norms.rows())
                .fetch(step.measures().norm())
                .addTarget(step.apply())
                .run()) {
      float[] flat = TensorData.floats(result.get(0));
      int variables = norms.variables().size();
      float[][] rows = new float[4][variables];
      for (int i = 0; i < flat.length; i++) {
        rows[i / variables][i % variables] = flat[i];
      }
      rows[3][0] = TensorData.scalar(result.get(1));
      return rows;
    }
  }

  private float[] value(String name) {
    GraphVariable variable = model.variables().get(name);
    try (Result result = session.runner().fetch(variable.value()).run()) {
      return TensorData.floats(result.get(0));
    }
  }

  private static double norm(float[] values, float[] less) {
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      double difference = values[i] - (double) less[i];
      sum += difference * difference;
    }
    return Math.sqrt(sum);
  }

  @Test
  void rowsAreGradientsWeightsAndWhatTheStepChanged() {
    VariableNorms norms = step.measures().variableNorms();
    assertEquals(List.of("table", "dense/kernel", "dense/bias"), norms.variables());
    List<float[]> before = norms.variables().stream().map(this::value).toList();
    float[][] rows = step(0.05f);
    double squares = 0;
    for (int v = 0; v < 3; v++) {
      String name = norms.variables().get(v);
      float[] weight = before.get(v);
      squares += rows[VariableNorms.GRADIENT][v] * (double) rows[VariableNorms.GRADIENT][v];
      double weightNorm = norm(weight, new float[weight.length]);
      assertEquals(weightNorm, rows[VariableNorms.WEIGHT][v], 1e-5 * weightNorm, name);
      double change = norm(value(name), weight);
      assertTrue(change > 1e-3, name + " did not move");
      assertEquals(change, rows[VariableNorms.UPDATE][v], 1e-5 * change, name);
    }
    assertTrue(rows[3][0] > 0.1, "the clip is active, so the rows are of before it");
    assertEquals(rows[3][0], Math.sqrt(squares), 1e-6 * rows[3][0]);
  }

  @Test
  void aStepThatIsNotMadeHasUpdatesOfNormZero() {
    GraphVariable bias = model.variables().get("dense/bias");
    try (Tensor infinite = TensorData.of(bias.spec().shape(), new float[] {Float.NaN, 0, 0})) {
      session.runner().feed(bias.newValue(), infinite).addTarget(bias.assign()).run();
    }
    float[][] rows = step(0.05f);
    assertArrayEquals(new float[3], rows[VariableNorms.UPDATE]);
    assertTrue(Float.isNaN(rows[VariableNorms.GRADIENT][1]), "the gradient tells which");
    assertTrue(Float.isNaN(rows[VariableNorms.WEIGHT][2]), "the weight tells which");
  }

  @Test
  void theSumsOfSquaresOfTheClipAreNotComputedTwice() {
    RunOptions options = RunOptions.newBuilder().setOutputPartitionGraphs(true).build();
    try (Tensor rate = TFloat32.scalarOf(0.05f);
        Tensor at = TInt64.scalarOf(1)) {
      long plain = sumsOfSquares(runner(rate, at).setOptions(options));
      assertEquals(3, plain, "one for each gradient");
      long measured =
          sumsOfSquares(
              runner(rate, at).setOptions(options).fetch(step.measures().variableNorms().rows()));
      assertEquals(9, measured, "gradients, weights and updates, nothing twice");
    }
  }

  private long sumsOfSquares(Session.Runner runner) {
    runner.fetch(step.measures().norm()).addTarget(step.apply());
    try (Result result = runner.runAndFetchMetadata()) {
      return result.getMetadata().orElseThrow().getPartitionGraphsList().stream()
          .flatMap(part -> part.getNodeList().stream())
          .filter(node -> node.getOp().equals("L2Loss"))
          .count();
    }
  }
}
