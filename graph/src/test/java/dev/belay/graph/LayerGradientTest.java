package dev.belay.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.belay.graph.adapter.AdapterPlan;
import dev.belay.graph.adapter.AdapterTargets;
import dev.belay.graph.decoder.DecoderModel;
import dev.belay.graph.decoder.DecoderSpec;
import dev.belay.graph.encoder.EncoderModel;
import dev.belay.graph.encoder.EncoderNames;
import dev.belay.graph.encoder.EncoderSpec;
import dev.belay.graph.encoder.Pooling;
import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.LayeredForward;
import dev.belay.graph.forward.TensorNames;
import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.AttentionBias;
import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.HandGradients;
import dev.belay.graph.layer.Heads;
import dev.belay.graph.layer.JointDense;
import dev.belay.graph.layer.LayerNorm;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.RelativeKeys;
import dev.belay.graph.layer.RelativePositions;
import dev.belay.graph.layer.RmsNorm;
import dev.belay.graph.layer.RotaryFrequencies;
import dev.belay.graph.layer.RotaryPositions;
import dev.belay.graph.layer.SequenceShape;
import dev.belay.graph.layer.Table;
import dev.belay.graph.layer.Visible;
import dev.belay.graph.loss.LossTensors;
import dev.belay.graph.loss.SparseSoftmaxCrossEntropy;
import dev.belay.graph.seq2seq.Seq2SeqModel;
import dev.belay.graph.seq2seq.Seq2SeqSpec;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.VariableSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/**
 * The gradient of every layer, and of whole models with their dropout, by every weight and by what
 * comes in, is the central difference: in float64, to 1e-6.
 */
@Tag("long")
class LayerGradientTest {
  private static final Parameters.Initialization RESTORED =
      new Parameters.Initialization(name -> false, 0.02, 1);
  private static final LayeredForward.Options DROPPING =
      new LayeredForward.Options(RESTORED, variable -> true, true);
  private static final int BATCH = 2;
  private static final int LENGTH = 4;
  private static final int ROWS = BATCH * LENGTH;

  /** A layer over rows that are variables themselves. */
  private record Site(ForwardContext pass, Parameters parameters, SequenceShape extent) {
    Ops tf() {
      return pass.tf();
    }

    Operand<TFloat32> rows(String name, int size) {
      return parameters.table(name, ROWS, size);
    }
  }

  private static void check(Function<Site, Operand<TFloat32>> layer) {
    check(layer, variable -> true, Optional.empty());
  }

  private static void check(
      Function<Site, Operand<TFloat32>> layer,
      Predicate<VariableSpec> trains,
      Optional<AdapterPlan> adapters) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Parameters parameters = new Parameters(tf, RESTORED, trains, adapters, Map.of());
      HandGradients hand = new HandGradients();
      ForwardContext pass =
          ForwardContext.training(tf, new ForwardContext.Draws(5, tf.constant(3L), 1))
              .differentiated(hand);
      SequenceShape extent = new SequenceShape(tf.constant(BATCH), tf.constant(LENGTH));
      Operand<TFloat32> out = layer.apply(new Site(pass, parameters, extent));
      Operand<TFloat32> flat = tf.reshape(out, tf.constant(new int[] {-1}));
      Operand<TInt32> numbers = tf.range(tf.constant(0), tf.size(flat), tf.constant(1));
      Operand<TFloat32> weights = tf.math.sin(tf.dtypes.cast(numbers, TFloat32.class));
      Operand<TFloat32> loss = tf.reduceSum(tf.math.mul(flat, weights), tf.constant(0));
      CentralDifferences.check(loss, parameters.variables().all(), hand.gaps(), Map.of());
    }
  }

  @Test
  void dense() {
    check(at -> Dense.declare(at.parameters(), "d", 3, 5).apply(at.pass(), at.rows("x", 3)));
    check(
        at ->
            Dense.declareWithoutBias(at.parameters(), "d", 3, 5).apply(at.pass(), at.rows("x", 3)));
    check(
        at ->
            Dense.declareTransposed(at.parameters(), "d", 3, 5).apply(at.pass(), at.rows("x", 3)));
  }

  @Test
  void layersOfOneProduct() {
    check(
        at -> {
          Dense first = Dense.declare(at.parameters(), "a", 3, 5);
          Dense second = Dense.declare(at.parameters(), "b", 3, 4);
          return new JointDense(List.of(first.scaled(at.tf(), 0.3), second))
              .apply(at.tf(), at.rows("x", 3));
        });
  }

  @Test
  void adapters() {
    AdapterPlan plan =
        new AdapterPlan(
            AdapterTargets.all(),
            weight -> new AdapterPlan.Rank(2, 1.5),
            0.4,
            1,
            AdapterPlan.Biases.NONE);
    Predicate<VariableSpec> trains = variable -> variable.name().equals("x");
    check(
        at -> Dense.declare(at.parameters(), "d", 3, 5).apply(at.pass(), at.rows("x", 3)),
        trains,
        Optional.of(plan));
    check(
        at -> Dense.declareTransposed(at.parameters(), "d", 3, 5).apply(at.pass(), at.rows("x", 3)),
        trains,
        Optional.of(plan));
  }

  @Test
  void norms() {
    check(
        at -> LayerNorm.declare(at.parameters(), "norm", 5, 1e-5).apply(at.tf(), at.rows("x", 5)));
    check(
        at ->
            LayerNorm.declare(at.parameters(), "norm", 5, 1e-5).apply(at.pass(), at.rows("x", 5)));
    check(
        at ->
            LayerNorm.declare(at.parameters(), "norm", 5, 1e-5, false)
                .apply(at.pass(), at.rows("x", 5)));
    check(at -> RmsNorm.declare(at.parameters(), "norm", 5, 1e-6).apply(at.tf(), at.rows("x", 5)));
  }

  @ParameterizedTest
  @EnumSource
  void activations(Activation activation) {
    check(at -> activation.apply(at.tf(), at.rows("x", 5)));
    check(at -> activation.apply(at.pass(), at.rows("x", 5)));
  }

  @Test
  void tables() {
    check(
        at ->
            Table.declare(at.parameters(), "t", 6, 3)
                .look(at.tf(), at.tf().constant(new int[][] {{1, 1}, {5, 0}})));
    check(at -> Table.declare(at.parameters(), "t", 6, 3).first(at.tf(), at.tf().constant(4)));
  }

  @Test
  void dropout() {
    check(at -> at.pass().dropout(at.rows("x", 5), 0.4));
  }

  @Test
  void attention() {
    check(
        at -> {
          Ops tf = at.tf();
          Operand<TInt32> mask = tf.constant(new int[][] {{1, 1, 1, 1}, {1, 1, 0, 0}});
          return Heads.scaled(2, 3, 0.3)
              .attend(
                  at.pass(),
                  new Heads.Projected(at.rows("q", 6), at.rows("k", 6), at.rows("v", 6)),
                  at.extent(),
                  at.extent(),
                  Optional.of(AttentionBias.padding(tf, mask, at.extent())));
        });
  }

  @Test
  void attentionOfOneProjection() {
    check(
        at ->
            Heads.scaled(2, 3, 0.3)
                .attendTogether(
                    at.pass(),
                    at.rows("qkv", 18),
                    Heads.Together.BY_KIND,
                    visible(at, Optional.empty())));
  }

  @Test
  void attentionOfPairs() {
    check(
        at ->
            Heads.scaled(2, 3, 0.3)
                .attendPairs(
                    at.pass(),
                    at.rows("q", 6),
                    at.rows("kv", 12),
                    new Heads.Between(at.extent(), at.extent()),
                    AttentionBias.causal(at.tf(), at.extent().length())));
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 6})
  void attentionWithRotaryPositions(int rotated) {
    RotaryPositions positions =
        new RotaryPositions(
            rotated,
            new RotaryPositions.Fixed(RotaryFrequencies.plain(10_000, rotated)),
            rotated == 4 ? 1 : 1.2);
    check(
        at ->
            Heads.scaled(2, 6, 0.3)
                .attendTogether(
                    at.pass(),
                    at.rows("qkv", 36),
                    Heads.Together.BY_HEAD,
                    visible(at, Optional.of(positions))));
  }

  @Test
  void attentionWithSharedKeysAndStretchedPositions() {
    RotaryPositions positions =
        new RotaryPositions(4, new RotaryPositions.Dynamic(10_000, 2.5, 2), 1);
    check(
        at ->
            new Heads(6, 2, 4, 0.5, 0.3)
                .attend(
                    at.pass(),
                    new Heads.Projected(at.rows("q", 24), at.rows("k", 8), at.rows("v", 8)),
                    visible(at, Optional.of(positions))));
  }

  @Test
  void attentionInAWindow() {
    check(
        at ->
            Heads.scaled(2, 3, 0.3)
                .attend(
                    at.pass(),
                    new Heads.Projected(at.rows("q", 6), at.rows("k", 6), at.rows("v", 6)),
                    visible(at, Optional.empty())
                        .withBias(AttentionBias.window(at.tf(), at.extent().length(), 2))));
  }

  private static Visible visible(Site at, Optional<RotaryPositions> positions) {
    return new Visible(
        at.extent(),
        Optional.of(AttentionBias.causal(at.tf(), at.extent().length())),
        positions.map(form -> form.rotation(at.tf(), at.extent().length())));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void relativePositions(boolean bothWays) {
    check(
        at ->
            RelativePositions.declare(
                    at.parameters(), "r", new RelativePositions.Buckets(4, 3, bothWays), 2)
                .bias(at.tf(), at.extent().length()));
  }

  @ParameterizedTest
  @CsvSource({
    "BERT, FIRST_TOKEN, false",
    "BERT, ALL_TOKENS, false",
    "BERT, FIRST_TOKEN, true",
    "ROBERTA, ALL_TOKENS, true",
    "ALBERT, ALL_TOKENS, false"
  })
  void encoders(String family, Pooling reading, boolean causal) {
    boolean shares = family.equals("ALBERT");
    EncoderSpec spec =
        new EncoderSpec(
            shares
                ? EncoderNames.ALBERT
                : family.equals("BERT") ? EncoderNames.BERT : EncoderNames.ROBERTA,
            new EncoderSpec.Sizes(7, shares ? 4 : 6, 6, 2, 2, 8, 8, 2),
            shares ? new EncoderSpec.Sharing(1, 1) : new EncoderSpec.Sharing(2, 1),
            shares,
            family.equals("ROBERTA")
                ? new EncoderSpec.Positions(
                    OptionalInt.of(1), Optional.empty(), Optional.empty(), false)
                : EncoderSpec.Positions.ADDED,
            causal,
            Activation.GELU,
            1e-6,
            new EncoderSpec.Rates(0.1, 0.2, 0.3, 0.4));
    try (Graph graph = new Graph()) {
      ForwardModel model =
          EncoderModel.build(
              graph, spec, new EncoderModel.Options(RESTORED, variable -> true, true, reading));
      ForwardCall call = model.call(EncoderModel.TRAINING);
      // The features themselves as logits of six classes.
      check(graph, model, call.output(TensorNames.FEATURES), reading == Pooling.ALL_TOKENS);
    }
  }

  @ParameterizedTest
  @CsvSource({"FIRST_TOKEN, true", "ALL_TOKENS, false"})
  void encodersOfRotaryPositions(Pooling reading, boolean biased) {
    try (Graph graph = new Graph()) {
      ForwardModel model =
          EncoderModel.build(
              graph,
              SmallRotaryEncoder.spec(7, 8, biased),
              new EncoderModel.Options(RESTORED, variable -> true, true, reading));
      ForwardCall call = model.call(EncoderModel.TRAINING);
      // The features themselves as logits of eight classes.
      check(graph, model, call.output(TensorNames.FEATURES), reading == Pooling.ALL_TOKENS);
    }
  }

  /** The position table that is kept beside distances is no weight that a gradient reaches. */
  @ParameterizedTest
  @CsvSource({"FIRST_TOKEN, true, true", "ALL_TOKENS, true, false", "ALL_TOKENS, false, true"})
  void encodersOfDistances(Pooling reading, boolean byKeys, boolean scaled) {
    EncoderSpec spec =
        new EncoderSpec(
            EncoderNames.BERT,
            new EncoderSpec.Sizes(7, 6, 6, 1, 2, 8, 5, 2),
            new EncoderSpec.Sharing(1, 1),
            false,
            new EncoderSpec.Positions(
                OptionalInt.empty(),
                Optional.of(new RelativeKeys.Form(byKeys, scaled)),
                Optional.empty(),
                false),
            true,
            Activation.GELU,
            1e-6,
            new EncoderSpec.Rates(0.1, 0.2, 0.3, 0.4));
    try (Graph graph = new Graph()) {
      ForwardModel model =
          EncoderModel.build(
              graph, spec, new EncoderModel.Options(RESTORED, variable -> true, true, reading));
      assertEquals(
          List.of("bert.embeddings.position_embeddings.weight"),
          model.variables().all().stream()
              .filter(variable -> !variable.spec().trainable())
              .map(GraphVariable::name)
              .toList());
      ForwardCall call = model.call(EncoderModel.TRAINING);
      check(graph, model, call.output(TensorNames.FEATURES), reading == Pooling.ALL_TOKENS);
    }
  }

  /** What a head for whole examples reads of a decoder: the last token that is no padding. */
  @Test
  void decodersForHeads() {
    DecoderSpec spec =
        new DecoderSpec(
            new DecoderSpec.Sizes(7, 6, 1, 2, 8, 8),
            DecoderSpec.Scaling.BY_ROOT,
            DecoderSpec.Output.features(OptionalInt.of(1)),
            Activation.GELU_TANH,
            1e-5,
            new DecoderSpec.Rates(0.1, 0.2, 0.3));
    try (Graph graph = new Graph()) {
      ForwardModel model = DecoderModel.build(graph, spec, DROPPING);
      check(
          graph,
          model,
          model.call(LayeredForward.TRAINING).output(DecoderModel.LAST_FEATURES),
          false);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void decoders(boolean tied) {
    DecoderSpec spec =
        new DecoderSpec(
            new DecoderSpec.Sizes(7, 6, 2, 2, 8, 8),
            new DecoderSpec.Scaling(true, !tied),
            DecoderSpec.Output.of(tied ? DecoderSpec.Words.TIED : DecoderSpec.Words.OWN),
            Activation.GELU_TANH,
            1e-5,
            new DecoderSpec.Rates(0.1, 0.2, 0.3));
    try (Graph graph = new Graph()) {
      ForwardModel model = DecoderModel.build(graph, spec, DROPPING);
      ForwardCall call = model.call(LayeredForward.TRAINING);
      check(graph, model, call.output(TensorNames.LOGITS), true);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void encodersWithDecoders(boolean tied) {
    Seq2SeqSpec spec =
        new Seq2SeqSpec(
            new Seq2SeqSpec.Sizes(7, 6, 1, 2, 2, 4, 8),
            new Seq2SeqSpec.Relative(4, 3),
            tied ? Seq2SeqSpec.FeedForward.RELU : Seq2SeqSpec.FeedForward.GATED_GELU,
            tied ? Seq2SeqSpec.Output.TIED : Seq2SeqSpec.Output.OWN,
            1e-6,
            0.2);
    try (Graph graph = new Graph()) {
      ForwardModel model = Seq2SeqModel.build(graph, spec, DROPPING);
      ForwardCall call = model.call(LayeredForward.TRAINING);
      check(graph, model, call.output(TensorNames.LOGITS), true);
    }
  }

  /** By all weights of a model at once. */
  private static void check(Graph graph, ForwardModel model, Output<?> logits, boolean everyToken) {
    LossTensors loss = new SparseSoftmaxCrossEntropy().build(Ops.create(graph), logits);
    Map<String, Tensor> feeds = new LinkedHashMap<>();
    Shape shape = Shape.of(BATCH, LENGTH);
    model
        .call(LayeredForward.TRAINING)
        .inputs()
        .forEach(
            (name, input) ->
                feeds.put(
                    input.op().name(),
                    switch (name) {
                      case "attention_mask" -> TensorData.of(shape, 1, 1, 1, 1, 1, 1, 1, 0);
                      case "token_type_ids" -> TensorData.of(shape, 0, 0, 1, 1, 0, 1, 1, 0);
                      default -> TensorData.of(shape, 3, 2, 6, 3, 0, 5, 4, 1);
                    }));
    feeds.put(
        loss.labels().op().name(),
        everyToken
            ? TensorData.of(shape, 2, 5, 3, -100, 5, 4, 0, -100)
            : TensorData.of(Shape.of(BATCH), 2, 5));
    feeds.put("belay_step", TInt64.scalarOf(4));
    try {
      CentralDifferences.check(
          loss.mean(), model.variables().trainable(), model.savedGradients(), feeds);
    } finally {
      feeds.values().forEach(Tensor::close);
    }
  }
}
