package dev.belay.graph.adapter;

/** Thrown when a low-rank adapter cannot be added to a weight as asked. */
public final class AdapterException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

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

  /** A target that trains as a whole. */
  public static AdapterException trains(String weight) {
    return new AdapterException(
        "--lora-targets and --trainable both match "
            + weight
            + ": a weight either trains whole or is frozen and has an adapter. Let one pattern not"
            + " match it.");
  }
}
