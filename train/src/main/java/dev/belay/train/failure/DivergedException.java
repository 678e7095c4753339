package dev.belay.train.failure;

/** Training produced a loss or a gradient norm that is not finite. */
public final class DivergedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DivergedException(String message) {
    super(message);
  }
}
