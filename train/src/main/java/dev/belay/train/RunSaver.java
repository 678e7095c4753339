package dev.belay.train;

import dev.belay.train.checkpoint.CheckpointFolder;
import dev.belay.train.checkpoint.CheckpointState;
import dev.belay.train.checkpoint.Sections;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.data.batch.BatchPosition;
import dev.belay.train.event.RunEvent;
import dev.belay.train.failure.DiskFailure;
import dev.belay.train.failure.MachineException;
import dev.belay.train.resume.RunLock;
import dev.belay.train.step.StepRunner;
import dev.belay.train.step.VariableSnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Saves where a run stands. The values are held on the training thread, which is quick, and written
 * by a second one, which is not; the next save waits for the last. It owns that thread and the
 * values that it writes: close it.
 */
final class RunSaver implements AutoCloseable {
  /** Names, shapes and the state, beside the values: an estimate, the disk has the last word. */
  private static final long SLACK_BYTES = 1L << 17;

  private final Setting setting;
  private Optional<Save> running = Optional.empty();
  private long savedStep;

  /**
   * A saver.
   *
   * @param savedStep the step whose checkpoint is there already, 0 for none
   */
  RunSaver(Setting setting, long savedStep) {
    this.setting = setting;
    this.savedStep = savedStep;
  }

  /**
   * What it works with.
   *
   * @param sections what the parts of the run remember
   */
  record Setting(
      StepRunner runner,
      Sections sections,
      CheckpointFolder folder,
      RunLock lock,
      RunRecords records,
      TrainConfig config) {}

  /** A save that was begun; {@code stallNanos} of it were spent on the training thread. */
  private record Save(
      long step,
      Path target,
      long bytes,
      long beginNanos,
      long stallNanos,
      FutureTask<Long> task) {}

  /**
   * Saves; nothing if this step's checkpoint is there.
   *
   * @param next the batch that comes next
   * @param keep a step whose checkpoint is never removed, 0 for none
   */
  void save(long step, BatchPosition next, Map<String, Double> metrics, long keep) {
    if (step != savedStep) {
      begin(step, next, metrics, keep);
    }
  }

  /** Saves what a run begins with, for those who may want to return to it. */
  void saveStart(BatchPosition next, Map<String, Double> metrics) {
    begin(0, next, metrics, 0);
    await();
  }

  private void begin(long step, BatchPosition next, Map<String, Double> metrics, long keep) {
    await();
    long begin = System.nanoTime();
    // What is on the disk after a power cut: first the lines of a step, then its checkpoint.
    setting.records().force();
    setting.lock().requireHeld();
    CheckpointState state =
        new CheckpointState(
            step,
            next.epoch(),
            next.batch(),
            (long) next.batch() * setting.config().data().trainBatchSize(),
            setting.config().machine().seed(),
            metrics,
            setting.sections().save());
    Path target = setting.folder().of(step);
    VariableSnapshot weights = setting.runner().snapshotWeights();
    VariableSnapshot optimizer = setting.runner().snapshotOptimizer();
    long bytes = weights.bytes() + optimizer.bytes();
    FutureTask<Long> task = new FutureTask<>(() -> write(weights, optimizer, state, keep));
    savedStep = step;
    running = Optional.of(new Save(step, target, bytes, begin, System.nanoTime() - begin, task));
    Thread writer = new Thread(task, "belay-checkpoint");
    writer.setDaemon(true);
    writer.start();
    if (!setting.config().loop().backgroundSave()) {
      await();
    }
  }

  /** Returns when it ended. */
  private long write(
      VariableSnapshot weights, VariableSnapshot optimizer, CheckpointState state, long keep)
      throws IOException {
    Path target = setting.folder().of(state.step());
    long bytes = weights.bytes() + optimizer.bytes() + SLACK_BYTES;
    try (weights;
        optimizer) {
      DiskFailure.requireRoom(target, bytes);
      setting.folder().save(weights, optimizer, state, keep);
      return System.nanoTime();
    } catch (IOException e) {
      setting.lock().requireHeld(); // a directory that is gone says more than a file that is
      throw DiskFailure.writing(target, bytes, e);
    }
  }

  /**
   * Tells of a save that has ended since.
   *
   * @throws MachineException if it failed; the checkpoints before it are untouched
   */
  void poll() {
    if (running.isPresent() && running.get().task().isDone()) {
      await();
    }
  }

  /** Waits for the save that runs, and tells of it; errors as {@link #poll}. */
  void await() {
    if (running.isEmpty()) {
      return;
    }
    long begin = System.nanoTime();
    Save save = running.get();
    running = Optional.empty();
    long end;
    try {
      end = save.task().get();
    } catch (ExecutionException e) {
      throw rethrown(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a checkpoint was written", e);
    }
    long stall = save.stallNanos() + System.nanoTime() - begin;
    setting
        .records()
        .accept(
            new RunEvent.Saved(
                save.step(),
                save.target(),
                (end - save.beginNanos()) / 1e9,
                stall / 1e9,
                save.bytes()));
  }

  private static RuntimeException rethrown(Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof RuntimeException unchecked
        ? unchecked
        : new IllegalStateException(cause);
  }

  /** Lets the save that runs come to its end, whatever ended the run. */
  @Override
  public void close() {
    running.ifPresent(
        save -> {
          try {
            save.task().get();
          } catch (ExecutionException e) {
            // What ended the run is told; that this save failed too is seen when it is resumed.
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }
}
