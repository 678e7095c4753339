package dev.belay.train.stability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.StabilityConfig;
import dev.belay.train.event.RunEvent;
import dev.belay.train.event.WorkerTime;
import dev.belay.train.failure.DivergedException;
import dev.belay.train.stability.StepGuard.GuardContext;
import dev.belay.train.stability.StepPolicy.Attempt;
import dev.belay.train.step.StepResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A guard whose replay bundle is already written, so that it needs no model. */
final class StepGuardTest {
  private static final float NAN = Float.NaN;

  @TempDir Path folder;

  private final List<RunEvent> events = new ArrayList<>();
  private final Checkpoints checkpoints = new Checkpoints();

  private static final class Checkpoints implements ReturnPoint {
    int ensured;

    @Override
    public void ensure() {
      ensured++;
    }

    @Override
    public long goBack() {
      return 40;
    }
  }

  @BeforeEach
  void writeBundle() throws IOException {
    Files.createDirectory(folder.resolve("failure"));
  }

  private StepGuard guard(String... options) {
    Map<String, List<String>> given = new HashMap<>();
    for (int i = 0; i < options.length; i += 2) {
      given.put(options[i], List.of(options[i + 1]));
    }
    return new StepGuard(
        ConfigBinder.read(StabilityConfig.class, given),
        new GuardContext(null, checkpoints, folder.resolve("failure"), folder, 1, 2, events::add));
  }

  private static Attempt attempt(long step, float loss, float norm, boolean applied) {
    return attempt(step, loss, norm, applied, 1);
  }

  private static Attempt attempt(
      long step, float loss, float norm, boolean applied, float lossScale) {
    return new Attempt(
        step,
        null,
        1e-5,
        new StepResult(
            loss, norm, norm, 1, false, lossScale, applied, 1, WorkerTime.UNKNOWN, List.of()));
  }

  private static void apply(StepGuard guard, int steps, float norm) throws IOException {
    for (int step = 1; step <= steps; step++) {
      guard.settle(attempt(step, 1, norm, true));
    }
  }

  @Test
  void theLimitIsTheMedianTimesTheFactorOnceThereAreEnoughNorms() throws IOException {
    StepGuard guard = guard("explode-factor", "4");
    apply(guard, 9, 2);
    assertEquals(Double.POSITIVE_INFINITY, guard.normLimit());
    apply(guard, 1, 1000);
    assertEquals(8, guard.normLimit());
    StepGuard off = guard();
    apply(off, 20, 2);
    assertEquals(Double.POSITIVE_INFINITY, off.normLimit());
  }

  @Test
  void haltNamesTheStepAndItsBundle() {
    DivergedException stopped =
        assertThrows(DivergedException.class, () -> guard().settle(attempt(7, NAN, 3, false)));
    Path failure = folder.resolve("failure");
    assertEquals(
        "step 7: the loss is NaN and the gradient norm 3.0, so this step changed no weight. Its"
            + " batch and weights are kept in "
            + failure
            + ": `belay replay "
            + failure
            + "` examines it.",
        stopped.getMessage());
  }

  @Test
  void skippedStepsAreReportedUntilThereAreTooManyInARow() throws IOException {
    StepGuard guard = guard("on-nonfinite", "skip", "max-skipped-steps", "2");
    guard.settle(attempt(1, NAN, NAN, false));
    guard.settle(attempt(2, 1, 2, true));
    guard.settle(attempt(3, 1, 900, false));
    guard.settle(attempt(4, 1, NAN, false));
    assertEquals(
        List.of(
            new RunEvent.Skipped(1, RunEvent.Skipped.Reason.NOT_FINITE, 1),
            new RunEvent.Skipped(3, RunEvent.Skipped.Reason.EXPLODED, 1),
            new RunEvent.Skipped(4, RunEvent.Skipped.Reason.NOT_FINITE, 1)),
        events);
    String message =
        assertThrows(DivergedException.class, () -> guard.settle(attempt(5, 1, Float.NaN, false)))
            .getMessage();
    assertTrue(
        message.contains("3 steps in a row were skipped, more than --max-skipped-steps 2."),
        message);
  }

  @Test
  void anOverflowOfHalfPrecisionIsSkippedUnderEveryPolicy() throws IOException {
    for (String policy : List.of("halt", "skip", "rollback")) {
      events.clear();
      guard("on-nonfinite", policy).settle(attempt(3, 1, Float.POSITIVE_INFINITY, false, 1024));
      assertEquals(
          List.of(new RunEvent.Skipped(3, RunEvent.Skipped.Reason.OVERFLOW, 1024)), events, policy);
    }
  }

  @Test
  void rollbacksReturnToTheCheckpointUntilThereAreTooMany() throws IOException {
    StepGuard guard = guard("on-nonfinite", "rollback", "max-rollbacks", "1");
    guard.begin();
    assertEquals(1, checkpoints.ensured);
    guard.settle(attempt(50, NAN, NAN, false));
    assertEquals(List.of(new RunEvent.RolledBack(50, 40)), events);
    String message =
        assertThrows(DivergedException.class, () -> guard.settle(attempt(51, 1, NAN, false)))
            .getMessage();
    assertTrue(
        message.contains("returned to a checkpoint 1 times already (--max-rollbacks)."), message);
    guard("on-nonfinite", "skip").begin();
    assertEquals(1, checkpoints.ensured, "only rollbacks need a checkpoint");
  }

  @Test
  void theStateOfACheckpointContinuesTheCounts() throws IOException {
    StepGuard before = guard("on-nonfinite", "skip", "explode-factor", "4");
    apply(before, 10, 3);
    before.settle(attempt(11, 1, NAN, false));
    StepGuard after = guard("on-nonfinite", "skip", "explode-factor", "4");
    after.resume(before.state());
    assertEquals(before.state(), after.state());
    assertEquals(1, after.state().skippedInARow());
    assertEquals(12, after.normLimit());
  }
}
