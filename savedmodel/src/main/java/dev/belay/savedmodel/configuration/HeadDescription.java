package dev.belay.savedmodel.configuration;

import java.util.List;

/**
 * The head that a config.json beside a SavedModel describes, whatever its family.
 *
 * @param architectures Hugging Face's class names, such as GPT2LMHeadModel
 * @param labels class names by index; empty where the file gives none
 */
public record HeadDescription(List<String> architectures, List<String> labels) {
  /** A configuration without a head. */
  public static final HeadDescription NONE = new HeadDescription(List.of(), List.of());

  /** Families whose language models do not shift their labels by one. */
  private static final List<String> UNSHIFTED =
      List.of("XLMWith", "Flaubert", "XLNet", "TransfoXL");

  public HeadDescription {
    architectures = List.copyOf(architectures);
    labels = List.copyOf(labels);
  }

  /** Returns whether it is a causal language model, whose class shifts labels by one. */
  public boolean isCausal() {
    return architectures.stream()
        .anyMatch(
            name ->
                (name.endsWith("LMHeadModel") || name.endsWith("ForCausalLM"))
                    && UNSHIFTED.stream().noneMatch(name::startsWith));
  }
}
