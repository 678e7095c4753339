package dev.belay.tools.console;

import dev.belay.tools.failure.ExitCode;
import dev.belay.train.event.StopRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns SIGTERM, SIGINT and SIGHUP into requests to stop a run; closing it restores the earlier
 * handlers.
 *
 * <p>The first signal lets the run write a checkpoint. Where there is nothing to write, before the
 * first step, the program leaves at once. So it does at the second signal, by that signal's own
 * hand: a checkpoint appears whole or not at all, so nothing is harmed.
 */
public final class StopSignals implements AutoCloseable {
  private static final List<String> NAMES = List.of("TERM", "INT", "HUP");

  private final StopRequest stop;
  private final Terminal terminal;
  private final Map<SystemSignal, SystemSignal.Hearer> before = new LinkedHashMap<>();
  private boolean asked;

  private StopSignals(StopRequest stop, Terminal terminal) {
    this.stop = stop;
    this.terminal = terminal;
  }

  /** Listens from now on. */
  public static StopSignals listen(StopRequest stop, Terminal terminal) {
    StopSignals signals = new StopSignals(stop, terminal);
    for (String name : NAMES) {
      SystemSignal.named(name).ifPresent(signals::take);
    }
    return signals;
  }

  private void take(SystemSignal signal) {
    signal
        .handle(() -> heard(signal))
        .ifPresent(
            old -> {
              if (SystemSignal.isIgnored(old)) {
                // nohup, and shells that start something in the background, want it ignored.
                signal.giveBack(old);
              } else {
                before.put(signal, old);
              }
            });
  }

  private synchronized void heard(SystemSignal signal) {
    String name = signal.name();
    if (asked) {
      signal.die();
      return;
    }
    asked = true;
    if (stop.make(name)) {
      terminal
          .err()
          .println(name + ": a checkpoint is written after this step; repeat to exit at once");
    } else {
      terminal.err().println(name + " before the first step: run the same command again");
      Runtime.getRuntime().halt(ExitCode.STOPPED.code());
    }
  }

  @Override
  public void close() {
    before.forEach(SystemSignal::giveBack);
  }
}
