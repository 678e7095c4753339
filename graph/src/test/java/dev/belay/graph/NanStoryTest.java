package dev.belay.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.graph.clip.ClipRule;
import dev.belay.graph.clip.GlobalNormClip;
import dev.belay.graph.clip.NoClip;
import dev.belay.graph.diagnosis.FiniteFlags;
import dev.belay.graph.diagnosis.FirstNonFinite;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.imported.Dropout;
import dev.belay.graph.imported.ImportOptions;
import dev.belay.graph.imported.ImportedForward;
import dev.belay.graph.loss.Loss;
import dev.belay.graph.loss.LossTensors;
import dev.belay.graph.loss.SparseSoftmaxCrossEntropy;
import dev.belay.graph.optimizer.Adam;
import dev.belay.graph.optimizer.Moments;
import dev.belay.graph.optimizer.Momentum;
import dev.belay.graph.optimizer.Optimizer;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.Npz;
import dev.belay.savedmodel.bundle.BundleContents;
import dev.belay.savedmodel.bundle.BundleReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/**
 * From NaN to convergence: a fine-tuning of BERT that reaches NaN, blows up or stays at chance
 * without a clip, and converges with one. The loss that reaches NaN, the logarithm of a softmax, is
 * this test's own: no loss of Belay's has it.
 */
@Tag("long")
class NanStoryTest {
  private static final int BATCHES = 8;
  private static final int SIZE = 4;
  private static final int LENGTH = 16;

  /** With the clip 7 of 24 neighbours converged here and 3 of 24 in TensorFlow Python. */
  private static final int NEIGHBOURS = 24;

  private static final int NONE = -1;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "momentum_naive_log_softmax",
        "adam_eps0.1_naive_log_softmax",
        "momentum_stable_loss",
        "adam_eps1e-8_stable_loss"
      })
  void endsAsItsGoldenSays(String name) throws IOException {
    JsonNode goldens = Fixtures.json(Fixtures.path("nan_story", "nan_story.json"));
    JsonNode story = goldens.get("stories").get(name);
    int steps = goldens.get("steps").asInt();

    List<Float> clipped = train(story, new GlobalNormClip(1), steps);
    compareFirst(story.get("clipped").get("loss"), clipped);
    assertEquals(steps, clipped.size(), "every step is finite");
    assertTrue(last(clipped, 8) < 0.05, "with the clip it ends at " + last(clipped, 8));

    List<Float> unclipped = train(story, new NoClip(), steps);
    compareFirst(story.get("unclipped").get("loss"), unclipped);
    JsonNode nonFinite = story.get("unclipped").get("first_non_finite_step");
    assertEquals(story.get("nan_without_clip_and_converges_with").asBoolean(), !nonFinite.isNull());
    if (nonFinite.isNull()) {
      assertEquals(steps, unclipped.size(), "no step is NaN without the clip either");
      boolean stuck = story.get("stuck_without_clip_and_converges_with").asBoolean();
      assertEquals(stuck, !(last(unclipped, 8) < 0.3), "ends at " + last(unclipped, 8));
    } else {
      assertEquals(nonFinite.asInt(), unclipped.size() - 1, 3, "first step that is not finite");
      assertFalse(Float.isFinite(unclipped.get(unclipped.size() - 1)));
    }
  }

  /**
   * The story whose end is chance: begun from weights that differ by one unit in the last place,
   * TensorFlow Python itself ends at 0.0003 to 1.3 with the clip, and on another processor than the
   * golden's at 0.25 from the very same weights. So its beginning is compared from those weights,
   * and its end from the first of their neighbours that converges with the clip.
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theStoryOfChanceBeginsAsItsGoldenSays(boolean clips) throws IOException {
    JsonNode story = storyOfChance();
    try (Training training = new Training(story, clip(clips))) {
      List<Float> losses = training.run(50, NONE);
      compareFirst(story.get(clips ? "clipped" : "unclipped").get("loss"), losses);
      assertEquals(50, losses.size(), "every step is finite");
    }
  }

  /** How many neighbours are tried is chance too. */
  @Test
  @Tag("slow")
  void theStoryOfChanceCanEndAsItsGoldenSays() throws IOException {
    JsonNode story = storyOfChance();
    int converging = 0;
    try (Training clipped = new Training(story, clip(true))) {
      while (!(last(clipped.run(200, converging), 8) < 0.05)) {
        assertTrue(++converging < NEIGHBOURS, "with the clip no neighbour converges");
      }
    }
    try (Training unclipped = new Training(story, clip(false))) {
      double end = last(unclipped.run(200, converging), 8);
      assertFalse(end < 0.3, "without the clip it stays stuck, not at " + end);
    }
  }

  private static JsonNode storyOfChance() throws IOException {
    return Fixtures.json(Fixtures.path("nan_story", "nan_story.json"))
        .get("stories")
        .get("adam_eps1e-8_stable_loss_plain_weights");
  }

  private static ClipRule clip(boolean clips) {
    return clips ? new GlobalNormClip(1) : new NoClip();
  }

  /** The first ten losses; what is not finite there ends the run here. */
  private static void compareFirst(JsonNode golden, List<Float> losses) {
    for (int i = 0; i < Math.min(10, losses.size()); i++) {
      double expected = Fixtures.number(golden.get(i));
      // A loss of 1e-6 is a sum of what rounding left.
      double tolerance = 1e-3 * Math.abs(expected) + 1e-5;
      if (Double.isFinite(expected)) {
        assertEquals(expected, losses.get(i), tolerance, "loss " + i);
      } else {
        assertFalse(Float.isFinite(losses.get(i)), "loss " + i);
      }
    }
  }

  private static double last(List<Float> losses, int count) {
    return losses.subList(losses.size() - count, losses.size()).stream()
        .mapToDouble(Float::doubleValue)
        .average()
        .orElseThrow();
  }

  private static Optimizer optimizer(JsonNode story) {
    JsonNode golden = story.get("optimizer");
    return golden.get("kind").asText().endsWith("Momentum")
        ? Momentum.of(golden.get("momentum").asDouble(), false)
        : Adam.of(
            new Moments(
                golden.get("beta1").asDouble(),
                golden.get("beta2").asDouble(),
                golden.get("epsilon").asDouble()));
  }

  private static List<Float> train(JsonNode story, ClipRule clip, int steps) throws IOException {
    try (Training training = new Training(story, clip)) {
      return training.run(steps, NONE);
    }
  }

  /** The graph of a story and a session, which every start of it shares. */
  private static final class Training implements AutoCloseable {
    private final BundleContents weights;
    private final Map<String, Npz.Array> batches;
    private final float rate;
    private final Graph graph = new Graph();
    private final Session session = new Session(graph);
    private final ForwardModel model;
    private final TrainStep step;

    Training(JsonNode story, ClipRule clip) throws IOException {
      String start = story.get("start").asText();
      weights =
          BundleReader.open(Fixtures.path("nan_story", start + ".index").resolveSibling(start));
      batches = Npz.read(Fixtures.path("nan_story", "batches.npz"));
      rate = (float) story.get("lr").asDouble();
      Loss loss =
          story.get("loss").asText().contains("unstable")
              ? new NaiveLoss()
              : new SparseSoftmaxCrossEntropy();
      model =
          ImportedForward.importInto(
              graph, new BertModel(weights).spec(SIZE, LENGTH), ImportOptions.of(Dropout.OFF, 1));
      step =
          TrainStepBuilder.build(
              graph,
              new TrainPlan(
                  model,
                  new ForwardPass(model.call("bert"), model.call("bert").output("logits")),
                  Optional.empty(),
                  loss,
                  GradientPlan.PLAIN,
                  clip,
                  optimizer(story),
                  name -> false));
    }

    /**
     * The losses up to the first that is not finite, that one included.
     *
     * @param nudged which weight of the pooler begins one unit in the last place higher, or NONE
     */
    List<Float> run(int steps, int nudged) throws IOException {
      start(session, step, model, weights, nudged);
      List<Float> losses = new ArrayList<>();
      for (int i = 0; i < steps; i++) {
        losses.add(update(session, step, batches, i, rate));
        if (!Float.isFinite(losses.get(i))) {
          assertEquals("Log", firstNonFinite(graph, session, step, batches, i));
          return losses;
        }
      }
      return losses;
    }

    @Override
    public void close() {
      session.close();
      graph.close();
    }
  }

  private static void start(
      Session session, TrainStep step, ForwardModel model, BundleContents weights, int nudged)
      throws IOException {
    Session.Runner first = session.runner();
    step.initializers().forEach(first::addTarget);
    first.run();
    List<Tensor> values = new ArrayList<>();
    Session.Runner assign = session.runner();
    for (GraphVariable variable : model.variables()) {
      ByteBuffer bytes = weights.read(variable.name());
      float[] numbers = new float[bytes.remaining() / Float.BYTES];
      bytes.asFloatBuffer().get(numbers);
      if (nudged >= 0 && variable.name().equals("bert/pooler/dense/kernel")) {
        numbers[nudged] = Math.nextUp(numbers[nudged]);
      }
      values.add(TensorData.of(variable.spec().shape(), numbers));
      assign.feed(variable.newValue(), values.get(values.size() - 1)).addTarget(variable.assign());
    }
    // All at once: the session plans the graph again for each new set of targets.
    assign.run();
    values.forEach(Tensor::close);
  }

  /** The op that the examination of a failed step blames. */
  private static String firstNonFinite(
      Graph graph, Session session, TrainStep step, Map<String, Npz.Array> batches, int number) {
    List<Operand<?>> targets = new ArrayList<>(List.of(step.pass().lossSum()));
    step.pass().gradients().forEach(gradient -> targets.add(gradient.value()));
    FiniteFlags flags = FiniteFlags.of(Ops.create(graph), targets);
    List<Tensor> fed = new ArrayList<>();
    Session.Runner runner = session.runner().fetch(flags.flags());
    feed(runner, step, batches, number, fed);
    try (Result result = runner.run()) {
      boolean[] finite = new boolean[flags.tensors().size()];
      for (int i = 0; i < finite.length; i++) {
        finite[i] = ((TBool) result.get(0)).getBoolean(i);
      }
      return FirstNonFinite.of(flags, finite).orElseThrow().operation().type();
    } finally {
      fed.forEach(Tensor::close);
    }
  }

  private static float update(
      Session session, TrainStep step, Map<String, Npz.Array> batches, int number, float rate) {
    List<Tensor> fed = new ArrayList<>(List.of(TFloat32.scalarOf(rate)));
    Session.Runner runner =
        session
            .runner()
            .feed(step.feeds().learningRate(), fed.get(0))
            .fetch(step.measures().loss())
            .fetch(step.measures().applied())
            .addTarget(step.apply());
    feed(runner, step, batches, number, fed);
    try (Result result = runner.run()) {
      float loss = TensorData.scalar(result.get(0));
      assertTrue(
          Float.isFinite(loss) || !((TBool) result.get(1)).getBoolean(),
          "an update was made of a loss that is not finite");
      return loss;
    } finally {
      fed.forEach(Tensor::close);
    }
  }

  private static void feed(
      Session.Runner runner,
      TrainStep step,
      Map<String, Npz.Array> batches,
      int number,
      List<Tensor> fed) {
    step.feeds()
        .inputs()
        .forEach(
            (name, input) -> {
              fed.add(
                  TensorData.of(
                      Shape.of(SIZE, LENGTH), part(batches.get("batches/" + name), number)));
              runner.feed(input, fed.get(fed.size() - 1));
            });
    fed.add(TensorData.of(Shape.of(SIZE), part(batches.get("batches/labels"), number)));
    fed.add(TInt64.scalarOf(number + 1));
    runner
        .feed(step.feeds().labels(), fed.get(fed.size() - 2))
        .feed(step.feeds().step(), fed.get(fed.size() - 1));
  }

  private static int[] part(Npz.Array all, int number) {
    int[] values = all.ints();
    int size = values.length / BATCHES;
    int start = number % BATCHES * size;
    return Arrays.copyOfRange(values, start, start + size);
  }

  /**
   * {@code -mean(log(softmax(logits)[label]))}: a probability that rounds to 0 is infinite loss.
   */
  private static final class NaiveLoss implements Loss {
    @Override
    public LossTensors build(Ops tf, Operand<?> output) {
      Operand<TFloat32> logits = output.asOutput().expect(TFloat32.class);
      Placeholder<TInt32> labels = tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(SIZE)));
      Operand<TFloat32> hot =
          tf.oneHot(
              labels, tf.constant((int) logits.shape().get(1)), tf.constant(1f), tf.constant(0f));
      Operand<TFloat32> probability =
          tf.reduceSum(tf.math.mul(tf.nn.softmax(logits), hot), tf.constant(1)); // [B]
      Operand<TFloat32> sum = tf.math.neg(tf.reduceSum(tf.math.log(probability), tf.constant(0)));
      Operand<TFloat32> count =
          tf.placeholderWithDefault(tf.constant((float) SIZE), Shape.scalar());
      return new LossTensors(
          labels.asOutput(), sum, count, count, tf.math.div(sum, count), Optional.empty());
    }
  }
}
