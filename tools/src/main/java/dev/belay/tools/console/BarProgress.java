package dev.belay.tools.console;

import java.io.PrintStream;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A bar on the last line of a terminal. */
final class BarProgress implements Progress {
  private static final String CLEAR_LINE = "\r\u001b[K";
  private static final int REFRESH_MILLIS = 250;

  private final PrintStream err;
  private final ProgressBar bar;

  BarProgress(PrintStream err, int columns, long totalSteps) {
    this.err = err;
    this.bar =
        new ProgressBarBuilder()
            .setInitialMax(totalSteps)
            .setTaskName("")
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(REFRESH_MILLIS)
            .hideEta()
            .setConsumer(
                new DelegatingProgressBarConsumer(
                    text -> err.print(CLEAR_LINE + text), columns - 1))
            .build();
  }

  @Override
  public void step(long step, String status) {
    bar.setExtraMessage(" " + status);
    bar.stepTo(step);
  }

  @Override
  public void say(String line) {
    err.print(CLEAR_LINE + line + System.lineSeparator());
    bar.refresh();
  }

  @Override
  public void close() {
    bar.close();
    err.println();
  }
}
