package dev.belay.train.loop;

import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.checkpoint.CheckpointFolder;
import dev.belay.train.data.batch.BatchPosition;
import dev.belay.train.stability.ReturnPoint;
import dev.belay.train.step.StepRunner;
import java.io.IOException;
import java.util.Map;

/**
 * Restores the newest whole checkpoint of the run's schedule, so that a run that was stopped and
 * resumed restores the same one as an undisturbed run.
 *
 * @param saver whose save under way is waited for
 */
public record CheckpointRollback(StepRunner runner, CheckpointSaver saver, CheckpointFolder folder)
    implements ReturnPoint {

  @Override
  public void ensure() throws IOException {
    saver.await(); // one of the same step, which a stop wrote, is replaced
    if (folder.newestWhole().checkpoint().isEmpty()) {
      saver.saveStart(BatchPosition.START, Map.of());
    }
  }

  @Override
  public long goBack() throws IOException {
    saver.await();
    Checkpoint newest =
        folder
            .newestScheduled()
            .checkpoint()
            .or(folder.newestWhole()::checkpoint)
            .orElseThrow(() -> new IllegalStateException("no complete checkpoint is left"));
    runner.restore(newest.model());
    runner.restoreOptimizer(newest.optimizer());
    return newest.state().step();
  }
}
