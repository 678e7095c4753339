package dev.belay.train.stability;

import dev.belay.savedmodel.bundle.BundleReader;
import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.checkpoint.CheckpointState;
import dev.belay.train.step.StepRunner;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/** Returns a run to its newest checkpoint. */
final class Rollback {
  private Rollback() {}

  /** Writes a checkpoint of the beginning if there is none yet. */
  static void ensureCheckpoint(StepGuard.Setting setting) throws IOException {
    if (setting.checkpoints().newest().isEmpty()) {
      StepRunner runner = setting.runner();
      setting
          .checkpoints()
          .save(
              runner.modelValues(),
              runner.optimizerValues(),
              new CheckpointState(0, 0, 0, setting.seed(), Map.of()),
              0);
    }
  }

  /** Sets weights and slots as they were; the step that they are of. */
  static long toNewest(StepGuard.Setting setting) throws IOException {
    Optional<Checkpoint> newest = setting.checkpoints().newest();
    Checkpoint checkpoint =
        newest.orElseThrow(() -> new IllegalStateException("the first checkpoint is gone"));
    setting.runner().restore(checkpoint.model());
    setting
        .runner()
        .restoreOptimizer(BundleReader.open(checkpoint.directory().resolve("optimizer")));
    return checkpoint.state().step();
  }
}
