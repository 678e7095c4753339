package dev.belay.tools.console;

import dev.belay.tools.failure.ExitCode;
import java.io.IOException;

/**
 * Ends a worker process when the process that started it has ended, however that ended: its end of
 * the pipe that is the worker's input is closed then.
 */
public final class ParentWatch {
  private ParentWatch() {}

  /** Watches from now on, in a thread of its own. */
  public static void start() {
    Thread watch = new Thread(ParentWatch::await, "belay-parent");
    watch.setDaemon(true);
    watch.start();
  }

  private static void await() {
    try {
      while (System.in.read() >= 0) {
        // Nothing is said to a worker.
      }
    } catch (IOException e) {
      // As if it had ended.
    }
    Runtime.getRuntime().halt(ExitCode.WORKER_LOST.code());
  }
}
