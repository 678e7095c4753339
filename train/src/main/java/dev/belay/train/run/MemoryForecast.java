package dev.belay.train.run;

import static dev.belay.train.failure.DiskFailure.rounded;

import dev.belay.graph.TrainStep;
import dev.belay.graph.memory.PeakMemory;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.session.TrainingSession;
import dev.belay.train.step.TensorSpecs;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.tensorflow.Graph;
import org.tensorflow.Operation;

/**
 * Memory that a training takes on a CPU at its largest batch.
 *
 * @param weights bytes of the weights in the session
 * @param gradients bytes of their gradients, which an update needs all at once
 * @param slots bytes of the state of the optimizer
 * @param activations bytes of all other tensors at the moment at which most are held
 * @param batch the largest batch
 */
public record MemoryForecast(
    long weights, long gradients, long slots, long activations, LongestBatch batch) {
  /** What a training takes without a model: Java, its classes, and TensorFlow's libraries. */
  private static final long PROCESS = 488L << 20;

  /**
   * Bytes that first values and updates take beside the weights, for each byte that trains:
   * measured for AdamW, see docs/performance.md.
   */
  private static final double UPDATE = 3.5;

  /** Tokens of a batch from which activations may fill any memory. */
  private static final long LARGE_BATCH = 1 << 14;

  /** Activations of a smaller batch seldom take more than so many times what else a step holds. */
  private static final int MOST_ACTIVATIONS = 7;

  /** The forecast of a step. */
  public static MemoryForecast of(Graph graph, TrainStep step, LongestBatch batch) {
    long trained = TensorSpecs.heldBytes(TrainingSession.trained(step));
    boolean accumulates = step.pass().accumulate().isPresent();
    long peak = peak(graph, step.apply(), step, batch);
    if (accumulates) {
      peak = trained + Math.max(peak, peak(graph, step.pass().accumulate().get(), step, batch));
    }
    return new MemoryForecast(
        TensorSpecs.heldBytes(weights(step)),
        trained,
        TensorSpecs.heldBytes(step.parts().slots().all()),
        Math.max(0, peak - trained),
        batch);
  }

  private static long peak(Graph graph, Operation target, TrainStep step, LongestBatch batch) {
    return PeakMemory.of(graph, List.of(target), batch.shapes(step), batch.rows());
  }

  private static List<GraphVariable> weights(TrainStep step) {
    List<GraphVariable> weights = new ArrayList<>(step.parts().model().all());
    step.parts().head().ifPresent(head -> weights.addAll(head.all()));
    return weights;
  }

  /**
   * The forecast of a run on a CPU, if its memory may be insufficient: shapes of a large graph take
   * a second before its first step.
   *
   * @param usable bytes that this process may still take; empty if unknown
   */
  public static Optional<MemoryForecast> of(
      TrainConfig config, Graph graph, TrainStep step, Dataset data, OptionalLong usable) {
    LongestBatch batch = LongestBatch.of(config, data);
    long trained = TensorSpecs.heldBytes(TrainingSession.trained(step));
    MemoryForecast least =
        new MemoryForecast(
            TensorSpecs.heldBytes(weights(step)),
            trained,
            TensorSpecs.heldBytes(step.parts().slots().all()),
            0,
            batch);
    return TrainingSession.machine(config).mayUseGpu() || !least.mayExceed(usable)
        ? Optional.empty()
        : Optional.of(of(graph, step, batch));
  }

  /** Returns whether memory may be insufficient, before the activations are known. */
  boolean mayExceed(OptionalLong usable) {
    long held = weights + gradients + slots + update();
    return usable.isPresent()
        && (batch.rows() >= LARGE_BATCH || held > usable.getAsLong() / (1 + MOST_ACTIVATIONS));
  }

  private long update() {
    return Math.round(UPDATE * gradients);
  }

  /** Bytes of the whole process. */
  public long total() {
    return PROCESS + weights + gradients + slots + activations + update();
  }

  /** The note of a run. */
  public String note() {
    return "memory: " + description();
  }

  /** Description for people. */
  public String description() {
    return "about "
        + rounded(total())
        + " at "
        + batch.examples()
        + " x "
        + batch.tokens()
        + " tokens: weights "
        + rounded(weights)
        + ", gradients "
        + rounded(gradients)
        + ", optimizer "
        + rounded(slots)
        + ", activations "
        + rounded(activations)
        + ", update "
        + rounded(update())
        + ", process "
        + rounded(PROCESS);
  }

  /**
   * A warning if memory is insufficient.
   *
   * @param usable bytes that this process may still take, besides what it has; empty if unknown
   */
  public Optional<String> warning(OptionalLong usable) {
    long more = total() - PROCESS - weights;
    if (usable.isEmpty() || more <= usable.getAsLong()) {
      return Optional.empty();
    }
    return Optional.of(
        "the training will take "
            + description()
            + "; the machine or its control group has only "
            + rounded(usable.getAsLong())
            + " for all but weights and process: the system may kill the process. Use"
            + " --gradient-checkpointing, a smaller --train-batch-size with"
            + " --gradient-accumulation-steps, --adapter lora, --optimizer adafactor or a smaller"
            + " --max-seq-length");
  }
}
