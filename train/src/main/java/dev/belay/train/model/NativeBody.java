package dev.belay.train.model;

import dev.belay.graph.decoder.DecoderModel;
import dev.belay.graph.decoder.DecoderSpec;
import dev.belay.graph.encoder.DisentangledEncoderSpec;
import dev.belay.graph.encoder.EncoderModel;
import dev.belay.graph.encoder.EncoderSpec;
import dev.belay.graph.encoder.Pooling;
import dev.belay.graph.encoder.RotaryEncoderSpec;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.LayeredForward;
import dev.belay.graph.forward.TensorNames;
import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.PackedTokens;
import dev.belay.graph.seq2seq.Seq2SeqFeatures;
import dev.belay.graph.seq2seq.Seq2SeqModel;
import dev.belay.graph.seq2seq.Seq2SeqSpec;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Family;
import dev.belay.train.data.example.FeatureRequest;
import dev.belay.train.family.DebertaFamily;
import dev.belay.train.family.DecoderFamily;
import dev.belay.train.family.EncoderFamily;
import dev.belay.train.family.ModernBertFamily;
import dev.belay.train.family.Seq2SeqFamily;
import dev.belay.train.task.HeadInput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import org.tensorflow.Graph;

/**
 * The graph of a configuration, without its head.
 *
 * @param base prefixes of its weights' names
 * @param inputs its inputs
 * @param output name of the output that its head or its loss reads
 * @param maxLength maximum number of tokens
 * @param words its table of word embeddings
 * @param builder puts it into a graph
 */
record NativeBody(
    List<String> base,
    List<FeatureRequest> inputs,
    String output,
    OptionalInt maxLength,
    WordTable words,
    BiFunction<Graph, LayeredForward.Options, ForwardModel> builder) {

  static NativeBody of(NativeModel model) {
    Family family = model.configuration().family();
    return switch (family.architecture()) {
      case DECODER -> decoder(model);
      case ENCODER_DECODER -> seq2seq(model);
      case ENCODER -> encoder(model);
    };
  }

  private static NativeBody encoder(NativeModel model) {
    return switch (model.configuration().family()) {
      case MODERNBERT -> rotaryEncoder(model);
      case DEBERTA, DEBERTA_V2 -> disentangledEncoder(model);
      default -> encoder(model.configuration(), model.activation(), model.head());
    };
  }

  /** Prefixes of a body's names, which PyTorch's model without a head lacks. */
  static List<String> prefixes(Family family) {
    String base =
        switch (family.architecture()) {
          case DECODER -> DecoderFamily.names(family).base();
          case ENCODER_DECODER -> Seq2SeqFamily.base(family);
          case ENCODER -> EncoderFamily.base(family);
        };
    return base.isEmpty() ? List.of() : List.of(base + ".");
  }

  /** Whether a weight is one of it by its name. */
  boolean holds(String weight) {
    return base.stream().anyMatch(weight::startsWith);
  }

  ForwardModel build(Graph graph, LayeredForward.Options options) {
    return builder.apply(graph, options);
  }

  private static NativeBody encoder(
      ModelConfiguration configuration, Activation activation, NativeHead head) {
    EncoderSpec spec = EncoderFamily.spec(configuration, activation);
    Pooling reading = reading(configuration, head);
    OptionalInt paddingId = spec.positions().paddingId();
    int before = paddingId.isPresent() ? paddingId.getAsInt() + 1 : 0;
    return new NativeBody(
        List.of(spec.names().base() + "."),
        encoderInputs(spec.sizes().types() > 0, head.task().readsPadding()),
        TensorNames.FEATURES,
        OptionalInt.of(spec.sizes().positions() - before),
        encoderWords(configuration, head),
        (graph, options) ->
            EncoderModel.build(graph, spec, new EncoderModel.Options(options, reading)));
  }

  /** Rotary positions have no limit, as in Python. */
  private static NativeBody rotaryEncoder(NativeModel model) {
    ModelConfiguration configuration = model.configuration();
    NativeHead head = model.head();
    RotaryEncoderSpec spec = ModernBertFamily.spec(configuration, model.activation());
    Pooling reading = reading(configuration, head);
    return new NativeBody(
        prefixes(configuration.family()),
        encoderInputs(false, head.task().readsPadding()),
        TensorNames.FEATURES,
        OptionalInt.empty(),
        encoderWords(configuration, head),
        (graph, options) ->
            EncoderModel.build(graph, spec, new EncoderModel.Options(options, reading)));
  }

  /** Without embeddings of positions, a DeBERTa has no limit, as in Python. */
  private static NativeBody disentangledEncoder(NativeModel model) {
    ModelConfiguration configuration = model.configuration();
    NativeHead head = model.head();
    DisentangledEncoderSpec spec =
        DebertaFamily.spec(configuration, model.activation(), model.weights().names());
    EncoderSpec.Sizes sizes = spec.encoder().sizes();
    Pooling reading = reading(configuration, head);
    return new NativeBody(
        prefixes(configuration.family()),
        encoderInputs(sizes.types() > 0, head.task().readsPadding()),
        TensorNames.FEATURES,
        spec.positions() == DisentangledEncoderSpec.PositionRows.ADDED
            ? OptionalInt.of(sizes.positions())
            : OptionalInt.empty(),
        encoderWords(configuration, head),
        (graph, options) ->
            EncoderModel.build(graph, spec, new EncoderModel.Options(options, reading)));
  }

  private static Pooling reading(ModelConfiguration configuration, NativeHead head) {
    return head.task().input(configuration) == HeadInput.TOKENS
        ? Pooling.ALL_TOKENS
        : Pooling.FIRST_TOKEN;
  }

  private static WordTable encoderWords(ModelConfiguration configuration, NativeHead head) {
    return new WordTable(
        EncoderFamily.words(configuration.family()),
        configuration.sizes().vocabulary(),
        head.task().hidesWords()
            ? Optional.of("the head multiplies by all of them")
            : Optional.empty());
  }

  private static WordTable words(DecoderSpec spec) {
    String base = spec.form().names().base();
    return new WordTable(
        (base.isEmpty() ? "" : base + ".") + spec.form().names().words(),
        spec.sizes().vocabulary(),
        spec.output().words().equals(Optional.of(DecoderSpec.Words.TIED))
            ? Optional.of("the logits are products with all of them")
            : Optional.empty());
  }

  /** An encoder computes no padding, unless its loss reads that. */
  private static List<FeatureRequest> encoderInputs(boolean types, boolean readsPadding) {
    FeatureRequest mask = FeatureRequest.ids(TensorNames.ATTENTION_MASK);
    List<FeatureRequest> inputs = new ArrayList<>(inputs(TensorNames.INPUT_IDS));
    inputs.add(readsPadding ? mask : mask.withPadding(PackedTokens.LEFT_OUT));
    if (types) {
      inputs.add(FeatureRequest.ids(TensorNames.TOKEN_TYPE_IDS));
    }
    return inputs;
  }

  private static List<FeatureRequest> inputs(String... names) {
    return Arrays.stream(names).map(FeatureRequest::ids).toList();
  }

  private static NativeBody decoder(NativeModel model) {
    ModelConfiguration configuration = model.configuration();
    HeadInput input = model.head().task().input(configuration);
    boolean pooled = input == HeadInput.EXAMPLE;
    DecoderSpec.Output output =
        input == HeadInput.NOTHING
            ? DecoderFamily.words(configuration, model.weights())
            : DecoderSpec.Output.features(pooled ? configuration.padId() : OptionalInt.empty());
    DecoderSpec spec = DecoderFamily.spec(configuration, model.activation(), output);
    return new NativeBody(
        prefixes(configuration.family()),
        inputs(TensorNames.INPUT_IDS, TensorNames.ATTENTION_MASK),
        input == HeadInput.NOTHING
            ? TensorNames.LOGITS
            : pooled ? DecoderModel.LAST_FEATURES : TensorNames.FEATURES,
        spec.sizes().positions() > 0
            ? OptionalInt.of(spec.sizes().positions())
            : OptionalInt.empty(),
        words(spec),
        (graph, options) -> DecoderModel.build(graph, spec, options));
  }

  private static NativeBody seq2seq(NativeModel model) {
    ModelConfiguration configuration = model.configuration();
    Seq2SeqSpec spec = Seq2SeqFamily.spec(configuration, model.activation(), model.weights());
    String base = Seq2SeqFamily.base(configuration.family());
    String before = base.isEmpty() ? "" : base + ".";
    int positions = configuration.sizes().positions();
    HeadInput input = model.head().task().input(configuration);
    boolean writes = input == HeadInput.NOTHING;
    List<FeatureRequest> inputs =
        new ArrayList<>(inputs(TensorNames.INPUT_IDS, TensorNames.ATTENTION_MASK));
    if (writes) {
      inputs.add(FeatureRequest.ids(TensorNames.DECODER_INPUT_IDS));
    }
    return new NativeBody(
        List.of(before + "shared.", before + "encoder.", before + "decoder."),
        inputs,
        writes ? TensorNames.LOGITS : TensorNames.FEATURES,
        positions > 0 ? OptionalInt.of(positions) : OptionalInt.empty(),
        new WordTable(
            before + "shared.weight",
            configuration.sizes().vocabulary(),
            Optional.of("encoder, decoder and, if tied, logits share them")),
        (graph, options) ->
            writes
                ? Seq2SeqModel.build(graph, spec, options)
                : Seq2SeqFeatures.build(
                    graph,
                    spec,
                    Seq2SeqFamily.reading(configuration, input == HeadInput.EXAMPLE),
                    options));
  }
}
