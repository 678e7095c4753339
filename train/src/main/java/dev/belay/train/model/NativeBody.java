package dev.belay.train.model;

import dev.belay.graph.decoder.DecoderModel;
import dev.belay.graph.decoder.DecoderSpec;
import dev.belay.graph.encoder.EncoderModel;
import dev.belay.graph.encoder.EncoderSpec;
import dev.belay.graph.encoder.Reading;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.LayeredForward;
import dev.belay.graph.layer.Activation;
import dev.belay.graph.seq2seq.Seq2SeqModel;
import dev.belay.graph.seq2seq.Seq2SeqSpec;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.configuration.RelativePositions;
import dev.belay.savedmodel.configuration.Sizes;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import org.tensorflow.Graph;

/**
 * The graph that a configuration asks for, without its head.
 *
 * @param base how the names of its weights begin; empty where they have no first word
 * @param inputs what it reads
 * @param output what its head or its loss reads
 * @param maxLength the most tokens that it takes
 * @param builder puts it into a graph
 */
record NativeBody(
    String base,
    List<String> inputs,
    String output,
    OptionalInt maxLength,
    BiFunction<Graph, LayeredForward.Options, ForwardModel> builder) {
  private static final String IDS = "input_ids";
  private static final String MASK = "attention_mask";

  static NativeBody of(ModelConfiguration configuration, Activation activation, NativeHead head) {
    return switch (configuration.family()) {
      case GPT2 -> decoder(configuration, activation);
      case T5 -> seq2seq(configuration);
      default -> encoder(configuration, activation, head);
    };
  }

  ForwardModel build(Graph graph, LayeredForward.Options options) {
    return builder.apply(graph, options);
  }

  private static NativeBody encoder(
      ModelConfiguration configuration, Activation activation, NativeHead head) {
    EncoderSpec spec = NativeEncoder.spec(configuration, activation);
    Reading reading = head.readsAllTokens() ? Reading.ALL_TOKENS : Reading.FIRST_TOKEN;
    int before = spec.paddingId().isPresent() ? spec.paddingId().getAsInt() + 1 : 0;
    return new NativeBody(
        spec.names().base() + ".",
        spec.sizes().types() > 0 ? List.of(IDS, MASK, "token_type_ids") : List.of(IDS, MASK),
        EncoderModel.FEATURES,
        OptionalInt.of(spec.sizes().positions() - before),
        (graph, options) ->
            EncoderModel.build(
                graph,
                spec,
                new EncoderModel.Options(
                    options.beginning(), options.trains(), options.dropout(), reading)));
  }

  private static NativeBody decoder(ModelConfiguration configuration, Activation activation) {
    Sizes sizes = configuration.sizes();
    DecoderSpec spec =
        new DecoderSpec(
            new DecoderSpec.Sizes(
                sizes.vocabulary(),
                sizes.hidden(),
                sizes.layers(),
                sizes.heads(),
                sizes.intermediate(),
                sizes.positions()),
            new DecoderSpec.Scaling(
                isSet(configuration, "scale_attn_weights", true),
                isSet(configuration, "scale_attn_by_inverse_layer_idx", false)),
            configuration.tiedEmbeddings(),
            activation,
            configuration.normEpsilon(),
            new DecoderSpec.Rates(
                configuration.dropouts().embedding(),
                configuration.dropouts().attention(),
                configuration.dropouts().hidden()));
    return new NativeBody(
        "",
        List.of(IDS, MASK),
        DecoderModel.LOGITS,
        OptionalInt.of(sizes.positions()),
        (graph, options) -> DecoderModel.build(graph, spec, options));
  }

  private static NativeBody seq2seq(ModelConfiguration configuration) {
    Sizes sizes = configuration.sizes();
    RelativePositions positions = configuration.relativePositions().orElseThrow();
    Seq2SeqSpec spec =
        new Seq2SeqSpec(
            new Seq2SeqSpec.Sizes(
                sizes.vocabulary(),
                sizes.hidden(),
                sizes.layers(),
                sizes.decoderLayers(),
                sizes.heads(),
                sizes.headSize(),
                sizes.intermediate()),
            new Seq2SeqSpec.Positions(positions.buckets(), positions.maxDistance()),
            configuration.gated()
                ? Seq2SeqSpec.FeedForward.GATED_GELU
                : Seq2SeqSpec.FeedForward.RELU,
            configuration.tiedEmbeddings(),
            configuration.normEpsilon(),
            configuration.dropouts().hidden());
    return new NativeBody(
        "",
        List.of(IDS, MASK, "decoder_input_ids"),
        Seq2SeqModel.LOGITS,
        OptionalInt.empty(),
        (graph, options) -> Seq2SeqModel.build(graph, spec, options));
  }

  private static boolean isSet(ModelConfiguration configuration, String key, boolean otherwise) {
    Object value = configuration.others().get(key);
    return value instanceof Boolean truth ? truth : otherwise;
  }
}
