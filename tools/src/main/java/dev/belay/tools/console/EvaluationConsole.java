package dev.belay.tools.console;

import dev.belay.train.event.RunEvent;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Shows the progress of an evaluation outside of a run; closing it ends the progress bar. */
public final class EvaluationConsole implements Consumer<RunEvent>, AutoCloseable {
  private final Terminal terminal;
  private final EvaluationClock clock;
  private final Progress lines;
  private Optional<Progress> bar = Optional.empty();

  /** On a terminal, with the clock that times its lines. */
  public EvaluationConsole(Terminal terminal, LongSupplier nanoTime) {
    this.terminal = terminal;
    this.clock = new EvaluationClock(nanoTime);
    this.lines = new LineProgress(terminal.err(), nanoTime, 0);
  }

  @Override
  public void accept(RunEvent event) {
    if (event instanceof RunEvent.Evaluating evaluating && clock.isLong(evaluating)) {
      int examples = evaluating.examples();
      if (bar.isEmpty() && terminal.columns().isPresent()) {
        int columns = terminal.columns().getAsInt();
        bar = Optional.of(new BarProgress(terminal.err(), columns, examples));
      }
      bar.orElse(lines).evaluation(evaluating.done(), examples);
    }
  }

  @Override
  public void close() {
    bar.ifPresent(Progress::close);
  }
}
