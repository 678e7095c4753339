package dev.belay.graph.gradient;

/**
 * Thrown if the loss cannot be differentiated by a variable that should train; the message lists
 * all.
 */
public final class UntrainableModelException extends IllegalArgumentException {
  public UntrainableModelException(String message) {
    super(message);
  }

  UntrainableModelException(String message, Throwable cause) {
    super(message, cause);
  }
}
