package dev.belay.train.family;

import dev.belay.graph.encoder.EncoderNames;
import dev.belay.graph.encoder.EncoderSpec;
import dev.belay.graph.encoder.RotaryEncoderSpec;
import dev.belay.graph.head.SequenceHead;
import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.RelativeKeys;
import dev.belay.graph.layer.RelativePositions;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.configuration.PositionEmbedding;
import dev.belay.savedmodel.configuration.Sizes;
import dev.belay.savedmodel.names.Family;
import dev.belay.train.failure.ModelException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Converts a configuration of the BERT family to the specifications of {@code graph}. */
public final class EncoderFamily {
  private static final Set<String> WITH_WEIGHTS = Set.of("prelu", "xielu");

  /** The id from which MPNet's code counts positions, whatever its pad_token_id. */
  private static final int MPNET_PADDING = 1;

  /** Constants of MPNet's code. */
  private static final RelativePositions.Buckets MPNET_DISTANCES =
      new RelativePositions.Buckets(32, 128, true);

  private EncoderFamily() {}

  public static EncoderSpec spec(ModelConfiguration configuration, Activation activation) {
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
        positions(configuration),
        isCausal(configuration),
        activation,
        configuration.normEpsilon(),
        new EncoderSpec.Rates(hidden, attention, afterAttention ? hidden : 0, hidden));
  }

  private static EncoderSpec.Positions positions(ModelConfiguration configuration) {
    Family family = configuration.family();
    boolean distilbert = family == Family.DISTILBERT;
    if (family == Family.MPNET) {
      return new EncoderSpec.Positions(
          OptionalInt.of(MPNET_PADDING), Optional.empty(), Optional.of(MPNET_DISTANCES), false);
    }
    PositionEmbedding said = configuration.positionEmbedding();
    if (said == PositionEmbedding.ABSOLUTE || distilbert) {
      return new EncoderSpec.Positions(
          family == Family.ROBERTA ? configuration.padId() : OptionalInt.empty(),
          Optional.empty(),
          Optional.empty(),
          distilbert && configuration.isSet("sinusoidal_pos_embds", false));
    }
    RelativeKeys.Form form =
        new RelativeKeys.Form(
            said == PositionEmbedding.RELATIVE_KEY_QUERY, family != Family.ALBERT);
    return new EncoderSpec.Positions(
        OptionalInt.empty(), Optional.of(form), Optional.empty(), false);
  }

  /** DistilBERT, ALBERT and MPNet look both ways whatever their configuration says. */
  private static boolean isCausal(ModelConfiguration configuration) {
    return switch (configuration.family()) {
      case BERT, ROBERTA, ELECTRA -> configuration.isSet("is_decoder", false);
      default -> false;
    };
  }

  /**
   * The activation that a configuration means: {@code gelu} is the one by tanh in the files of
   * google-research/bert, by the error function everywhere else.
   *
   * @throws ModelException if Belay has no activation of that name
   */
  public static Activation activation(ModelConfiguration configuration, boolean googleResearch) {
    String name = configuration.feedForward().activation();
    if (googleResearch && name.toLowerCase(Locale.ROOT).equals("gelu")) {
      return Activation.GELU_TANH;
    }
    return activation(name);
  }

  /** The activation of that name. */
  static Activation activation(String name) {
    return Activation.named(name)
        .orElseThrow(
            () ->
                new ModelException(
                    "config.json: the activation '"
                        + name
                        + "' is not one that Belay has"
                        + (WITH_WEIGHTS.contains(name) ? ", since it has weights of its own" : "")
                        + ": "
                        + Activation.allNames()));
  }

  /** Prefix of the names of all weights. */
  public static String base(Family family) {
    return family == Family.MODERNBERT ? RotaryEncoderSpec.BASE : names(family).base();
  }

  /** Name of the table of words. */
  public static String words(Family family) {
    return family == Family.MODERNBERT
        ? RotaryEncoderSpec.BASE + "." + RotaryEncoderSpec.WORDS
        : names(family).base() + ".embeddings.word_embeddings.weight";
  }

  private static EncoderNames names(Family family) {
    return switch (family) {
      case BERT -> EncoderNames.BERT;
      case ROBERTA -> EncoderNames.ROBERTA;
      case ELECTRA -> EncoderNames.ELECTRA;
      case DISTILBERT -> EncoderNames.DISTILBERT;
      case ALBERT -> EncoderNames.ALBERT;
      case MPNET -> EncoderNames.MPNET;
      case DEBERTA, DEBERTA_V2 -> EncoderNames.DEBERTA_V2;
      default -> throw noEncoder(family);
    };
  }

  /** The layers of its head for a whole example, of which the last makes the logits. */
  public static List<String> sequenceHeadLayers(Family family) {
    return family == Family.MODERNBERT
        ? ModernBertFamily.HEAD_LAYERS
        : List.of(sequenceHead(family).dense(), sequenceHead(family).projection());
  }

  /** Head of the family for a whole example. */
  public static SequenceHead.Form sequenceHead(Family family) {
    return switch (family) {
      case BERT -> SequenceHead.Form.BERT;
      case ROBERTA, MPNET -> SequenceHead.Form.ROBERTA;
      case ELECTRA -> SequenceHead.Form.ELECTRA;
      case DISTILBERT -> SequenceHead.Form.DISTILBERT;
      case ALBERT -> SequenceHead.Form.ALBERT;
      case DEBERTA, DEBERTA_V2 -> SequenceHead.Form.deberta(Activation.GELU);
      default -> throw noEncoder(family);
    };
  }

  private static IllegalStateException noEncoder(Family family) {
    return new IllegalStateException(family.modelType() + " is no encoder of the BERT family");
  }
}
