package dev.belay.tools.console;

import static dev.belay.tools.console.Figures.count;

import java.io.PrintStream;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** A line every few seconds, for logs: the first step, the last, and some between. */
final class LineProgress implements Progress {
  static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final PrintStream err;
  private final LongSupplier nanoTime;
  private final long totalSteps;
  private boolean started;
  private long lastLine;

  LineProgress(PrintStream err, LongSupplier nanoTime, long totalSteps) {
    this.err = err;
    this.nanoTime = nanoTime;
    this.totalSteps = totalSteps;
    this.lastLine = nanoTime.getAsLong();
  }

  @Override
  public void step(long step, String status) {
    long now = nanoTime.getAsLong();
    if (!started || step == totalSteps || now - lastLine >= INTERVAL_NANOS) {
      started = true;
      lastLine = now;
      say("step " + step + "/" + totalSteps + "  " + status);
    }
  }

  @Override
  public void evaluation(int done, int examples) {
    long now = nanoTime.getAsLong();
    if (now - lastLine >= INTERVAL_NANOS) {
      lastLine = now;
      say("evaluation: " + count(done) + " of " + count(examples) + " examples");
    }
  }

  @Override
  public void say(String line) {
    err.println(line);
  }

  @Override
  public void close() {}
}
