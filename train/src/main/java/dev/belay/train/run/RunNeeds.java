package dev.belay.train.run;

import static dev.belay.train.failure.DiskFailure.rounded;

import dev.belay.graph.forward.ForwardModel;
import dev.belay.train.config.LoopConfig;
import dev.belay.train.config.OptimizerConfig;
import dev.belay.train.failure.DiskFailure;
import dev.belay.train.step.TensorSpecs;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Minimum memory and disk space of a run, known before the weights are loaded. Activations, data
 * and a new head are not counted.
 *
 * @param weights bytes of all variables
 * @param saved bytes of those that a checkpoint holds
 * @param trained bytes of the trainable variables
 * @param slots optimizer slots per trainable variable
 * @param idle bytes of rows of trainable tables that no text uses, which have neither gradient nor
 *     slots in memory
 */
public record RunNeeds(long weights, long saved, long trained, int slots, long idle) {
  /** The share of available memory that the minimum may use; the rest is for activations. */
  private static final double SHARE = 0.9;

  /** Steps after which Hugging Face's Trainer writes its first checkpoint. */
  private static final int MANY_STEPS = 500;

  /** The needs of a model. */
  public static RunNeeds of(OptimizerConfig optimizer, ForwardModel model) {
    long weights = TensorSpecs.bytes(model.variables().all());
    long trained = TensorSpecs.bytes(model.variables().trainable());
    return new RunNeeds(
        weights,
        model.adapted().isEmpty() ? weights : trained,
        trained,
        slots(optimizer),
        trained - TensorSpecs.heldBytes(model.variables().trainable()));
  }

  private static int slots(OptimizerConfig optimizer) {
    return switch (optimizer.kind()) {
      case SGD, ADAFACTOR -> 0;
      case MOMENTUM, KERAS_MOMENTUM -> 1;
      case ADAM, ADAMW, BERT_ADAM, ADAM_TORCH, ADAMW_TORCH, LAMB ->
          optimizer.look().amsgrad() ? 3 : 2;
    };
  }

  /** Bytes of the weights and slots in a checkpoint. */
  long checkpointBytes() {
    return saved + slots * trained;
  }

  /**
   * A warning if memory is insufficient.
   *
   * @param usable available bytes; empty if unknown
   */
  public Optional<String> memoryWarning(OptionalLong usable) {
    long bytes = weights + (slots + 1) * (trained - idle);
    if (usable.isEmpty() || bytes <= SHARE * usable.getAsLong()) {
      return Optional.empty();
    }
    return Optional.of(
        "weights, gradients and optimizer need "
            + rounded(bytes)
            + " of memory, without activations, but only "
            + rounded(usable.getAsLong())
            + " is available: the system may kill the process. Provide more memory, or use"
            + " --optimizer adafactor, --freeze or a smaller model");
  }

  /**
   * A warning if the disk has too little space for the checkpoints that are kept and the export.
   *
   * @param totalSteps of the run
   * @param stepsPerEpoch of them
   */
  public Optional<String> diskWarning(
      LoopConfig loop, long totalSteps, long stepsPerEpoch, Path directory) {
    long kept = checkpoints(loop, totalSteps, stepsPerEpoch);
    long bytes = kept * checkpointBytes() + weights;
    if (!DiskFailure.lacksRoom(directory, bytes)) {
      return Optional.empty();
    }
    return Optional.of(
        (kept == 1 ? "a checkpoint of " : kept + " checkpoints of ")
            + rounded(checkpointBytes())
            + " and an export of "
            + rounded(weights)
            + " will be written to "
            + directory
            + ", but "
            + DiskFailure.free(directory)
            + ": free some space, or keep fewer checkpoints with --save-total-limit");
  }

  /** A note if a long run has no checkpoint before its end. */
  static Optional<String> lateCheckpoint(LoopConfig loop, long totalSteps) {
    boolean saves = loop.saveSteps().isPresent() || loop.saveEpochs() || loop.loadBestModelAtEnd();
    return saves || totalSteps < MANY_STEPS
        ? Optional.empty()
        : Optional.of(
            "the first checkpoint is written after the last of "
                + totalSteps
                + " steps: a crash before loses all; --save-steps N or --save-epochs saves"
                + " earlier");
  }

  /** How many checkpoints are kept: the scheduled ones and the last one, up to the limit. */
  private static long checkpoints(LoopConfig loop, long totalSteps, long stepsPerEpoch) {
    long before = totalSteps - 1;
    long saved = 1;
    if (loop.saveSteps().isPresent()) {
      saved += before / loop.saveSteps().getAsInt();
    }
    if (loop.saveEpochs()) {
      saved += before / stepsPerEpoch;
    }
    return loop.saveTotalLimit().isPresent()
        ? Math.min(saved, loop.saveTotalLimit().getAsInt())
        : saved;
  }
}
