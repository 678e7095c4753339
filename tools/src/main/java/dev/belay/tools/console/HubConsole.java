package dev.belay.tools.console;

import dev.belay.train.failure.DiskFailure;
import dev.belay.train.hub.HubProgress;
import java.util.function.LongSupplier;

/** Shows downloads: in a terminal on one line, in a log by a line every few seconds. */
public final class HubConsole implements HubProgress {
  private static final String CLEAR_LINE = "\r\u001b[K";

  /** Smaller files are there at once. */
  private static final long SMALL = 1_000_000;

  private static final long REFRESH_NANOS = 250_000_000;

  private final Terminal terminal;
  private final LongSupplier nanoTime;
  private long lastLine;

  /** On a terminal, with the clock that times its lines. */
  public HubConsole(Terminal terminal, LongSupplier nanoTime) {
    this.terminal = terminal;
    this.nanoTime = nanoTime;
    this.lastLine = nanoTime.getAsLong();
  }

  @Override
  public void downloading(String file, long done, long size) {
    long now = nanoTime.getAsLong();
    boolean last = done == size && size >= SMALL;
    boolean bar = terminal.columns().isPresent();
    if (last || now - lastLine >= (bar ? REFRESH_NANOS : LineProgress.INTERVAL_NANOS)) {
      lastLine = now;
      String line =
          "downloading "
              + file
              + ": "
              + DiskFailure.rounded(done)
              + (last || size < 0 ? "" : " of " + DiskFailure.rounded(size));
      if (bar) {
        terminal.err().print(CLEAR_LINE + line + (last ? System.lineSeparator() : ""));
      } else {
        terminal.err().println(line);
      }
    }
  }

  @Override
  public void note(String line) {
    terminal.err().println("note: " + line);
  }
}
