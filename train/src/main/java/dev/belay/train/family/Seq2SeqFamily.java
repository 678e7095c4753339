package dev.belay.train.family;

import dev.belay.graph.layer.Activation;
import dev.belay.graph.seq2seq.Seq2SeqFeatures;
import dev.belay.graph.seq2seq.Seq2SeqForm;
import dev.belay.graph.seq2seq.Seq2SeqSpec;
import dev.belay.savedmodel.configuration.DecoderBlocks;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.configuration.RelativePositions;
import dev.belay.savedmodel.configuration.Sizes;
import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.names.ModelType;
import dev.belay.savedmodel.tensor.NamedTensors;
import java.util.OptionalInt;

/** Converts a configuration of an encoder with a decoder to the specifications of {@code graph}. */
public final class Seq2SeqFamily {
  /** Rows of BART's tables of positions before that of the first token. */
  private static final int BART_OFFSET = 2;

  private static final int BART_END = 2;

  private static final int PADDING = 1;

  private static final String BIAS = "final_logits_bias";

  private Seq2SeqFamily() {}

  /**
   * The architecture.
   *
   * @param weights those of the files; none if the model has none yet
   */
  public static Seq2SeqSpec spec(
      ModelConfiguration configuration, Activation activation, NamedTensors weights) {
    OutputTable output = OutputTable.of(configuration, weights);
    Seq2SeqSpec.FeedForward feedForward =
        new Seq2SeqSpec.FeedForward(activation, configuration.feedForward().gated());
    boolean bart = configuration.family() == Family.BART;
    double dropout = configuration.dropouts().hidden();
    if (!bart) {
      return new Seq2SeqSpec(
          sizes(configuration),
          distances(configuration.relativePositions().orElseThrow()),
          feedForward,
          new Seq2SeqSpec.Output(!output.own(), output.scaled(), false),
          configuration.normEpsilon(),
          dropout);
    }
    boolean biased = weights.names().isEmpty() || weights.names().contains(BIAS);
    return new Seq2SeqSpec(
        configuration.type() == ModelType.MBART ? Seq2SeqForm.MBART : Seq2SeqForm.BART,
        sizes(configuration),
        new Seq2SeqSpec.Learned(configuration.sizes().positions() + BART_OFFSET, BART_OFFSET),
        words(configuration),
        feedForward,
        new Seq2SeqSpec.Output(!output.own(), false, biased),
        configuration.normEpsilon(),
        new Seq2SeqSpec.Rates(
            dropout,
            configuration.dropouts().attention(),
            configuration.number("activation_dropout").orElse(0.0),
            0));
  }

  /**
   * Reading of texts by a BART for heads on its features, as its class for classes reads them.
   *
   * @param ofExamples whether a head reads one token of each text, else all tokens
   */
  public static Seq2SeqFeatures.Reading reading(
      ModelConfiguration configuration, boolean ofExamples) {
    return new Seq2SeqFeatures.Reading(
        configuration.type() == ModelType.MBART
            ? OptionalInt.empty()
            : configuration.decoderStart(),
        configuration.padId().orElse(PADDING),
        ofExamples ? summaryToken(configuration) : OptionalInt.empty());
  }

  /** The id at whose last place in a text a BART reads the features of the text. */
  public static OptionalInt summaryToken(ModelConfiguration configuration) {
    return OptionalInt.of(configuration.endIds().stream().findFirst().orElse(BART_END));
  }

  /** The first word of the names of its weights; empty if they have none. */
  public static String base(Family family) {
    return form(family).names().base();
  }

  private static Seq2SeqForm form(Family family) {
    return family == Family.T5 ? Seq2SeqForm.T5 : Seq2SeqForm.BART;
  }

  private static Seq2SeqSpec.Sizes sizes(ModelConfiguration configuration) {
    Sizes sizes = configuration.sizes();
    if (configuration.family() == Family.T5) {
      return new Seq2SeqSpec.Sizes(
          sizes.vocabulary(),
          sizes.hidden(),
          sizes.layers(),
          sizes.decoderLayers(),
          sizes.heads(),
          sizes.headSize(),
          sizes.intermediate());
    }
    DecoderBlocks decoder = configuration.decoderBlocks();
    return new Seq2SeqSpec.Sizes(
        sizes.vocabulary(),
        sizes.hidden(),
        new Seq2SeqSpec.Blocks(
            sizes.layers(), sizes.heads(), sizes.headSize(), sizes.intermediate()),
        new Seq2SeqSpec.Blocks(
            sizes.decoderLayers(),
            decoder.heads(),
            sizes.hidden() / decoder.heads(),
            decoder.intermediate()));
  }

  private static Seq2SeqSpec.Relative distances(RelativePositions positions) {
    return new Seq2SeqSpec.Relative(positions.buckets(), positions.maxDistance());
  }

  private static Seq2SeqSpec.Words words(ModelConfiguration configuration) {
    boolean scaled = configuration.isSet("scale_embedding", false);
    OptionalInt padding = configuration.padId();
    return new Seq2SeqSpec.Words(scaled ? Math.sqrt(configuration.sizes().hidden()) : 1, padding);
  }
}
