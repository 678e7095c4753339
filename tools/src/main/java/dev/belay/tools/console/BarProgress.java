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
  private final long totalSteps;
  private boolean evaluating;
  private long lastStep;
  private String lastStatus = "";

  BarProgress(PrintStream err, int columns, long totalSteps) {
    this.err = err;
    this.totalSteps = totalSteps;
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
    lastStep = step;
    lastStatus = status;
    showSteps();
  }

  @Override
  public void evaluation(int done, int examples) {
    bar.setExtraMessage(" examples evaluated");
    bar.maxHint(examples);
    bar.stepTo(done);
    if (!evaluating) {
      evaluating = true;
      bar.refresh();
    }
  }

  /** The same bar shows both: two bars would write over each other. */
  private void showSteps() {
    evaluating = false;
    bar.setExtraMessage(" " + lastStatus);
    bar.stepTo(lastStep);
    bar.maxHint(totalSteps);
  }

  @Override
  public void say(String line) {
    if (evaluating) {
      showSteps();
    }
    err.print(CLEAR_LINE + line + System.lineSeparator());
    bar.refresh();
  }

  @Override
  public void close() {
    bar.close();
    err.println();
  }
}
