package dev.belay.train.family;

import dev.belay.graph.decoder.DecoderForm;
import dev.belay.graph.decoder.DecoderNames;
import dev.belay.graph.decoder.DecoderSpec;
import dev.belay.graph.layer.Activation;
import dev.belay.savedmodel.configuration.Dropouts;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.configuration.Sizes;
import dev.belay.savedmodel.configuration.SlidingWindow;
import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.names.ModelType;
import dev.belay.savedmodel.tensor.NamedTensors;
import java.util.Optional;

/** Converts a configuration of a decoder to the specifications of {@code graph}. */
public final class DecoderFamily {
  private DecoderFamily() {}

  /** The architecture, which ends in the given output. */
  public static DecoderSpec spec(
      ModelConfiguration configuration, Activation activation, DecoderSpec.Output output) {
    Sizes sizes = configuration.sizes();
    boolean rotary = configuration.family() != Family.GPT2;
    Dropouts dropouts = configuration.dropouts();
    return new DecoderSpec(
        form(configuration),
        new DecoderSpec.Sizes(
            sizes.vocabulary(),
            sizes.hidden(),
            sizes.layers(),
            sizes.heads(),
            sizes.intermediate(),
            rotary ? 0 : sizes.positions()),
        attention(configuration, rotary),
        output,
        activation,
        configuration.normEpsilon(),
        new DecoderSpec.Rates(dropouts.embedding(), dropouts.attention(), dropouts.hidden()));
  }

  /** Logits of words, by the table that the files have for them. */
  public static DecoderSpec.Output words(ModelConfiguration configuration, NamedTensors weights) {
    return DecoderSpec.Output.of(
        OutputTable.of(configuration, weights).own()
            ? DecoderSpec.Words.OWN
            : DecoderSpec.Words.TIED);
  }

  /** Names of the weights. */
  public static DecoderNames names(Family family) {
    return switch (family) {
      case GPT2 -> DecoderNames.GPT2;
      case LLAMA -> DecoderNames.LLAMA;
      case GPT_NEOX -> DecoderNames.GPT_NEOX;
      default -> throw new IllegalStateException(family.modelType() + " is no decoder");
    };
  }

  private static DecoderForm form(ModelConfiguration configuration) {
    return switch (configuration.family()) {
      case GPT2 -> DecoderForm.GPT2;
      case LLAMA -> DecoderForm.llama(biases(configuration), configuration.padId());
      case GPT_NEOX ->
          DecoderForm.gptNeox(
              configuration.isSet("attention_bias", true),
              configuration.isSet("use_parallel_residual", true));
      default -> throw new IllegalStateException(configuration.type().key() + " is no decoder");
    };
  }

  private static DecoderForm.Biases biases(ModelConfiguration configuration) {
    if (configuration.type() == ModelType.QWEN2) {
      return new DecoderForm.Biases(true, false, false);
    }
    boolean llama = configuration.type() == ModelType.LLAMA;
    boolean attention = llama && configuration.isSet("attention_bias", false);
    boolean feedForward = llama && configuration.isSet("mlp_bias", false);
    return new DecoderForm.Biases(attention, attention, feedForward);
  }

  private static DecoderSpec.Attention attention(ModelConfiguration configuration, boolean rotary) {
    Sizes sizes = configuration.sizes();
    SlidingWindow window = configuration.slidingWindow();
    return new DecoderSpec.Attention(
        sizes.keyHeads(),
        sizes.headSize(),
        new DecoderSpec.Scaling(
            rotary || configuration.isSet("scale_attn_weights", true),
            !rotary && configuration.isSet("scale_attn_by_inverse_layer_idx", false)),
        rotary ? Optional.of(RotaryForms.of(configuration.rotaryPositions())) : Optional.empty(),
        window.layers().isEmpty()
            ? Optional.empty()
            : Optional.of(new DecoderSpec.Window(window.tokens(), window.layers())));
  }
}
