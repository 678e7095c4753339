package dev.belay.train;

import static dev.belay.train.failure.DiskFailure.rounded;

import dev.belay.graph.variable.Variables;
import dev.belay.train.config.LoopConfig;
import dev.belay.train.config.OptimizerConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.failure.DiskFailure;
import dev.belay.train.step.TensorSpecs;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a run will need for certain, found before its weights are in memory: less than it takes in
 * all, since activations, texts and a new head are not counted.
 *
 * @param weights bytes of all variables
 * @param trained bytes of those that gradients change
 * @param slots how many values the optimizer keeps of each number that is trained
 */
record RunNeeds(long weights, long trained, int slots) {
  /** So much of what is there may be certain to be used; the rest is for what is not counted. */
  private static final double SHARE = 0.9;

  /** Of a model in its graph. */
  static RunNeeds of(OptimizerConfig optimizer, Variables variables) {
    return new RunNeeds(
        TensorSpecs.bytes(variables.all()),
        TensorSpecs.bytes(variables.trainable()),
        slots(optimizer));
  }

  private static int slots(OptimizerConfig optimizer) {
    return switch (optimizer.kind()) {
      case SGD, ADAFACTOR -> 0;
      case MOMENTUM, KERAS_MOMENTUM -> 1;
      case ADAM, ADAMW, BERT_ADAM, ADAM_TORCH, ADAMW_TORCH, LAMB ->
          optimizer.look().amsgrad() ? 3 : 2;
    };
  }

  /** Weights and slots, as a checkpoint has them. */
  long checkpointBytes() {
    return weights + slots * trained;
  }

  /**
   * What to tell of memory, where it is too little.
   *
   * @param usable empty where it is not known
   */
  Optional<String> memoryWarning(OptionalLong usable) {
    long bytes = checkpointBytes() + trained;
    if (usable.isEmpty() || bytes <= SHARE * usable.getAsLong()) {
      return Optional.empty();
    }
    return Optional.of(
        "weights, gradients and optimizer take "
            + rounded(bytes)
            + " of memory and activations come on top, but this process can get only "
            + rounded(usable.getAsLong())
            + ": the system may end the run. More memory helps, as does --optimizer adafactor,"
            + " --freeze, or a smaller model");
  }

  /**
   * What to tell of the disk, where there is too little room for the checkpoints that stay and for
   * the export.
   *
   * @param totalSteps of the run
   */
  Optional<String> diskWarning(LoopConfig loop, long totalSteps, Path directory) {
    long kept = checkpoints(loop, totalSteps);
    long bytes = kept * checkpointBytes() + weights;
    if (!DiskFailure.lacksRoom(directory, bytes)) {
      return Optional.empty();
    }
    return Optional.of(
        (kept == 1 ? "a checkpoint of " : kept + " checkpoints of ")
            + rounded(checkpointBytes())
            + " and an export of "
            + rounded(weights)
            + " will be in "
            + directory
            + ", but "
            + DiskFailure.free(directory)
            + ": make room, or keep fewer by --save-total-limit");
  }

  /** Those of the schedule and the last one, as far as they are kept. */
  private static long checkpoints(LoopConfig loop, long totalSteps) {
    long saved =
        loop.saveSteps().isPresent()
            ? (totalSteps + loop.saveSteps().getAsInt() - 1) / loop.saveSteps().getAsInt()
            : 1;
    return loop.saveTotalLimit().isPresent()
        ? Math.min(saved, loop.saveTotalLimit().getAsInt())
        : saved;
  }
}
