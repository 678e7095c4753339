package dev.belay.tools.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.TrainingRun;
import dev.belay.train.event.RunEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunConsoleTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private long nanoTime;

  private RunConsole console(OptionalInt columns) {
    return new RunConsole(terminal(columns), () -> nanoTime);
  }

  private Terminal terminal(OptionalInt columns) {
    return new Terminal(
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8),
        columns);
  }

  private static RunEvent.Started started(long steps) {
    return new RunEvent.Started(steps, 100, 3200, 1_234_567, List.of("dropout is seeded"));
  }

  private static RunEvent.Trained step(long step, boolean clipped) {
    return new RunEvent.Trained(
        step, step / 100.0, 0.5f, 4, 1, 0.25f, clipped, 0.5, 5e-5, 32, 900, 400, 10, 380);
  }

  private static Map<String, Double> metrics(double accuracy, double loss) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("accuracy", accuracy);
    metrics.put("loss", loss);
    return metrics;
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void withoutATerminalThereIsALineEveryFewSeconds() {
    try (RunConsole console = console(OptionalInt.empty())) {
      console.accept(started(200));
      console.accept(new RunEvent.Evaluated(0, metrics(0.5, 0.7), 872, 1));
      for (int step = 1; step <= 200; step++) {
        nanoTime += TimeUnit.MILLISECONDS.toNanos(60);
        console.accept(step(step, step % 2 == 0));
      }
      console.accept(
          new RunEvent.Saved(200, Path.of("runs/a/checkpoints/step-00000200"), 0.1, 0.01, 42));
      console.accept(new RunEvent.Evaluated(200, metrics(0.8123, 0.42), 872, 1));
      console.accept(new RunEvent.Exported(200, Path.of("runs/a/export/1")));
      console.accept(
          new RunEvent.Done(
              200, 95, 0.5, Map.of("p50", 0.9, "p90", 2.5, "p99", 7.0, "max", 12.25), Map.of()));
      console.accept(new RunEvent.Reported(Path.of("runs/a/report.html")));
      console.conclude(
          new TrainingRun.Result(
              Path.of("runs/a"),
              Path.of("runs/a/export/1"),
              metrics(0.5, 0.7),
              metrics(0.8123, 0.42)));
    }
    assertEquals(
        """
        note: dropout is seeded
        1,234,567 parameters train on 3,200 examples: 200 steps, 100 an epoch
        before training: accuracy 0.5000, loss 0.7000 on 872 examples
        step 1/200  loss 0.5000 norm 4.0000 clip 50% lr 5.0e-05
        step 85/200  loss 0.5000 norm 4.0000 clip 50% lr 5.0e-05 80 ex/s left 0:46
        step 169/200  loss 0.5000 norm 4.0000 clip 50% lr 5.0e-05 80 ex/s left 0:12
        step 200/200  loss 0.5000 norm 4.0000 clip 50% lr 5.0e-05 80 ex/s left 0:00
        step 200: checkpoint runs/a/checkpoints/step-00000200
        step 200: accuracy 0.8123, loss 0.4200 on 872 examples
        done: 200 steps in 1:35, 50.0% of them clipped; mean loss 0.5000, 2.5000 steps/s, 80 examples/s
        gradient norm before the clip: median 0.9000, 90% below 2.5000, 99% below 7.0000, largest 12.25
        report: runs/a/report.html
        accuracy: 0.5000 -> 0.8123
        loss: 0.7000 -> 0.4200
        exported to runs/a/export/1
        """,
        err());
    assertEquals("", out.toString(StandardCharsets.UTF_8), "results are the command's");
  }

  @Test
  void aTerminalShowsABarAndKeepsTheLinesThatMatter() {
    try (RunConsole console = console(OptionalInt.of(80))) {
      console.accept(started(4));
      console.accept(step(1, true));
      console.accept(step(2, true));
      console.accept(new RunEvent.Evaluated(2, metrics(0.75, 0.6), 872, 1));
      console.accept(step(3, false));
      console.accept(step(4, false));
      console.accept(new RunEvent.Done(4, 2, 0.5, Map.of(), Map.of()));
    }
    assertTrue(
        err().contains("\r\u001b[Kstep 2: accuracy 0.7500, loss 0.6000 on 872 examples\n"), err());
    assertTrue(
        err().contains("4/4 (0:00:00)  loss 0.5000 norm 4.0000 clip 50% 80 ex/s left 0:00"), err());
    assertTrue(
        err()
            .endsWith(
                "\ndone: 4 steps in 0:02, 50.0% of them clipped; mean loss 0.5000, 2.5000 steps/s, 80 examples/s\n"),
        err());
    assertEquals("", out.toString(StandardCharsets.UTF_8));
  }

  /** Batches of 32 of 872 examples, one every 0.9 seconds. */
  private void evaluate(Consumer<RunEvent> console, long step, int batches) {
    for (int batch = 0; batch <= batches; batch++) {
      console.accept(new RunEvent.Evaluating(step, Math.min(872, 32 * batch), 872));
      nanoTime += TimeUnit.MILLISECONDS.toNanos(900);
    }
  }

  @Test
  void aLongEvaluationHasALineEveryFewSecondsWithoutATerminal() {
    try (RunConsole console = console(OptionalInt.empty())) {
      console.accept(started(4));
      evaluate(console, 0, 14);
      console.accept(new RunEvent.Evaluated(0, metrics(0.5, 0.7), 872, 12.6));
      console.accept(step(1, true));
    }
    assertEquals(
        """
        note: dropout is seeded
        1,234,567 parameters train on 3,200 examples: 4 steps, 100 an epoch
        evaluation: 192 of 872 examples
        evaluation: 384 of 872 examples
        before training: accuracy 0.5000, loss 0.7000 on 872 examples
        step 1/4  loss 0.5000 norm 4.0000 clip 50% lr 5.0e-05
        """,
        err());
  }

  /** The first evaluation of a process plans its graph, for which nobody should think it hangs. */
  @Test
  void theFirstEvaluationAfterAResumeIsAnnounced() {
    try (RunConsole console = console(OptionalInt.empty())) {
      console.accept(new RunEvent.Resumed(8, Path.of("runs/a/checkpoints/step-00000008")));
      for (int step = 9; step <= 10; step++) {
        console.accept(new RunEvent.Evaluating(step, 0, 872));
        console.accept(new RunEvent.Evaluated(step, metrics(0.5, 0.7), 872, 12.6));
      }
    }
    assertEquals(
        """
        resumes from step 8: runs/a/checkpoints/step-00000008
        step 9: evaluation of 872 examples; the first one after a resume takes longer
        step 9: accuracy 0.5000, loss 0.7000 on 872 examples
        step 10: accuracy 0.5000, loss 0.7000 on 872 examples
        """,
        err());
  }

  @Test
  void aLongEvaluationHasABarOnATerminalAndAShortOneHasNot() {
    try (RunConsole console = console(OptionalInt.of(80))) {
      console.accept(started(4));
      console.accept(step(1, true));
      evaluate(console, 1, 1);
      assertFalse(err().contains("evaluated"), err());
      evaluate(console, 1, 3);
      assertTrue(err().contains("64/872 (0:00:00)  examples evaluated"), err());
      console.accept(new RunEvent.Evaluated(1, metrics(0.5, 0.7), 872, 12.6));
    }
    assertTrue(err().contains("\r\u001b[Kstep 1: accuracy 0.5000, loss 0.7000 on 872"), err());
    assertTrue(err().endsWith("1/4 (0:00:00)  loss 0.5000 norm 4.0000 clip 50%\n"), err());
  }

  @Test
  void anEvaluationWithoutARunShowsTheSame() {
    try (EvaluationConsole lines =
        new EvaluationConsole(terminal(OptionalInt.empty()), () -> nanoTime)) {
      evaluate(lines, 0, 10);
    }
    assertEquals("evaluation: 192 of 872 examples\n", err());
    err.reset();
    try (EvaluationConsole bar =
        new EvaluationConsole(terminal(OptionalInt.of(80)), () -> nanoTime)) {
      evaluate(bar, 0, 28);
    }
    assertTrue(err().contains("64/872 (0:00:00)  examples evaluated"), err());
    assertTrue(err().endsWith("872/872 (0:00:00)  examples evaluated\n"), err());
  }

  @Test
  void theStepIsNamedWhoseWeightsWereTheBest() {
    try (RunConsole console = console(OptionalInt.empty())) {
      console.accept(started(2));
      console.accept(step(1, true));
      console.accept(step(2, true));
      console.accept(new RunEvent.Exported(1, Path.of("runs/a/export/1")));
      console.conclude(
          new TrainingRun.Result(
              Path.of("runs/a"), Path.of("runs/a/export/1"), Map.of(), Map.of()));
    }
    assertTrue(err().endsWith("exported to runs/a/export/1: the best weights, of step 1\n"), err());
  }

  @Test
  void theNamesOfTheLabelsAreFound(@TempDir Path folder) throws IOException {
    Path extra = Files.createDirectories(folder.resolve("export/1/assets.extra"));
    Path labels = Files.writeString(extra.resolve("labels.txt"), "no\nyes\n");
    try (RunConsole console = console(OptionalInt.empty())) {
      console.conclude(
          new TrainingRun.Result(folder, folder.resolve("export/1"), Map.of(), Map.of()));
    }
    assertTrue(err().endsWith("\nnames of the labels: " + labels + "\n"), err());
  }

  @Test
  void aRunThatResumesOrHasEndedSaysSo() {
    try (RunConsole console = console(OptionalInt.empty())) {
      console.accept(new RunEvent.Resumed(8, Path.of("runs/a/checkpoints/step-00000008")));
      console.accept(new RunEvent.AlreadyDone(1200, "2026-01-02T03:04:05.678Z", Path.of("runs/a")));
    }
    assertEquals(
        """
        resumes from step 8: runs/a/checkpoints/step-00000008
        runs/a holds this run, which ended at 2026-01-02T03:04:05.678Z after 1,200 steps: nothing \
        is left to do; choose another --output-dir to train again
        """,
        err());
  }

  @Test
  void aBarEndsHoweverTheRunEnded() {
    try (RunConsole console = console(OptionalInt.of(80))) {
      console.accept(started(4));
      console.accept(step(1, true));
    }
    assertTrue(err().endsWith("\n"), err());
  }

  @Test
  void numbersThatAreNotFiniteAreShownAsSuch() {
    try (RunConsole console = console(OptionalInt.empty())) {
      console.accept(started(1));
      console.accept(
          new RunEvent.Trained(
              1,
              0.01,
              Float.NaN,
              Float.POSITIVE_INFINITY,
              1,
              0,
              true,
              1,
              5e-5,
              32,
              900,
              400,
              10,
              380));
    }
    assertTrue(err().contains("loss NaN norm Infinity "), err());
  }
}
