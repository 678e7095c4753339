package dev.belay.tools.console;

/** Shows how far a run is. */
interface Progress extends AutoCloseable {

  /**
   * A step was made.
   *
   * @param status its figures
   */
  void step(long step, String status);

  /** So many examples of an evaluation are done; it ends with the next line or step. */
  void evaluation(int done, int examples);

  /** Shows a line that stays. */
  void say(String line);

  @Override
  void close();
}
