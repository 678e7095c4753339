package dev.belay.graph.imported.rewrite;

/**
 * Thrown for a valid graph that cannot be trained as requested; the message names the obstacle and
 * what to do.
 */
public final class UnsupportedGraphException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public UnsupportedGraphException(String message) {
    super(message);
  }
}
