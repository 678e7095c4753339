package dev.belay.graph.adapter;

import java.util.List;

/** Thrown when a low-rank adapter cannot be added to a weight as asked. */
public final class AdapterException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;
  private static final int SHOWN = 3;

  /** One paragraph that names the weight, and says what to do. */
  public AdapterException(String message) {
    super(message);
  }

  /** A target that is not read by a product. */
  public static AdapterException unable(String weight, String found) {
    return new AdapterException(
        "--lora-targets matches "
            + weight
            + ": an adapter needs a weight that is read by matrix products alone, and this is "
            + found
            + ". Choose a pattern that does not match it, or train it whole with --trainable.");
  }

  /**
   * No weight to add an adapter to.
   *
   * @param names of the model's variables
   */
  public static AdapterException none(List<String> names) {
    return new AdapterException(
        "--adapter lora finds no weight to add an adapter to: --lora-targets must match a weight"
            + " that is read by matrix products alone, and matches none of the model's "
            + names.size()
            + " variables, such as "
            + String.join(", ", names.subList(0, Math.min(SHOWN, names.size())))
            + "; `belay inspect MODEL` lists them.");
  }

  /** A target that trains as a whole. */
  public static AdapterException trains(String weight) {
    return new AdapterException(
        "--lora-targets and --trainable both match "
            + weight
            + ": a weight either trains whole or is frozen and has an adapter. Let one pattern not"
            + " match it.");
  }
}
