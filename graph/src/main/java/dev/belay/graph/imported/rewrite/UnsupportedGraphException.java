package dev.belay.graph.imported.rewrite;

/** A sound graph that cannot be trained as asked; the message says what is in it and what to do. */
public final class UnsupportedGraphException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public UnsupportedGraphException(String message) {
    super(message);
  }
}
