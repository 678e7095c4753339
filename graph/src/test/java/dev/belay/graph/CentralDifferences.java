package dev.belay.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.gradient.GradientGap;
import dev.belay.graph.gradient.Gradients;
import dev.belay.graph.variable.GraphVariable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.ConfigProto;
import org.tensorflow.proto.framework.GraphOptions;
import org.tensorflow.proto.framework.RewriterConfig;
import org.tensorflow.types.TFloat32;

/**
 * Holds the gradient of a loss by each variable, all of it computed in float64, against what the
 * loss does when single elements move.
 */
final class CentralDifferences {
  private static final double STEP = 1e-5;
  private static final double TOLERANCE = 1e-6;
  private static final int ELEMENTS = 6;

  private final Map<String, double[]> values = new LinkedHashMap<>();
  private final Map<String, GraphVariable> variables = new LinkedHashMap<>();
  private final Map<String, Tensor> feeds;
  private final Random random = new Random(11);

  private CentralDifferences(Map<String, Tensor> feeds) {
    this.feeds = feeds;
  }

  /**
   * Checks all of them.
   *
   * @param gaps that the gradient must cross
   * @param feeds what else the loss needs, by tensor names; the caller closes them
   */
  static void check(
      Operand<TFloat32> loss,
      List<GraphVariable> by,
      List<GradientGap> gaps,
      Map<String, Tensor> feeds) {
    Graph graph = (Graph) loss.asOutput().env();
    Gradients gradients = Gradients.of(Ops.create(graph), loss, by, gaps, name -> false);
    assertEquals(by.size(), gradients.gradients().size(), "the loss reads all of them");
    CentralDifferences differences = new CentralDifferences(feeds);
    try (Graph wide = new Graph()) {
      wide.importGraphDef(WideGraph.of(graph.toGraphDef()));
      try (Session session = new Session(wide, withoutRewrites())) {
        differences.check(session, name(loss), gradients.gradients());
      }
    }
  }

  private void check(Session session, String loss, List<Gradient> gradients) {
    for (Gradient gradient : gradients) {
      GraphVariable variable = gradient.variable();
      double[] value = new double[(int) variable.spec().shape().size()];
      for (int i = 0; i < value.length; i++) {
        value[i] = 0.5 * random.nextGaussian() + (isGain(variable) ? 1 : 0);
      }
      values.put(name(variable.value()), value);
      variables.put(name(variable.value()), variable);
    }
    List<double[]> found = new ArrayList<>();
    double largest = 0;
    for (Gradient gradient : gradients) {
      found.add(fetch(session, name(gradient.value())));
      largest = Math.max(largest, largest(found.get(found.size() - 1)));
    }
    assertTrue(largest > 1e-3, "a loss that depends on nothing");
    for (int i = 0; i < gradients.size(); i++) {
      GraphVariable variable = gradients.get(i).variable();
      // A gradient that is zero but for rounding has no relative precision of its own.
      double scale = Math.max(largest(found.get(i)), 1e-3 * largest);
      for (int n = 0; n < ELEMENTS; n++) {
        int element = random.nextInt(found.get(i).length);
        double expected = difference(session, loss, name(variable.value()), element);
        assertEquals(
            expected, found.get(i)[element], TOLERANCE * scale, variable.name() + " at " + element);
      }
    }
  }

  private double difference(Session session, String loss, String by, int element) {
    double[] value = values.get(by);
    double middle = value[element];
    value[element] = middle + STEP;
    double up = fetch(session, loss)[0];
    value[element] = middle - STEP;
    double down = fetch(session, loss)[0];
    value[element] = middle;
    return (up - down) / (2 * STEP);
  }

  private double[] fetch(Session session, String tensor) {
    List<Tensor> fed = new ArrayList<>();
    Session.Runner runner = session.runner();
    feeds.forEach(runner::feed);
    values.forEach(
        (name, value) -> {
          fed.add(TensorData.of(variables.get(name).spec().shape(), value));
          runner.feed(name, fed.get(fed.size() - 1));
        });
    try (Result result = runner.fetch(tensor).run()) {
      return TensorData.doubles(result.get(0));
    } finally {
      fed.forEach(Tensor::close);
    }
  }

  private static boolean isGain(GraphVariable variable) {
    return variable.name().contains("orm.weight")
        || variable.name().matches(".*(ln_.|layer_norm)\\.weight");
  }

  private static double largest(double[] values) {
    double largest = 0;
    for (double value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  private static String name(Operand<?> operand) {
    Output<?> output = operand.asOutput();
    return output.op().name() + ":" + output.index();
  }

  /**
   * The optimizer of graphs turns a gather of a read into one of the variable, which has no value.
   */
  private static ConfigProto withoutRewrites() {
    RewriterConfig none = RewriterConfig.newBuilder().setDisableMetaOptimizer(true).build();
    return ConfigProto.newBuilder()
        .setGraphOptions(GraphOptions.newBuilder().setRewriteOptions(none))
        .build();
  }
}
