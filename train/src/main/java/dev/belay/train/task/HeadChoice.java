package dev.belay.train.task;

import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.names.ModelType;
import dev.belay.train.config.EmbeddingConfig;
import dev.belay.train.failure.ModelException;
import java.util.List;
import java.util.Optional;

/**
 * Chooses the task of a model that Belay builds: the requested task, or else the task of the
 * model's files.
 */
public final class HeadChoice {
  /** The ending of a class without a head. */
  private static final String HEADLESS = "Model";

  private final HeadFiles files;
  private final List<Task> known;

  private HeadChoice(HeadFiles files) {
    this.files = files;
    this.known = Task.heads().stream().filter(task -> task.fits(files.family())).toList();
  }

  /**
   * The task.
   *
   * @throws ModelException if the family has no head for the requested task, or the files have none
   *     that Belay knows
   */
  public static Task of(HeadFiles files) {
    HeadChoice choice = new HeadChoice(files);
    Task found = Task.asked(files.config()).map(choice::known).orElseGet(choice::own);
    if (!(found instanceof SentenceEmbedding) && files.config().embedding().isGiven()) {
      throw EmbeddingConfig.misplaced();
    }
    return found.with(files);
  }

  private Task known(Task asked) {
    if (!known.contains(asked)) {
      throw new ModelException(
          "--head "
              + asked.option()
              + ": of "
              + files.configuration().type().key()
              + " Belay trains "
              + Task.options(known, ", "));
    }
    return asked;
  }

  private Task own() {
    Optional<Task> embedding =
        known.stream().filter(SentenceEmbedding.class::isInstance).findFirst();
    if (files.modules().isPresent() && embedding.isPresent()) {
      return embedding.get();
    }
    List<String> architectures = files.configuration().architectures();
    if (architectures.isEmpty()) {
      return byWeights();
    }
    String architecture = architectures.get(0);
    String ending =
        ModelType.ofClass(architecture).flatMap(type -> type.ending(architecture)).orElse("");
    if (ending.equals(HEADLESS)) {
      return byWeights();
    }
    Task said =
        known.stream()
            .filter(task -> task.classes().contains(ending))
            .findFirst()
            .orElseThrow(() -> unknown(architecture));
    return files.hold(said) ? said : byWeights();
  }

  private ModelException unknown(String architecture) {
    return new ModelException(
        files.config().path()
            + ": its config.json says that it is a "
            + architecture
            + ", whose head Belay does not have; of "
            + files.configuration().type().key()
            + " it has "
            + Task.options(known, ", ")
            + ": name one with --head");
  }

  /** Of files that name no class, or one without a head. */
  private Task byWeights() {
    Family family = files.family();
    Optional<Task> shown = known.stream().filter(task -> task.isIn(files)).findFirst();
    return shown.orElseGet(
        () -> known.stream().filter(task -> task.isUsual(family)).findFirst().orElseThrow());
  }
}
