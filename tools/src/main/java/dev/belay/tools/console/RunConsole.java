package dev.belay.tools.console;

import static dev.belay.tools.console.Figures.count;
import static dev.belay.tools.console.Figures.duration;
import static dev.belay.tools.console.Figures.metrics;
import static dev.belay.tools.console.Figures.number;
import static dev.belay.tools.console.Figures.percent;
import static dev.belay.tools.console.Figures.rate;

import dev.belay.savedmodel.ModelFiles;
import dev.belay.train.TrainingRun;
import dev.belay.train.event.RunEvent;
import dev.belay.train.model.ModelSource;
import dev.belay.train.norm.NormSummary;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Tells a person how a training run goes; closing it ends the progress bar. */
public final class RunConsole implements Consumer<RunEvent>, AutoCloseable {
  private static final int WIDE = 100;

  /** In an export, one name for each output in their order. */
  private static final Path LABELS = Path.of(ModelFiles.ASSETS_EXTRA, ModelSource.LABELS);

  private final Terminal terminal;
  private final LongSupplier nanoTime;
  private final Pace pace = new Pace();
  private final EvaluationClock clock;
  private Progress progress;
  private long totalSteps;
  private long lastStep;
  private long exportedStep;

  /** Whether the first evaluation since a resume, which plans its graph, is still to come. */
  private boolean resumedWithoutEvaluation;

  /** On a terminal, with the clock that times its lines. */
  public RunConsole(Terminal terminal, LongSupplier nanoTime) {
    this.terminal = terminal;
    this.nanoTime = nanoTime;
    this.clock = new EvaluationClock(nanoTime);
    this.progress = new LineProgress(terminal.err(), nanoTime, 0);
  }

  @Override
  public void accept(RunEvent event) {
    if (event instanceof RunEvent.Started started) {
      start(started);
    } else if (event instanceof RunEvent.Trained step) {
      pace.add(step);
      lastStep = step.step();
      progress.step(step.step(), status(step));
    } else if (event instanceof RunEvent.Skipped skipped) {
      progress.say(line(skipped));
    } else if (event instanceof RunEvent.RolledBack back) {
      progress.say(
          "step "
              + back.step()
              + ": not usable, so the weights of step "
              + back.toStep()
              + " were restored; training continues with the next batch");
    } else if (event instanceof RunEvent.Evaluating evaluating) {
      evaluating(evaluating);
    } else if (event instanceof RunEvent.Evaluated evaluated) {
      resumedWithoutEvaluation = false;
      progress.say(line(evaluated));
    } else if (event instanceof RunEvent.Saved saved) {
      progress.say("step " + saved.step() + ": checkpoint " + saved.directory());
    } else if (event instanceof RunEvent.Exported exported) {
      exportedStep = exported.step();
    } else if (event instanceof RunEvent.Resumed resumed) {
      resumedWithoutEvaluation = true;
      progress.say("resumes from step " + resumed.step() + ": " + resumed.checkpoint());
    } else if (event instanceof RunEvent.AlreadyDone already) {
      progress.say(line(already));
    } else if (event instanceof RunEvent.Done done) {
      close();
      terminal.err().println(line(done));
      if (!done.gradNormPercentiles().isEmpty()) {
        terminal.err().println(norms(done.gradNormPercentiles()));
      }
    } else if (event instanceof RunEvent.Reported reported) {
      progress.say("report: " + reported.file());
    } else if (event instanceof RunEvent.Warned warned) {
      progress.say("warning: " + warned.message());
    }
  }

  private void evaluating(RunEvent.Evaluating evaluating) {
    if (evaluating.done() == 0 && resumedWithoutEvaluation) {
      progress.say(
          "step "
              + evaluating.step()
              + ": evaluation of "
              + count(evaluating.examples())
              + " examples; the first one after a resume takes longer");
    }
    if (clock.isLong(evaluating)) {
      progress.evaluation(evaluating.done(), evaluating.examples());
    }
  }

  private void start(RunEvent.Started started) {
    totalSteps = started.totalSteps();
    for (String note : started.notes()) {
      progress.say("note: " + note);
    }
    progress.say(
        count(started.trainableParameters())
            + " parameters train on "
            + count(started.trainExamples())
            + " examples: "
            + count(totalSteps)
            + " steps, "
            + count(started.stepsPerEpoch())
            + " an epoch");
    if (terminal.columns().isPresent()) {
      progress = new BarProgress(terminal.err(), terminal.columns().getAsInt(), totalSteps);
    } else {
      progress = new LineProgress(terminal.err(), nanoTime, totalSteps);
    }
  }

  /** Short enough to fit beside a bar and its counts on a terminal of 80 columns. */
  private String status(RunEvent.Trained step) {
    return "loss "
        + number(step.loss())
        + " norm "
        + number(step.gradNorm())
        + " clip "
        + Math.round(100 * step.clippedFraction())
        + "%"
        + (isWide() ? " lr " + rate(step.learningRate()) : "")
        + (pace.known() ? speed(step.step()) : "");
  }

  /** Whether a line has room for the learning rate, beside a bar or in a log. */
  private boolean isWide() {
    return terminal.columns().orElse(Integer.MAX_VALUE) >= WIDE;
  }

  private String speed(long step) {
    return " "
        + count(Math.round(pace.examplesPerSecond()))
        + " ex/s left "
        + duration(pace.secondsFor(totalSteps - step));
  }

  private static String line(RunEvent.Skipped skipped) {
    return "step "
        + skipped.step()
        + ": skipped, "
        + switch (skipped.reason()) {
          case NOT_FINITE -> "loss or norm are not finite";
          case EXPLODED -> "the norm is far above its running median";
          case OVERFLOW ->
              "half precision overflowed under the loss scale "
                  + number(skipped.lossScale())
                  + ", which is halved";
        };
  }

  private static String line(RunEvent.Evaluated evaluated) {
    return (evaluated.step() == 0 ? "before training" : "step " + evaluated.step())
        + ": "
        + metrics(evaluated.metrics())
        + " on "
        + count(evaluated.examples())
        + " examples";
  }

  private static String line(RunEvent.AlreadyDone done) {
    return done.directory()
        + " holds this run, which ended at "
        + done.when()
        + " after "
        + count(done.step())
        + " steps: nothing is left to do; choose another --output-dir to train again";
  }

  private String line(RunEvent.Done done) {
    return "done: "
        + count(done.step())
        + " steps in "
        + duration(done.seconds())
        + ", "
        + percent(done.clippedFraction())
        + " of them clipped"
        + (pace.known()
            ? "; mean loss "
                + number(pace.meanLoss())
                + ", "
                + number(pace.meanStepsPerSecond())
                + " steps/s, "
                + count(Math.round(pace.meanExamplesPerSecond()))
                + " examples/s"
            : "");
  }

  private static String norms(Map<String, Double> percentiles) {
    return "gradient norm before the clip: median "
        + number(percentiles.get(NormSummary.P50))
        + ", 90% below "
        + number(percentiles.get(NormSummary.P90))
        + ", 99% below "
        + number(percentiles.get(NormSummary.P99))
        + ", largest "
        + number(percentiles.get(NormSummary.MAX));
  }

  /** The last message: the effect of the training, and the folder of the model. */
  public void conclude(TrainingRun.Result result) {
    for (Map.Entry<String, Double> metric : result.finalMetrics().entrySet()) {
      Double before = result.startMetrics().get(metric.getKey());
      terminal
          .err()
          .println(
              metric.getKey()
                  + ": "
                  + (before == null ? "" : number(before) + " -> ")
                  + number(metric.getValue()));
    }
    boolean best = exportedStep < lastStep;
    terminal
        .err()
        .println(
            "exported to "
                + result.exportDirectory()
                + (best ? ": the best weights, of step " + exportedStep : ""));
    Path labels = result.exportDirectory().resolve(LABELS);
    if (Files.exists(labels)) {
      terminal.err().println("names of the labels: " + labels);
    }
  }

  /** Ends the progress bar, however the run ended. */
  @Override
  public void close() {
    progress.close();
    progress = new LineProgress(terminal.err(), nanoTime, totalSteps);
  }
}
