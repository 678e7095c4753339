package dev.belay.tools.console;

import static dev.belay.tools.console.Figures.count;
import static dev.belay.tools.console.Figures.metrics;
import static dev.belay.tools.console.Figures.number;
import static dev.belay.tools.console.Figures.percent;

import dev.belay.train.Sweep;
import dev.belay.train.config.SweepConfig;
import dev.belay.train.event.RunEvent;
import dev.belay.train.event.SweepEvent;
import dev.belay.train.metrics.Metrics;
import dev.belay.train.sweep.ArmSummary;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/** Tells a person how a sweep goes. */
public final class SweepConsole implements Consumer<SweepEvent> {
  private final Terminal terminal;
  private final LongSupplier nanoTime;
  private final EvaluationClock clock;
  private Progress progress;
  private long steps;

  /** On a terminal, with the clock that times its lines. */
  public SweepConsole(Terminal terminal, LongSupplier nanoTime) {
    this.terminal = terminal;
    this.nanoTime = nanoTime;
    this.clock = new EvaluationClock(nanoTime);
    this.progress = new LineProgress(terminal.err(), nanoTime, 0);
  }

  @Override
  public void accept(SweepEvent event) {
    if (event instanceof SweepEvent.Started started) {
      start(started);
    } else if (event instanceof SweepEvent.ArmStarted arm) {
      progress = new LineProgress(terminal.err(), nanoTime, steps);
      progress.say(
          "arm " + arm.number() + "/" + arm.count() + ": " + arm.arm() + ", seed " + arm.seed());
    } else if (event instanceof SweepEvent.InArm inside) {
      inArm(inside.event());
    } else if (event instanceof SweepEvent.ArmEnded ended) {
      progress.say(
          "  "
              + ended.arm()
              + ", seed "
              + ended.seed()
              + (ended.earlier() ? " (before): " : ": ")
              + (ended.reason().isEmpty() ? metrics(ended.metrics()) : ended.reason()));
    } else if (event instanceof SweepEvent.Reported reported) {
      progress.say("report: " + reported.file());
    }
  }

  private void start(SweepEvent.Started started) {
    steps = started.steps();
    started.notes().forEach(note -> progress.say("note: " + note));
    progress.say(
        count(started.arms())
            + " arms with "
            + count(started.seeds())
            + (started.seeds() == 1 ? " seed, " : " seeds, ")
            + count(started.steps())
            + " steps each"
            + (started.rungs().isEmpty()
                ? ""
                : "; those that fall behind stop at step " + text(started.rungs())));
  }

  private static String text(List<Long> rungs) {
    return String.join(" or ", rungs.stream().map(String::valueOf).toList());
  }

  private void inArm(RunEvent event) {
    if (event instanceof RunEvent.Trained step) {
      progress.step(
          step.step(), "loss " + number(step.loss()) + " norm " + number(step.gradNorm()));
    } else if (event instanceof RunEvent.Evaluating evaluating && clock.isLong(evaluating)) {
      progress.evaluation(evaluating.done(), evaluating.examples());
    } else if (event instanceof RunEvent.Evaluated evaluated && evaluated.step() > 0) {
      progress.say("  step " + evaluated.step() + ": " + metrics(evaluated.metrics()));
    }
  }

  /** The arms and what is recommended. */
  public static List<String> table(SweepConfig config, Sweep.Result result) {
    List<String> measures = Stream.of(result.metric(), Metrics.LOSS).distinct().toList();
    Table table = new Table();
    List<String> head = new ArrayList<>(List.of("arm"));
    head.addAll(measures);
    head.addAll(List.of("clipped", "median norm", ""));
    table.row(head.toArray(new String[0]));
    for (ArmSummary arm : result.arms()) {
      List<String> row = new ArrayList<>(List.of(arm.arm().label(config)));
      measures.forEach(metric -> row.add(measure(arm, metric)));
      row.add(Double.isNaN(arm.clippedFraction()) ? "-" : percent(arm.clippedFraction()));
      row.add(Double.isNaN(arm.medianNorm()) ? "-" : number(arm.medianNorm()));
      boolean best = result.recommendation().arm().equals(Optional.of(arm.arm()));
      row.add(arm.trouble().orElse(best ? "recommended" : ""));
      table.row(row.toArray(new String[0]));
    }
    List<String> lines = new ArrayList<>(table.lines(""));
    lines.add("");
    lines.add(result.recommendation().reason());
    return lines;
  }

  private static String measure(ArmSummary arm, String metric) {
    double mean = arm.mean(metric);
    double spread = arm.spread(metric);
    return Double.isNaN(mean)
        ? "-"
        : number(mean) + (Double.isNaN(spread) ? "" : " ± " + number(spread));
  }
}
