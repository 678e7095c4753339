package dev.belay.train.loop;

import dev.belay.train.checkpoint.CheckpointFolder;
import dev.belay.train.checkpoint.CheckpointState;
import dev.belay.train.checkpoint.Sections;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.data.batch.BatchPosition;
import dev.belay.train.event.RunEvent;
import dev.belay.train.failure.DiskFailure;
import dev.belay.train.failure.MachineException;
import dev.belay.train.failure.WorkerLostException;
import dev.belay.train.resume.RunLock;
import dev.belay.train.step.StepRunner;
import dev.belay.train.step.VariableSnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/**
 * Saves the state of a run. The values are held on the training thread, which is quick, and written
 * by a second one, which is not. When they are on the disk, that thread removes the checkpoints
 * over the limit, for which nobody waits but the next save. It owns that thread and the values that
 * it writes: close it.
 */
public final class CheckpointSaver implements AutoCloseable {
  /** Names, shapes and the state, beside the values: an estimate, the disk has the last word. */
  private static final long SLACK_BYTES = 1L << 17;

  private final SaverContext context;

  /** A checkpoint that was not reported yet. */
  private Optional<Save> running = Optional.empty();

  private Optional<Future<?>> removal = Optional.empty();
  private long savedStep;

  /**
   * A saver.
   *
   * @param savedStep the step whose checkpoint is there already and is no interim one, 0 for none
   */
  public CheckpointSaver(SaverContext context, long savedStep) {
    this.context = context;
    this.savedStep = savedStep;
  }

  /**
   * Dependencies of the saver.
   *
   * @param sections state of the parts of the run
   * @param examples number of examples of its epoch before a position
   * @param flushLogs brings to the disk what was logged of the steps that a checkpoint contains
   */
  public record SaverContext(
      StepRunner runner,
      Sections sections,
      ToLongFunction<BatchPosition> examples,
      CheckpointFolder folder,
      RunLock lock,
      Consumer<RunEvent> events,
      Runnable flushLogs,
      TrainConfig config) {}

  /** A save that was begun; {@code stallNanos} of it were spent on the training thread. */
  private record Save(
      long step,
      Path target,
      long bytes,
      long beginNanos,
      long stallNanos,
      FutureTask<Long> written) {}

  /**
   * Saves; nothing if this step's checkpoint is there, or if another worker is the chief.
   *
   * @param interim whether it is saved only because of a stop, not by the schedule
   * @param next the batch that comes next
   * @param keep a step whose checkpoint is never removed, 0 for none
   */
  void save(
      long step, BatchPosition next, boolean interim, Map<String, Double> metrics, long keep) {
    if (step != savedStep && context.runner().workers().isChief()) {
      begin(step, next, interim, metrics, keep);
    }
  }

  /** Saves the initial state of a run, for rollbacks. */
  void saveStart(BatchPosition next, Map<String, Double> metrics) {
    begin(0, next, false, metrics, 0);
    await();
  }

  private void begin(
      long step, BatchPosition next, boolean interim, Map<String, Double> metrics, long keep) {
    await();
    long begin = System.nanoTime();
    // Order on the disk in case of a power cut: first the lines of a step, then its checkpoint.
    context.flushLogs().run();
    context.lock().requireHeld();
    CheckpointState state =
        new CheckpointState(
            step,
            next.epoch(),
            next.batch(),
            context.examples().applyAsLong(next),
            context.config().machine().seed(),
            interim,
            metrics,
            context.sections().save());
    Path target = context.folder().of(step);
    VariableSnapshot weights = context.runner().snapshotCheckpoint();
    VariableSnapshot optimizer = context.runner().snapshotOptimizer();
    requireSound(step, weights, optimizer);
    long bytes = weights.bytes() + optimizer.bytes();
    FutureTask<Long> written = new FutureTask<>(() -> write(weights, optimizer, state));
    FutureTask<?> removed = new FutureTask<>(() -> removeOldest(written, keep), null);
    savedStep = step;
    running = Optional.of(new Save(step, target, bytes, begin, System.nanoTime() - begin, written));
    removal = Optional.of(removed);
    Thread writer =
        new Thread(
            () -> {
              written.run();
              removed.run();
            },
            "belay-checkpoint");
    writer.setDaemon(true);
    writer.start();
    if (!context.config().loop().backgroundSave()) {
      tell();
    }
  }

  /** An update that began before the values were read is visible now. */
  private void requireSound(long step, VariableSnapshot weights, VariableSnapshot optimizer) {
    if (!context.runner().isBetweenUpdates()) {
      weights.close();
      optimizer.close();
      throw new WorkerLostException(
          "no checkpoint of step " + step + ": the update after it was cut off", null);
    }
  }

  /** Returns when it ended. */
  private long write(VariableSnapshot weights, VariableSnapshot optimizer, CheckpointState state) {
    Path target = context.folder().of(state.step());
    long bytes = weights.bytes() + optimizer.bytes() + SLACK_BYTES;
    try (weights;
        optimizer) {
      DiskFailure.requireRoom(target, bytes);
      context.folder().save(weights, optimizer, state);
      return System.nanoTime();
    } catch (IOException e) {
      context.lock().requireHeld(); // a directory that is gone says more than a file that is
      throw DiskFailure.writing(target, bytes, e);
    }
  }

  private void removeOldest(FutureTask<Long> written, long keep) {
    try {
      written.get();
      context.folder().trim(keep);
    } catch (ExecutionException e) {
      // The checkpoint that should replace them is missing.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      context.lock().requireHeld();
      throw DiskFailure.removing(context.folder().of(keep).getParent(), e);
    }
  }

  /**
   * Tells of a save that has ended since.
   *
   * @throws MachineException if it failed; the checkpoints before it are untouched
   */
  void poll() {
    if (running.isPresent() && running.get().written().isDone()) {
      tell();
    }
  }

  /**
   * Waits for the save that runs and for what is removed after it, and tells of it; errors as
   * {@link #poll}.
   */
  void await() {
    tell();
    if (removal.isPresent()) {
      get(removal.get());
      removal = Optional.empty();
    }
  }

  private void tell() {
    if (running.isEmpty()) {
      return;
    }
    long begin = System.nanoTime();
    Save save = running.get();
    running = Optional.empty();
    long end = get(save.written());
    long stall = save.stallNanos() + System.nanoTime() - begin;
    context
        .events()
        .accept(
            new RunEvent.Saved(
                save.step(),
                save.target(),
                (end - save.beginNanos()) / 1e9,
                stall / 1e9,
                save.bytes()));
  }

  private static <T> T get(Future<T> task) {
    try {
      return task.get();
    } catch (ExecutionException e) {
      throw rethrown(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a checkpoint was written", e);
    }
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
    // The removal follows the save on the same thread.
    removal.ifPresent(
        task -> {
          try {
            task.get();
          } catch (ExecutionException e) {
            // The first failure is reported; a resume will find this one.
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }
}
