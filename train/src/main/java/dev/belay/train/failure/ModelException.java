package dev.belay.train.failure;

/**
 * A valid model that cannot be used with these options: a name that does not exist, shapes that do
 * not fit.
 */
public final class ModelException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ModelException(String message) {
    super(message);
  }
}
