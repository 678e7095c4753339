package dev.belay.train.task;

import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.weights.SentenceModules;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.failure.ModelException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Options, configuration and weights that determine the head of a model whose graph Belay builds.
 *
 * @param config the model options
 * @param configuration of the model
 * @param weights by canonical name
 * @param modules of sentence-transformers, if the weights are those of such a model
 */
public record HeadFiles(
    ModelConfig config,
    ModelConfiguration configuration,
    NamedTensors weights,
    Optional<SentenceModules> modules) {

  public Family family() {
    return configuration.family();
  }

  /** Whether the model's own head is trained. */
  boolean isOwn() {
    return config.newHead().isEmpty();
  }

  /** Whether the weights hold the layer that makes a task's logits. */
  boolean hold(Task task) {
    return task.projection(family()).map(layer -> stored(layer).isPresent()).orElse(true);
  }

  /** Number of outputs of a layer, if the weights have it. */
  public OptionalInt stored(String layer) {
    String kernel = layer + ".weight";
    return weights.names().contains(kernel)
        ? OptionalInt.of(Math.toIntExact(weights.spec(kernel).shape().get(0)))
        : OptionalInt.empty();
  }

  /** Outputs of a head for classes, if they are known: as requested, else as in the weights. */
  OptionalInt classes(String projection) {
    return config.labels().isPresent()
        ? OptionalInt.of(config.labels().get())
        : isOwn() ? stored(projection) : OptionalInt.empty();
  }

  /** Names of so many outputs, if the weights hold those outputs and the configuration names. */
  Optional<LabelMap> names(String projection, OptionalInt outputs) {
    List<String> labels = configuration.labels();
    boolean named =
        outputs.equals(stored(projection))
            && labels.size() == outputs.orElse(-1)
            && labels.stream().noneMatch(LabelMap::isUnnamedOutput);
    return named ? Optional.of(LabelMap.configured(labels)) : Optional.empty();
  }

  /** Refuses files that lack the layer that makes the logits of their own head. */
  void requireStored(String projection) {
    if (isOwn() && stored(projection).isEmpty()) {
      throw incomplete(List.of(projection));
    }
  }

  /** A refusal of files that have no head, or only a part of one. */
  public ModelException incomplete(List<String> missing) {
    List<Task> known = Task.heads().stream().filter(task -> task.fits(family())).toList();
    return new ModelException(
        config.path()
            + ": expected a head for classes of examples or tokens, or for answers, found no "
            + String.join(", ", missing)
            + " among the "
            + weights.names().size()
            + " weights: add a new one with --head "
            + Task.options(known.subList(0, known.size() - 1), ", ")
            + " or "
            + known.get(known.size() - 1).option());
  }
}
