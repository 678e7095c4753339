package dev.belay.graph.adapter;

import java.util.Collection;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Low-rank adapters to add to a model, arXiv 2106.09685: {@code x W + s (x A) B}.
 *
 * @param targets weights that get one
 * @param ranks rank and scale for the name of a weight
 * @param dropout of their input while training, from 0 to below 1
 * @param seed of the first values of A
 * @param biases biases that train beside them
 */
public record AdapterPlan(
    AdapterTargets targets,
    Function<String, Rank> ranks,
    double dropout,
    long seed,
    Biases biases) {

  /**
   * Size of an adapter.
   *
   * @param size r, the width of the narrow matrices
   * @param scale s, the factor of their product
   */
  public record Rank(int size, double scale) {}

  /**
   * Biases of the model that train beside the adapters.
   *
   * @param choice which of them
   * @param mayTrain whether a variable may train, by its name
   */
  public record Biases(Choice choice, Predicate<String> mayTrain) {
    /** No bias trains. */
    public static final Biases NONE = new Biases(Choice.NONE, name -> false);

    /** Words of the option. */
    public enum Choice {
      NONE,
      /** Every bias of the model. */
      ALL,
      /** The biases of the layers whose weight has an adapter. */
      LORA_ONLY
    }

    /**
     * Whether a variable is a bias that trains.
     *
     * @param adapted names of the weights that have an adapter
     */
    public boolean train(String variable, Collection<String> adapted) {
      String last = lastPart(variable).toLowerCase(Locale.ROOT);
      boolean isBias = last.equals("bias") || last.equals("beta") || last.endsWith("_bias");
      if (!isBias || !mayTrain.test(variable)) {
        return false;
      }
      return switch (choice) {
        case NONE -> false;
        case ALL -> true;
        case LORA_ONLY ->
            adapted.stream().anyMatch(weight -> layer(weight).equals(layer(variable)));
      };
    }

    private static String lastPart(String variable) {
      return variable.substring(layer(variable).length()).replaceAll("^[./]|#\\d+$", "");
    }

    /** The name up to its last separator. */
    private static String layer(String variable) {
      return variable.substring(
          0, Math.max(0, Math.max(variable.lastIndexOf('/'), variable.lastIndexOf('.'))));
    }
  }

  public AdapterPlan {
    Objects.requireNonNull(targets);
    Objects.requireNonNull(ranks);
  }
}
