package dev.belay.graph.recompute;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.ForwardPass;
import dev.belay.graph.GradientPlan;
import dev.belay.graph.SmallDisentangledEncoder;
import dev.belay.graph.SmallRotaryEncoder;
import dev.belay.graph.TrainPlan;
import dev.belay.graph.TrainStep;
import dev.belay.graph.TrainStepBuilder;
import dev.belay.graph.clip.GlobalNormClip;
import dev.belay.graph.decoder.DecoderForm;
import dev.belay.graph.decoder.DecoderModel;
import dev.belay.graph.decoder.DecoderSpec;
import dev.belay.graph.encoder.DisentangledEncoderSpec;
import dev.belay.graph.encoder.EncoderModel;
import dev.belay.graph.encoder.EncoderNames;
import dev.belay.graph.encoder.EncoderSpec;
import dev.belay.graph.encoder.Pooling;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.LayeredForward;
import dev.belay.graph.forward.TensorNames;
import dev.belay.graph.gradient.NormRows;
import dev.belay.graph.head.AttachedHead;
import dev.belay.graph.head.ClassificationHead;
import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.RelativeKeys;
import dev.belay.graph.layer.RelativePositions;
import dev.belay.graph.layer.RotaryPositions;
import dev.belay.graph.loss.SparseSoftmaxCrossEntropy;
import dev.belay.graph.optimizer.Adam;
import dev.belay.graph.optimizer.Moments;
import dev.belay.graph.runtime.BuiltGraph;
import dev.belay.graph.seq2seq.Seq2SeqForm;
import dev.belay.graph.seq2seq.Seq2SeqModel;
import dev.belay.graph.seq2seq.Seq2SeqSpec;
import dev.belay.graph.variable.VariableSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.ConfigProto;
import org.tensorflow.proto.framework.RewriterConfig;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/** Blocks that are computed again give the same bits as blocks whose tensors are kept. */
class RecomputationTest {
  private static final int STEPS = 20; // three may hide a difference of a bit
  private static final int EXAMPLES = 3;
  private static final int LENGTH = 6;
  private static final int WORDS = 17;

  /** Models whose blocks differ in what they read and how their gradients add up. */
  private enum Model {
    BERT_FIRST_TOKEN((graph, o) -> encoder(graph, o, EncoderNames.BERT, Pooling.FIRST_TOKEN, 3)),
    BERT_ALL_TOKENS((graph, o) -> encoder(graph, o, EncoderNames.BERT, Pooling.ALL_TOKENS, 3)),
    ALBERT((graph, o) -> encoder(graph, o, EncoderNames.ALBERT, Pooling.FIRST_TOKEN, 1)),
    MPNET((graph, o) -> encoder(graph, o, EncoderNames.MPNET, Pooling.FIRST_TOKEN, 3)),
    MODERNBERT(
        (graph, o) ->
            EncoderModel.build(
                graph,
                SmallRotaryEncoder.spec(WORDS, 8, false),
                new EncoderModel.Options(o, Pooling.FIRST_TOKEN))),
    DEBERTA(
        (graph, o) ->
            EncoderModel.build(
                graph,
                SmallDisentangledEncoder.spec(
                    WORDS, 8, DisentangledEncoderSpec.Layers.JOINT, false),
                new EncoderModel.Options(o, Pooling.ALL_TOKENS))),
    DEBERTA_V2(
        (graph, o) ->
            EncoderModel.build(
                graph,
                SmallDisentangledEncoder.spec(
                    WORDS, 8, DisentangledEncoderSpec.Layers.SHARED, true),
                new EncoderModel.Options(o, Pooling.FIRST_TOKEN))),
    GPT2(
        (graph, o) ->
            decoder(graph, o, DecoderForm.GPT2, DecoderSpec.Words.TIED, Activation.GELU_TANH)),
    LLAMA(
        (graph, o) ->
            decoder(
                graph,
                o,
                DecoderForm.llama(new DecoderForm.Biases(false, false, false), OptionalInt.of(2)),
                DecoderSpec.Words.OWN,
                Activation.SILU)),
    GPT_NEOX(
        (graph, o) ->
            decoder(
                graph, o, DecoderForm.gptNeox(true, true), DecoderSpec.Words.OWN, Activation.GELU)),
    T5((graph, o) -> seq2seq(graph, o, Seq2SeqSpec.FeedForward.RELU)),
    T5_GATED((graph, o) -> seq2seq(graph, o, Seq2SeqSpec.FeedForward.GATED_GELU)),
    BART((graph, o) -> bart(graph, o, Seq2SeqForm.BART)),
    MBART((graph, o) -> bart(graph, o, Seq2SeqForm.MBART));

    @SuppressWarnings("ImmutableEnumChecker") // builds a model of constants
    private final BiFunction<Graph, LayeredForward.Options, ForwardModel> build;

    Model(BiFunction<Graph, LayeredForward.Options, ForwardModel> build) {
      this.build = build;
    }

    private static ForwardModel encoder(
        Graph graph, LayeredForward.Options options, EncoderNames names, Pooling read, int groups) {
      boolean distances = names.equals(EncoderNames.ALBERT);
      boolean biases = names.equals(EncoderNames.MPNET);
      EncoderSpec spec =
          new EncoderSpec(
              names,
              new EncoderSpec.Sizes(WORDS, 8, 8, 3, 2, 16, LENGTH, 0),
              new EncoderSpec.Sharing(groups, 1),
              distances,
              new EncoderSpec.Positions(
                  OptionalInt.empty(),
                  distances ? Optional.of(new RelativeKeys.Form(true, false)) : Optional.empty(),
                  biases
                      ? Optional.of(new RelativePositions.Buckets(4, 3, true))
                      : Optional.empty(),
                  false),
              false,
              Activation.GELU,
              1e-6,
              new EncoderSpec.Rates(0.1, 0.1, 0.1, 0.1));
      return EncoderModel.build(graph, spec, new EncoderModel.Options(options, read));
    }

    private static ForwardModel decoder(
        Graph graph,
        LayeredForward.Options options,
        DecoderForm form,
        DecoderSpec.Words words,
        Activation activation) {
      boolean rotary = !form.equals(DecoderForm.GPT2);
      DecoderSpec spec =
          new DecoderSpec(
              form,
              new DecoderSpec.Sizes(WORDS, 8, 3, 2, 16, rotary ? 0 : LENGTH),
              new DecoderSpec.Attention(
                  2,
                  4,
                  DecoderSpec.Scaling.BY_ROOT,
                  rotary
                      ? Optional.of(
                          new RotaryPositions(4, new RotaryPositions.Fixed(List.of(1f, 0.1f)), 1))
                      : Optional.empty(),
                  Optional.empty()),
              DecoderSpec.Output.of(words),
              activation,
              1e-5,
              new DecoderSpec.Rates(0.1, 0.1, 0.1));
      return DecoderModel.build(graph, spec, options);
    }

    private static ForwardModel seq2seq(
        Graph graph, LayeredForward.Options options, Seq2SeqSpec.FeedForward feedForward) {
      Seq2SeqSpec spec =
          new Seq2SeqSpec(
              new Seq2SeqSpec.Sizes(WORDS, 8, 3, 3, 2, 4, 16),
              new Seq2SeqSpec.Relative(4, 3),
              feedForward,
              Seq2SeqSpec.Output.TIED,
              1e-6,
              0.1);
      return Seq2SeqModel.build(graph, spec, options);
    }

    private static ForwardModel bart(
        Graph graph, LayeredForward.Options options, Seq2SeqForm form) {
      Seq2SeqSpec spec =
          new Seq2SeqSpec(
              form,
              new Seq2SeqSpec.Sizes(WORDS, 8, 3, 3, 2, 4, 16),
              new Seq2SeqSpec.Learned(LENGTH + 2, 2),
              new Seq2SeqSpec.Words(3, OptionalInt.of(1)),
              new Seq2SeqSpec.FeedForward(Activation.GELU, false),
              new Seq2SeqSpec.Output(true, false, true),
              1e-5,
              new Seq2SeqSpec.Rates(0.1, 0.1, 0.1, 0));
      return Seq2SeqModel.build(graph, spec, options);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theLossesAreTheSameBits(Model model) {
    List<Float> kept = losses(model, RecomputationTest::any, false, GradientPlan.PLAIN);
    assertEquals(kept, losses(model, RecomputationTest::any, true, GradientPlan.PLAIN));
    assertTrue(kept.stream().allMatch(Float::isFinite), kept.toString());
  }

  @ParameterizedTest
  @EnumSource(names = {"BERT_FIRST_TOKEN", "T5"})
  void accumulatedGradientsAreTheSameBits(Model model) {
    GradientPlan several = new GradientPlan(true, Optional.empty(), List.of(), NormRows.DENSE);
    assertEquals(
        losses(model, RecomputationTest::any, false, several),
        losses(model, RecomputationTest::any, true, several));
  }

  /** Below the first block that trains, and in blocks without weights that do. */
  @ParameterizedTest
  @EnumSource(names = {"ALBERT", "GPT2"})
  void frozenBlocksChangeNothing(Model model) {
    Predicate<VariableSpec> some =
        variable -> variable.name().matches(".*(\\.|^|_)[02]\\..*(weight|bias)");
    assertEquals(
        losses(model, some, false, GradientPlan.PLAIN),
        losses(model, some, true, GradientPlan.PLAIN));
  }

  @Test
  void evaluationIsNotComputedAgain() {
    try (Graph graph = new Graph()) {
      LayeredForward.Options options = options(RecomputationTest::any, true).forEvaluation();
      assertTrue(Model.GPT2.build.apply(graph, options).savedGradients().isEmpty());
    }
  }

  private static boolean any(VariableSpec variable) {
    return !variable.name().isEmpty();
  }

  private static LayeredForward.Options options(Predicate<VariableSpec> trains, boolean again) {
    return new LayeredForward.Options(
            new Parameters.Initialization(name -> true, 0.3, 1), trains, true)
        .recomputing(again);
  }

  private static List<Float> losses(
      Model model, Predicate<VariableSpec> trains, boolean again, GradientPlan gradients) {
    try (Graph graph = new Graph()) {
      ForwardModel forward = model.build.apply(graph, options(trains, again));
      boolean languages = forward.call(LayeredForward.TRAINING).outputs().containsKey("logits");
      ForwardPass pass =
          new ForwardPass(
              forward.call(LayeredForward.TRAINING),
              forward
                  .call(LayeredForward.TRAINING)
                  .output(languages ? TensorNames.LOGITS : TensorNames.FEATURES));
      Optional<AttachedHead> head =
          languages
              ? Optional.empty()
              : Optional.of(
                  new ClassificationHead(WORDS, 0.1, 7).attach(Ops.create(graph), pass.output()));
      TrainStep step =
          TrainStepBuilder.build(
              graph,
              new TrainPlan(
                  forward,
                  pass,
                  head,
                  new SparseSoftmaxCrossEntropy(),
                  gradients,
                  new GlobalNormClip(1),
                  Adam.of(new Moments(0.9, 0.999, 1e-6)),
                  name -> true));
      return train(graph, step, languages);
    }
  }

  private static List<Float> train(Graph graph, TrainStep step, boolean languages) {
    List<Float> losses = new ArrayList<>();
    Random random = new Random(5);
    ConfigProto.Builder config = ConfigProto.newBuilder();
    assertTrue(BuiltGraph.is(graph));
    config
        .getGraphOptionsBuilder()
        .getRewriteOptionsBuilder()
        .setCommonSubgraphElimination(RewriterConfig.Toggle.OFF)
        .setArithmeticOptimization(RewriterConfig.Toggle.OFF);
    try (Session session = new Session(graph, config.build())) {
      Session.Runner first = session.runner();
      step.initializers().forEach(first::addTarget);
      first.run();
      for (int i = 1; i <= STEPS; i++) {
        List<Tensor> fed = new ArrayList<>();
        Session.Runner runner = session.runner();
        Session.Runner part = session.runner();
        for (Map.Entry<String, org.tensorflow.Output<?>> input : step.feeds().inputs().entrySet()) {
          int least = input.getKey().contains("mask") ? 1 : 0;
          fed.add(ints(random, least, least == 1 ? 2 : WORDS));
          runner.feed(input.getValue(), fed.get(fed.size() - 1));
          part.feed(input.getValue(), fed.get(fed.size() - 1));
        }
        fed.add(languages ? ints(random, 0, WORDS) : labels(random));
        fed.add(TFloat32.scalarOf(1e-2f));
        fed.add(TInt64.scalarOf(i));
        fed.add(TFloat32.scalarOf(languages ? EXAMPLES * LENGTH * 2 : EXAMPLES * 2));
        int at = fed.size() - 4;
        for (Session.Runner each : List.of(runner, part)) {
          each.feed(step.feeds().labels(), fed.get(at)).feed(step.feeds().step(), fed.get(at + 2));
        }
        runner.feed(step.feeds().learningRate(), fed.get(at + 1));
        step.pass()
            .accumulate()
            .ifPresent(
                add -> {
                  part.addTarget(add).feed(step.measures().weight(), fed.get(at + 3));
                  part.run();
                  part.run();
                  runner.feed(step.measures().weight(), fed.get(at + 3));
                });
        try (Result result =
            runner
                .fetch(step.measures().loss())
                .fetch(step.measures().norm())
                .addTarget(step.apply())
                .run()) {
          losses.add(((TFloat32) result.get(0)).getFloat());
          losses.add(((TFloat32) result.get(1)).getFloat());
        }
        fed.forEach(Tensor::close);
      }
    }
    return losses;
  }

  private static TInt32 ints(Random random, int least, int below) {
    TInt32 values = TInt32.tensorOf(Shape.of(EXAMPLES, LENGTH));
    values.scalars().forEach(value -> value.setInt(least + random.nextInt(below - least)));
    return values;
  }

  private static TInt32 labels(Random random) {
    return TInt32.tensorOf(
        NdArrays.vectorOf(random.nextInt(WORDS), random.nextInt(WORDS), random.nextInt(WORDS)));
  }
}
