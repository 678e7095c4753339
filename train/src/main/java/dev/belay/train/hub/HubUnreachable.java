package dev.belay.train.hub;

/** The hub does not answer, or has a fault, so the cache may be used as it is. */
final class HubUnreachable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean connected;

  /**
   * A failure.
   *
   * @param connected whether there was an answer at all
   */
  HubUnreachable(String message, boolean connected, Throwable cause) {
    super(message, cause);
    this.connected = connected;
  }

  boolean isConnected() {
    return connected;
  }
}
