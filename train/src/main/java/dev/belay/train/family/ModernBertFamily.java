package dev.belay.train.family;

import dev.belay.graph.encoder.RotaryEncoderSpec;
import dev.belay.graph.head.HeadTransform;
import dev.belay.graph.head.HeadWeights;
import dev.belay.graph.head.MaskedLanguageHead;
import dev.belay.graph.head.TransformedHead;
import dev.belay.graph.layer.Activation;
import dev.belay.savedmodel.configuration.AlternatingAttention;
import dev.belay.savedmodel.configuration.Dropouts;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.configuration.Sizes;
import dev.belay.savedmodel.names.Family;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Output;

/** Converts a configuration of ModernBERT to the specifications of {@code graph}. */
public final class ModernBertFamily {
  /** The layer that makes logits of examples and of tokens, and of the ends of answers. */
  public static final String PROJECTION = "classifier";

  /** The layers of a head for examples, tokens or answers. */
  public static final List<String> HEAD_LAYERS =
      List.of(
          MaskedLanguageHead.Form.MODERNBERT.dense(),
          MaskedLanguageHead.Form.MODERNBERT.norm(),
          PROJECTION);

  private ModernBertFamily() {}

  /** The architecture. */
  public static RotaryEncoderSpec spec(ModelConfiguration configuration, Activation activation) {
    Sizes sizes = configuration.sizes();
    AlternatingAttention attention = configuration.alternatingAttention();
    Dropouts dropouts = configuration.dropouts();
    return new RotaryEncoderSpec(
        new RotaryEncoderSpec.Sizes(
            sizes.vocabulary(),
            sizes.hidden(),
            sizes.layers(),
            sizes.heads(),
            sizes.intermediate()),
        new RotaryEncoderSpec.Attention(
            RotaryForms.of(attention.globalPositions()),
            RotaryForms.of(attention.localPositions()),
            attention.reach(),
            attention.local()),
        new RotaryEncoderSpec.Biases(
            hasNormBias(configuration),
            configuration.isSet("attention_bias", false),
            configuration.isSet("mlp_bias", false)),
        configuration.padId(),
        activation,
        configuration.normEpsilon(),
        new RotaryEncoderSpec.Rates(dropouts.embedding(), dropouts.attention(), dropouts.hidden()));
  }

  private static boolean hasNormBias(ModelConfiguration configuration) {
    return configuration.isSet("norm_bias", false);
  }

  /** Whether a head for whole examples reads the mean of their tokens, not the first. */
  public static boolean readsMean(ModelConfiguration configuration) {
    return configuration.family() == Family.MODERNBERT
        && "mean".equals(configuration.others().get("classifier_pooling"));
  }

  /** Whether logits of words have a bias. */
  static boolean hasDecoderBias(ModelConfiguration configuration) {
    return configuration.isSet("decoder_bias", true);
  }

  /** The layers before the one that makes logits. */
  static HeadTransform transform(ModelConfiguration configuration) {
    return new HeadTransform(
        MaskedLanguageHead.Form.MODERNBERT.dense(),
        MaskedLanguageHead.Form.MODERNBERT.norm(),
        new HeadTransform.Biases(
            configuration.isSet("classifier_bias", false), hasNormBias(configuration)),
        EncoderFamily.activation(
            configuration.others().get("classifier_activation") instanceof String name
                ? name
                : "gelu"),
        configuration.normEpsilon());
  }

  /**
   * A head for examples, tokens or answers.
   *
   * @param mean the attention mask, if it reads the mean of an example's tokens
   * @param outputs C
   * @param dropout rate before the last layer
   */
  public static TransformedHead head(
      ModelConfiguration configuration,
      Optional<Output<?>> mean,
      int outputs,
      double dropout,
      HeadWeights weights) {
    return new TransformedHead(
        transform(configuration), mean, PROJECTION, outputs, dropout, weights);
  }
}
