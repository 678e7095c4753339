package dev.belay.train.failure;

/** The machine cannot do it: native library, device, memory, disk. */
public final class MachineException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MachineException(String message, Throwable cause) {
    super(message, cause);
  }
}
