package dev.belay.savedmodel.peft;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Content of adapter_config.json for LoRA's adapters.
 *
 * @param rank {@code r}
 * @param alpha {@code lora_alpha}
 * @param dropout {@code lora_dropout}
 * @param bias biases that train beside them: none, all or lora_only
 * @param stabilized {@code use_rslora}: whether alpha is divided by the root of the rank
 * @param ranks {@code rank_pattern}: the rank of modules whose name ends in a pattern
 * @param alphas {@code alpha_pattern}: the same of alpha
 */
public record PeftConfiguration(
    int rank,
    double alpha,
    double dropout,
    String bias,
    boolean stabilized,
    Map<String, Integer> ranks,
    Map<String, Double> alphas) {

  public PeftConfiguration {
    // In the order of the file: the first pattern that matches counts, as in PEFT.
    ranks = Collections.unmodifiableMap(new LinkedHashMap<>(ranks));
    alphas = Collections.unmodifiableMap(new LinkedHashMap<>(alphas));
  }

  /** The rank of a module. */
  public int rank(String module) {
    return of(ranks, module, rank);
  }

  /** The factor of a module's adapter. */
  public double scale(String module) {
    int size = rank(module);
    return of(alphas, module, alpha) / (stabilized ? Math.sqrt(size) : size);
  }

  /** PEFT takes a pattern for the whole name or for its end after a dot. */
  private static <T> T of(Map<String, T> patterns, String module, T otherwise) {
    return patterns.entrySet().stream()
        .filter(entry -> Pattern.matches("(.*\\.)?(" + entry.getKey() + ")", module))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(otherwise);
  }
}
