package dev.belay.graph.adapter;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Choice of the weights that get an adapter.
 *
 * @param named selects them by name, and each must be able to have one; empty: the weights of
 *     queries and values that have a usual name, else all that can have one
 */
public record AdapterTargets(Optional<Predicate<String>> named) {
  /**
   * Weights of queries and values, alone or in one matrix, as PEFT adapts them by default; not
   * those of positions.
   */
  private static final Pattern USUAL =
      Pattern.compile(
          "(^|[./_])(?<!pos_)(query|value|q_lin|v_lin|q_proj|v_proj|query_proj|value_proj|c_attn|Wqkv"
              + "|in_proj|query_key_value|q|v)[./](kernel|weight|weights)(#\\d+)?$");

  /** The usual weights. */
  public static final AdapterTargets USUAL_WEIGHTS = new AdapterTargets(Optional.empty());

  /** Every weight that can have one, each of which must. */
  public static AdapterTargets all() {
    return new AdapterTargets(Optional.of(name -> true));
  }

  /** Whether a weight was selected by its name, so that it is an error if it cannot be adapted. */
  public boolean requires(String weight) {
    return named.map(names -> names.test(weight)).orElse(false);
  }

  /** Whether a weight of Belay's own graph, whose names are usual, gets an adapter. */
  public boolean takes(String weight) {
    return named.map(names -> names.test(weight)).orElseGet(() -> USUAL.matcher(weight).find());
  }

  /** Those that get an adapter among all weights that can have one. */
  public List<String> among(List<String> able) {
    List<String> chosen = able.stream().filter(this::takes).toList();
    return chosen.isEmpty() && named.isEmpty() ? able : chosen;
  }
}
