package dev.belay.train.config;

import java.nio.file.Path;
import java.util.List;

/**
 * A model or run, and files to evaluate it on or predict for.
 *
 * @param data only the fields for evaluation matter; {@code validationFiles} are the files
 * @param labels names of the classes in the order of the logits; empty: from the run directory, or
 *     from the file
 * @param generation how a language model writes
 * @param nBest whether all candidates of a question are told, not only its answer
 */
public record EvaluateConfig(
    ModelConfig model,
    DataConfig data,
    MachineConfig machine,
    List<String> labels,
    GenerationConfig generation,
    boolean nBest) {

  public EvaluateConfig {
    labels = List.copyOf(labels);
  }

  /** The same for a language model that writes in another way. */
  public EvaluateConfig withGeneration(GenerationConfig other) {
    return new EvaluateConfig(model, data, machine, labels, other, nBest);
  }

  /** The files to read. */
  public List<Path> files() {
    return data.validationFiles();
  }
}
