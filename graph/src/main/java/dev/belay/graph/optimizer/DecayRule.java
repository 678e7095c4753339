package dev.belay.graph.optimizer;

import java.util.List;

/**
 * Weight decay of all variables but those whose name contains one of some words.
 *
 * @param rate of decay per unit of learning rate; 0 or more
 * @param exempt words that exempt a variable, compared as they are written
 */
public record DecayRule(double rate, List<String> exempt) {
  /**
   * Biases and normalisation weights under the names of google-research/bert, Hugging Face and
   * Keras: dense/bias, LayerNorm/gamma, layer_norm/weight, ln_1/beta, input_layernorm.weight,
   * attn_norm.weight, model.norm.weight.
   */
  public static final List<String> BIASES_AND_NORMALISATION =
      List.of(
          "LayerNorm",
          "layer_norm",
          "layernorm",
          "_norm.",
          ".norm.",
          "ln_",
          "bias",
          "beta",
          "gamma");

  public DecayRule {
    if (!(rate >= 0) || Double.isInfinite(rate)) {
      throw new IllegalArgumentException(
          "The weight decay must be a finite number of 0 or more, such as 0.01; found "
              + rate
              + ".");
    }
    exempt = List.copyOf(exempt);
  }

  /** Decay of weights, none of biases and normalisation weights. */
  public static DecayRule ofWeights(double rate) {
    return new DecayRule(rate, BIASES_AND_NORMALISATION);
  }

  /** Returns whether the variable of that name decays. */
  public boolean decays(String name) {
    return rate > 0 && exempt.stream().noneMatch(name::contains);
  }
}
