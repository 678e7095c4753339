package dev.belay.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.clip.GlobalNormClip;
import dev.belay.graph.encoder.EncoderModel;
import dev.belay.graph.encoder.EncoderNames;
import dev.belay.graph.encoder.EncoderSpec;
import dev.belay.graph.encoder.Pooling;
import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.TensorNames;
import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.loss.SparseSoftmaxCrossEntropy;
import dev.belay.graph.optimizer.Momentum;
import dev.belay.graph.search.Operations;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/**
 * The training pass of an encoder, whose norms and activations bring their own gradient, trains as
 * its evaluation pass does, of which every gradient is native.
 */
class HandGradientsTest {
  private static final int STEPS = 20;
  private static final Shape SHAPE = Shape.of(3, 5);

  private static EncoderSpec spec() {
    return new EncoderSpec(
        EncoderNames.BERT,
        new EncoderSpec.Sizes(9, 8, 8, 3, 2, 12, 6, 2),
        new EncoderSpec.Sharing(3, 1),
        false,
        EncoderSpec.Positions.ADDED,
        false,
        Activation.GELU,
        1e-6,
        new EncoderSpec.Rates(0.1, 0.1, 0.1, 0.1));
  }

  /** Losses and norms of all steps, and how many nodes the graph has. */
  private record Training(List<Float> measured, int nodes) {

    static Training through(String pass, Pooling reading, Predicate<String> trains) {
      try (Graph graph = new Graph()) {
        ForwardModel model =
            EncoderModel.build(
                graph,
                spec(),
                new EncoderModel.Options(
                    new Parameters.Initialization(name -> true, 0.2, 3),
                    variable -> trains.test(variable.name()),
                    false,
                    reading));
        ForwardCall call = model.call(pass);
        int before = Operations.of(graph).size();
        TrainStep step =
            TrainStepBuilder.build(
                graph,
                new TrainPlan(
                    model,
                    new ForwardPass(call, call.output(TensorNames.FEATURES)),
                    Optional.empty(),
                    new SparseSoftmaxCrossEntropy(),
                    GradientPlan.PLAIN,
                    new GlobalNormClip(0.5),
                    Momentum.of(0.9, false),
                    name -> false));
        int nodes = Operations.of(graph).size() - before;
        return new Training(steps(graph, step, reading), nodes);
      }
    }

    private static List<Float> steps(Graph graph, TrainStep step, Pooling reading) {
      List<Float> measured = new ArrayList<>();
      TrainStep.Feeds feeds = step.feeds();
      try (Session session = new Session(graph);
          TInt32 ids = TensorData.of(SHAPE, 3, 2, 6, 3, 0, 5, 4, 1, 0, 0, 8, 7, 1, 2, 0);
          TInt32 mask = TensorData.of(SHAPE, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0);
          TInt32 types = TensorData.of(SHAPE, 0, 0, 1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0);
          TInt32 labels =
              reading == Pooling.FIRST_TOKEN
                  ? TensorData.of(Shape.of(3), 2, 5, 1)
                  : TensorData.of(SHAPE, 2, 5, 3, 1, 0, 5, 4, 0, -100, -100, 1, 1, 6, 7, -100);
          Tensor rate = TFloat32.scalarOf(0.02f)) {
        Session.Runner first = session.runner();
        step.initializers().forEach(first::addTarget);
        first.run();
        for (long number = 1; number <= STEPS; number++) {
          try (Tensor at = TInt64.scalarOf(number);
              Result result =
                  session
                      .runner()
                      .feed(feeds.inputs().get(TensorNames.INPUT_IDS), ids)
                      .feed(feeds.inputs().get(TensorNames.ATTENTION_MASK), mask)
                      .feed(feeds.inputs().get(TensorNames.TOKEN_TYPE_IDS), types)
                      .feed(feeds.labels(), labels)
                      .feed(feeds.learningRate(), rate)
                      .feed(feeds.step(), at)
                      .fetch(step.measures().loss())
                      .fetch(step.measures().norm())
                      .addTarget(step.apply())
                      .run()) {
            measured.add(TensorData.scalar(result.get(0)));
            measured.add(TensorData.scalar(result.get(1)));
          }
        }
      }
      return measured;
    }
  }

  /** Returns how many nodes the gradient by hand takes, of those of the native one. */
  private static double assertAgree(Pooling reading, Predicate<String> trains) {
    Training expected = Training.through(EncoderModel.EVALUATION, reading, trains);
    Training found = Training.through(EncoderModel.TRAINING, reading, trains);
    assertTrue(expected.measured().get(0) > 1.1 * expected.measured().get(2 * STEPS - 2));
    for (int i = 0; i < expected.measured().size(); i++) {
      float value = expected.measured().get(i);
      assertEquals(value, found.measured().get(i), 2e-5 * Math.abs(value), "number " + i);
    }
    return found.nodes() / (double) expected.nodes();
  }

  @ParameterizedTest
  @EnumSource
  void twentyStepsAgree(Pooling reading) {
    double nodes = assertAgree(reading, name -> true);
    assertTrue(nodes < 0.75, "" + nodes);
  }

  /** Some arguments of a gap then have no path to a variable that trains. */
  @Test
  void frozenNormsAgree() {
    assertAgree(Pooling.ALL_TOKENS, name -> !name.contains("Norm"));
    assertAgree(Pooling.FIRST_TOKEN, name -> name.contains("layer.2") && !name.contains("key"));
  }
}
