package dev.belay.train.task;

import dev.belay.train.config.ModelConfig;
import dev.belay.train.failure.ModelException;
import java.util.Optional;
import java.util.OptionalInt;
import org.tensorflow.ndarray.Shape;

/**
 * The output of a SavedModel with its own head; its shape shows the task.
 *
 * @param name for errors
 * @param shape as far as the graph declares it
 */
public record ServedOutput(String name, Shape shape) {

  /**
   * Whether a SavedModel's own head predicts any number of classes for an example.
   *
   * @param said {@code problem_type} in a file beside it
   */
  public static boolean isMultiLabel(ModelConfig config, Optional<String> said) {
    return ProblemTypes.isMultiLabel(config, said);
  }

  /**
   * The task.
   *
   * @param causal whether logits for each token are those of the token after it
   * @throws ModelException if no loss of Belay fits the shape
   */
  public Task task(boolean causal) {
    int rank = shape.numDimensions();
    if (rank == Shape.UNKNOWN_SIZE || rank < 1 || rank > 3) {
      throw refused("logits [batch, classes], [batch, tokens, classes] or one value per example");
    }
    OptionalInt outputs = rank == 1 ? OptionalInt.empty() : last();
    if (rank == 3) {
      return causal ? new CausalLm(outputs) : new TokenClassification(outputs);
    }
    return rank == 1 || outputs.equals(OptionalInt.of(1))
        ? new Regression(outputs)
        : new SequenceClassification(outputs);
  }

  /**
   * The task of a head whose classes do not exclude each other.
   *
   * @throws ModelException if it is not a row of logits for each example
   */
  public Task multiLabel() {
    if (shape.numDimensions() != 2) {
      throw refused("logits [batch, labels] for multi_label_classification");
    }
    return new MultiLabelClassification(last());
  }

  private OptionalInt last() {
    long last = shape.get(shape.numDimensions() - 1);
    return last == Shape.UNKNOWN_SIZE ? OptionalInt.empty() : OptionalInt.of(Math.toIntExact(last));
  }

  private ModelException refused(String expected) {
    return new ModelException(
        "output '"
            + name
            + "' has "
            + (shape.isUnknown() ? "an unknown shape" : "the shape " + shape)
            + "; expected "
            + expected
            + ". Name another output with --output, or train a new head with --head");
  }
}
