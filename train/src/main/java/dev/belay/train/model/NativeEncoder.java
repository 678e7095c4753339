package dev.belay.train.model;

import dev.belay.graph.encoder.EncoderNames;
import dev.belay.graph.encoder.EncoderSpec;
import dev.belay.graph.head.SequenceHead;
import dev.belay.graph.layer.Activation;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.configuration.Sizes;
import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.weights.WeightFormat;
import dev.belay.train.failure.ModelException;
import java.util.Locale;
import java.util.OptionalInt;

/** A configuration of the BERT family in the words of the graph room. */
final class NativeEncoder {
  private NativeEncoder() {}

  static EncoderSpec spec(ModelConfiguration configuration, Activation activation) {
    Family family = configuration.family();
    Sizes sizes = configuration.sizes();
    double hidden = configuration.dropouts().hidden();
    double attention = configuration.dropouts().attention();
    boolean afterAttention = family != Family.DISTILBERT; // which drops the weights alone
    return new EncoderSpec(
        names(family),
        new EncoderSpec.Sizes(
            sizes.vocabulary(),
            sizes.embedding(),
            sizes.hidden(),
            sizes.layers(),
            sizes.heads(),
            sizes.intermediate(),
            sizes.positions(),
            sizes.types()),
        new EncoderSpec.Sharing(sizes.groups(), sizes.groupLayers()),
        family == Family.ALBERT || sizes.embedding() != sizes.hidden(),
        family == Family.ROBERTA ? configuration.padId() : OptionalInt.empty(),
        activation,
        configuration.normEpsilon(),
        new EncoderSpec.Rates(hidden, attention, afterAttention ? hidden : 0, hidden));
  }

  /**
   * The activation that a configuration means: {@code gelu} is the one by tanh in the files of
   * google-research/bert, by the error function everywhere else.
   */
  static Activation activation(ModelConfiguration configuration, boolean googleResearch) {
    String name = configuration.activation().toLowerCase(Locale.ROOT);
    return googleResearch && name.equals("gelu") ? Activation.GELU_TANH : Activation.named(name);
  }

  private static EncoderNames names(Family family) {
    return switch (family) {
      case BERT -> EncoderNames.BERT;
      case ROBERTA -> EncoderNames.ROBERTA;
      case ELECTRA -> EncoderNames.ELECTRA;
      case DISTILBERT -> EncoderNames.DISTILBERT;
      case ALBERT -> EncoderNames.ALBERT;
      case GPT2, T5 -> throw unbuilt(family);
    };
  }

  /** How the family answers for a whole example. */
  static SequenceHead.Form sequenceHead(Family family) {
    return switch (family) {
      case BERT -> SequenceHead.Form.BERT;
      case ROBERTA -> SequenceHead.Form.ROBERTA;
      case ELECTRA -> SequenceHead.Form.ELECTRA;
      case DISTILBERT -> SequenceHead.Form.DISTILBERT;
      case ALBERT -> SequenceHead.Form.ALBERT;
      case GPT2, T5 -> throw unbuilt(family);
    };
  }

  private static ModelException unbuilt(Family family) {
    return new ModelException(
        "Belay reads and converts weights of "
            + family.modelType()
            + ", but does not build its graph yet; train it from a SavedModel ("
            + WeightFormat.SAVEDMODEL.description()
            + " that Python saved)");
  }
}
