package dev.belay.tools.console;

/** Shows how far a run is. */
interface Progress extends AutoCloseable {

  /**
   * A step was made.
   *
   * @param status its figures
   */
  void step(long step, String status);

  /** Shows the progress of an evaluation, until the next line or step. */
  void evaluation(int done, int examples);

  /** Shows a line that stays. */
  void say(String line);

  @Override
  void close();
}
