package dev.belay.graph.imported;

import dev.belay.graph.adapter.AdapterPlan;
import dev.belay.graph.variable.VariableSpec;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Options for importing a graph.
 *
 * @param dropout treatment of random numbers
 * @param seed of the run, for dropout
 * @param trains selects, among the variables that the model marks trainable, those that train; the
 *     others are frozen and get no gradient nodes
 * @param acceptsNaturalGradient selects, by the name of their lost custom gradient, the nodes that
 *     may be differentiated as if the author had written none
 * @param adapters low-rank adapters to add, if any
 */
public record ImportOptions(
    Dropout dropout,
    long seed,
    Predicate<VariableSpec> trains,
    Predicate<String> acceptsNaturalGradient,
    Optional<AdapterPlan> adapters) {

  /** Options without adapters. */
  public ImportOptions(
      Dropout dropout,
      long seed,
      Predicate<VariableSpec> trains,
      Predicate<String> acceptsNaturalGradient) {
    this(dropout, seed, trains, acceptsNaturalGradient, Optional.empty());
  }

  /**
   * Options under which all variables that the model marks trainable train, and no lost gradient is
   * replaced.
   */
  public static ImportOptions of(Dropout dropout, long seed) {
    return new ImportOptions(dropout, seed, spec -> true, gradient -> false);
  }
}
