package dev.belay.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.clip.GlobalNormClip;
import dev.belay.graph.encoder.DisentangledEncoderSpec;
import dev.belay.graph.encoder.EncoderModel;
import dev.belay.graph.encoder.EncoderNames;
import dev.belay.graph.encoder.EncoderSpec;
import dev.belay.graph.encoder.Pooling;
import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.TensorNames;
import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.PackedTokens;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.RelativeKeys;
import dev.belay.graph.layer.RelativePositions;
import dev.belay.graph.loss.SparseSoftmaxCrossEntropy;
import dev.belay.graph.optimizer.Sgd;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/** An encoder that leaves padding out trains as one that computes it. */
class PackedTokensTest {
  private static final int BATCH = 6;
  private static final int LENGTH = 16;
  private static final int HIDDEN = 6;
  private static final int STEPS = 2;
  private static final Shape SHAPE = Shape.of(BATCH, LENGTH);
  private static final Parameters.Initialization FRESH =
      new Parameters.Initialization(name -> true, 0.5, 3);

  /** 40 tokens of 96: some padding stays, some is left out. */
  private static final int[] LENGTHS = {9, 3, 16, 1, 4, 7};

  private static EncoderSpec spec(String family, boolean causal) {
    boolean shares = family.equals("ALBERT");
    Optional<RelativeKeys.Form> relative =
        switch (family) {
          case "RELATIVE_KEY" -> Optional.of(new RelativeKeys.Form(false, true));
          case "RELATIVE_KEY_QUERY" -> Optional.of(new RelativeKeys.Form(true, true));
          default -> Optional.empty();
        };
    EncoderNames names =
        switch (family) {
          case "ALBERT" -> EncoderNames.ALBERT;
          case "ROBERTA" -> EncoderNames.ROBERTA;
          case "DISTILBERT" -> EncoderNames.DISTILBERT;
          case "ELECTRA" -> EncoderNames.ELECTRA;
          case "MPNET" -> EncoderNames.MPNET;
          default -> EncoderNames.BERT;
        };
    boolean mpnet = family.equals("MPNET");
    OptionalInt paddingId =
        mpnet || family.equals("ROBERTA") ? OptionalInt.of(1) : OptionalInt.empty();
    Optional<RelativePositions.Buckets> biases =
        mpnet ? Optional.of(new RelativePositions.Buckets(4, 3, true)) : Optional.empty();
    return new EncoderSpec(
        names,
        new EncoderSpec.Sizes(
            9,
            shares || family.equals("ELECTRA") ? 4 : HIDDEN,
            HIDDEN,
            2,
            2,
            8,
            LENGTH + 2,
            mpnet || family.equals("DISTILBERT") ? 0 : 2),
        shares ? new EncoderSpec.Sharing(1, 1) : new EncoderSpec.Sharing(2, 1),
        shares || family.equals("ELECTRA"),
        new EncoderSpec.Positions(paddingId, relative, biases, false),
        causal,
        Activation.GELU,
        1e-6,
        new EncoderSpec.Rates(0.1, 0.1, 0.1, 0.1));
  }

  @ParameterizedTest
  @CsvSource({
    "BERT, FIRST_TOKEN, false",
    "BERT, ALL_TOKENS, false",
    "BERT, ALL_TOKENS, true",
    "ROBERTA, ALL_TOKENS, true",
    "ALBERT, FIRST_TOKEN, false",
    "DISTILBERT, ALL_TOKENS, false",
    "ELECTRA, ALL_TOKENS, false",
    "MPNET, FIRST_TOKEN, false",
    "MPNET, ALL_TOKENS, false",
    "MODERNBERT, FIRST_TOKEN, false",
    "MODERNBERT, ALL_TOKENS, false",
    "JOINT, FIRST_TOKEN, false",
    "APART, ALL_TOKENS, false",
    "SHARED, FIRST_TOKEN, true",
    "SHARED, ALL_TOKENS, true",
    "RELATIVE_KEY, ALL_TOKENS, false",
    "RELATIVE_KEY_QUERY, FIRST_TOKEN, false",
    "RELATIVE_KEY_QUERY, ALL_TOKENS, true"
  })
  void trainsAsWithPadding(String family, Pooling reading, boolean causal) {
    try (Graph graph = new Graph()) {
      EncoderModel.Options options =
          new EncoderModel.Options(FRESH, variable -> true, false, reading);
      ForwardModel model = build(graph, family, causal, options);
      ForwardCall call = model.call(EncoderModel.TRAINING);
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
                  new Sgd(),
                  name -> false));
      List<float[]> padded;
      List<float[]> packed;
      try (Session session = new Session(graph)) {
        padded = train(session, model, step, mask(0), reading);
        packed = train(session, model, step, mask(PackedTokens.LEFT_OUT), reading);
      }
      assertTrue(padded.get(0)[1] > 0.5, "no step clips");
      for (int i = 0; i < padded.size(); i++) {
        assertArrayEquals(padded.get(i), packed.get(i), 2e-6f, "result " + i);
      }
    }
  }

  /** A DeBERTa has a convolution where the others are causal. */
  private static ForwardModel build(
      Graph graph, String family, boolean causal, EncoderModel.Options options) {
    return switch (family) {
      case "MODERNBERT" -> EncoderModel.build(graph, SmallRotaryEncoder.spec(9, 8, true), options);
      case "JOINT", "APART", "SHARED" ->
          EncoderModel.build(
              graph,
              SmallDisentangledEncoder.spec(
                  9, 8, DisentangledEncoderSpec.Layers.valueOf(family), causal),
              options);
      default -> EncoderModel.build(graph, spec(family, causal), options);
    };
  }

  /** Loss and norm of each step, then all weights. */
  private static List<float[]> train(
      Session session, ForwardModel model, TrainStep step, int[] mask, Pooling reading) {
    List<float[]> results = new ArrayList<>();
    Session.Runner first = session.runner();
    model.initializers().forEach(first::addTarget);
    step.initializers().forEach(first::addTarget);
    first.run();
    for (int i = 1; i <= STEPS; i++) {
      Session.Runner runner = session.runner();
      step.feeds().inputs().forEach((name, input) -> runner.feed(input, input(name, mask)));
      runner
          .feed(step.feeds().labels(), labels(reading))
          .feed(step.feeds().learningRate(), TFloat32.scalarOf(0.5f))
          .feed(step.feeds().step(), TInt64.scalarOf(i))
          .fetch(step.measures().loss())
          .fetch(step.measures().norm());
      try (Result result = runner.addTarget(step.apply()).run()) {
        results.add(
            new float[] {TensorData.scalar(result.get(0)), TensorData.scalar(result.get(1))});
      }
    }
    Session.Runner weights = session.runner();
    model.variables().forEach(variable -> weights.fetch(variable.value()));
    try (Result result = weights.run()) {
      for (int i = 0; i < result.size(); i++) {
        results.add(TensorData.floats(result.get(i)));
      }
    }
    return results;
  }

  /** The second row hides its first token, the third some in the middle, the fourth all. */
  private static int[] mask(int padding) {
    int[] mask = new int[BATCH * LENGTH];
    for (int row = 0; row < BATCH; row++) {
      Arrays.fill(mask, row * LENGTH, row * LENGTH + LENGTHS[row], 1);
      Arrays.fill(mask, row * LENGTH + LENGTHS[row], (row + 1) * LENGTH, padding);
    }
    mask[LENGTH] = 0;
    mask[2 * LENGTH + 4] = 0;
    mask[2 * LENGTH + 5] = 0;
    Arrays.fill(mask, 3 * LENGTH, 4 * LENGTH, 0);
    return mask;
  }

  private static boolean isToken(int position) {
    return position % LENGTH < LENGTHS[position / LENGTH];
  }

  private static Tensor input(String name, int[] mask) {
    IntStream positions = IntStream.range(0, BATCH * LENGTH);
    return switch (name) {
      case TensorNames.ATTENTION_MASK -> TensorData.of(SHAPE, mask);
      case TensorNames.INPUT_IDS ->
          TensorData.of(SHAPE, positions.map(i -> isToken(i) ? 2 + i * 5 % 7 : 1).toArray());
      default -> TensorData.of(SHAPE, positions.map(i -> i % 3 % 2).toArray());
    };
  }

  private static TInt32 labels(Pooling reading) {
    return reading == Pooling.FIRST_TOKEN
        ? TensorData.of(Shape.of(BATCH), 0, 1, 2, 3, 4, 5)
        : TensorData.of(
            SHAPE,
            IntStream.range(0, BATCH * LENGTH)
                .map(i -> isToken(i) && i % 4 > 0 ? i % HIDDEN : -100)
                .toArray());
  }

  @Test
  void fewRowsStay() {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      PackedTokens tokens =
          PackedTokens.of(tf, tf.reshape(tf.constant(mask(-1)), tf.constant(SHAPE)));
      try (Result result = session.runner().fetch(tokens.kept()).fetch(tokens.rows()).run()) {
        int[] kept = ints((TInt32) result.get(0));
        int[] rows = ints((TInt32) result.get(1));
        assertEquals(64, kept.length); // 55 positions of tokens and of the row that is all hidden
        for (int row = 0; row < kept.length; row++) {
          assertEquals(row, rows[kept[row]]);
        }
        for (int position = 0; position < rows.length; position++) {
          assertTrue(rows[position] >= 0 && rows[position] < kept.length);
          boolean isKept = kept[rows[position]] == position;
          assertTrue(isKept || !isToken(position), "position " + position);
        }
      }
    }
  }

  private static int[] ints(TInt32 tensor) {
    return IntStream.range(0, (int) tensor.size()).map(i -> tensor.getInt(i)).toArray();
  }
}
