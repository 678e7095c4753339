package dev.belay.train.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.train.checkpoint.CheckpointFolder;
import dev.belay.train.checkpoint.CheckpointState;
import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.LoopConfig;
import dev.belay.train.data.batch.BatchPosition;
import dev.belay.train.event.StopRequest;
import dev.belay.train.failure.StoppedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Callbacks of a run without validation data, whose checkpoint of step 20 is already written. */
final class RunCallbacksTest {
  private static final long SAVED = 20;

  @TempDir Path folder;

  private final StopRequest stop = new StopRequest();

  private RunCallbacks callbacks(String... options) {
    Map<String, List<String>> given = new HashMap<>();
    for (int i = 0; i < options.length; i += 2) {
      given.put(options[i], List.of(options[i + 1]));
    }
    return new RunCallbacks(
        ConfigBinder.read(LoopConfig.class, given),
        new RunCallbacks.CallbackContext(
            null,
            Optional.empty(),
            "loss",
            new CheckpointFolder(folder, OptionalInt.empty()),
            new CheckpointSaver(null, SAVED),
            10,
            stop,
            event -> {}));
  }

  private static RunCallbacks.State state(long bestStep, int withoutBetter) {
    return new RunCallbacks.State(
        Map.of("loss", 3.0),
        Map.of("loss", 2.0),
        Map.of("loss", 1.0),
        bestStep,
        true,
        withoutBetter,
        false);
  }

  private static TrainingCallbacks.CompletedStep step(long step, boolean last) {
    return new TrainingCallbacks.CompletedStep(step, BatchPosition.START, last);
  }

  @Test
  void theStateOfACheckpointComesBackWhole() {
    RunCallbacks resumed = callbacks("load-best-model-at-end", "true");
    resumed.resume(state(10, 2));
    assertEquals(state(10, 2), resumed.state());
    assertEquals(Map.of("loss", 3.0), resumed.startMetrics());
  }

  @Test
  void patienceCountsEvaluationsWithoutABetterOne() {
    RunCallbacks patient = callbacks("early-stopping-patience", "3");
    patient.resume(state(10, 2));
    assertFalse(patient.stopsEarly());
    patient.resume(state(10, 3));
    assertTrue(patient.stopsEarly());
    RunCallbacks endless = callbacks();
    endless.resume(state(10, 100));
    assertFalse(endless.stopsEarly());
  }

  @Test
  void theBestStepIsTheResultOnlyIfItsWeightsAreAskedFor() {
    RunCallbacks best = callbacks("load-best-model-at-end", "true");
    assertEquals(30, best.resultStep(30), "there is no best step yet");
    best.resume(state(10, 0));
    assertEquals(10, best.resultStep(30));
    RunCallbacks last = callbacks("load-best-model-at-end", "false");
    last.resume(state(10, 0));
    assertEquals(30, last.resultStep(30));
  }

  @Test
  void aBestStepWhoseCheckpointIsGoneIsForgotten() throws IOException {
    RunCallbacks callbacks = callbacks("load-best-model-at-end", "true");
    callbacks.resume(state(10, 2));
    Files.createDirectory(folder.resolve("step-00000010"));
    assertEquals(Optional.empty(), callbacks.forgetLostBest());
    Files.delete(folder.resolve("step-00000010"));
    assertEquals(
        Optional.of(
            "the best step so far was 10, but its checkpoint is missing: the best of the"
                + " following steps will be used"),
        callbacks.forgetLostBest());
    assertEquals(0, callbacks.state().bestStep());
    assertEquals(0, callbacks.state().evaluationsWithoutBetter());
    assertEquals(Map.of(), callbacks.state().bestMetrics());
  }

  @Test
  void theBestStepOfACheckpointCountsIfItsWeightsWereKept() {
    ObjectMapper json = new ObjectMapper();
    for (boolean kept : List.of(true, false)) {
      RunCallbacks callbacks = callbacks("load-best-model-at-end", Boolean.toString(kept));
      callbacks.resume(state(10, 0));
      CheckpointState checkpoint =
          new CheckpointState(
              40,
              0,
              0,
              0,
              1,
              false,
              Map.of(),
              Map.of(callbacks.section(), json.valueToTree(callbacks.state())));
      assertEquals(kept ? 10 : 0, RunCallbacks.bestKept(checkpoint));
    }
    CheckpointState other = new CheckpointState(40, 0, 0, 0, 1, false, Map.of(), Map.of());
    assertEquals(0, RunCallbacks.bestKept(other));
  }

  @Test
  void aStopIsAnsweredWithTheCheckpointOfTheStepAndNotAfterTheLast() {
    RunCallbacks callbacks = callbacks();
    callbacks.stopIfRequested(step(SAVED, false));
    stop.make("SIGTERM");
    callbacks.stopIfRequested(step(SAVED, true));
    String message =
        assertThrows(StoppedException.class, () -> callbacks.stopIfRequested(step(SAVED, false)))
            .getMessage();
    assertEquals(
        "stopped by SIGTERM after step 20, whose checkpoint is written; run the same command to"
            + " resume",
        message);
  }

  @Test
  void nothingIsEvaluatedWithoutValidationData() {
    RunCallbacks callbacks = callbacks("eval-steps", "1", "save-steps", "100");
    callbacks.before();
    assertFalse(callbacks.evaluate(step(SAVED, true)));
    callbacks.save(step(7, false), false); // not due: writing it would need a model
    callbacks.save(step(SAVED, true), false);
    assertEquals(Map.of(), callbacks.startMetrics());
  }
}
