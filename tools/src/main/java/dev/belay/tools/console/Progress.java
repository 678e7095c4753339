package dev.belay.tools.console;

/** Shows how far a run is. */
interface Progress extends AutoCloseable {

  /**
   * A step was made.
   *
   * @param status its figures
   */
  void step(long step, String status);

  /** Shows a line that stays. */
  void say(String line);

  @Override
  void close();
}
