package dev.belay.train;

import dev.belay.train.config.TrainConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** One run of {@code belay train}, from configuration to exported model. */
public final class TrainingRun {
  private TrainingRun() {}

  /**
   * What a run leaves behind.
   *
   * @param runDirectory as configured
   * @param exportDirectory the SavedModel, {@code export/1} in the run directory
   * @param startMetrics metrics before the first step; empty without validation data
   * @param finalMetrics metrics of the exported weights; empty without validation data
   */
  public record Result(
      Path runDirectory,
      Path exportDirectory,
      Map<String, Double> startMetrics,
      Map<String, Double> finalMetrics) {}

  /**
   * Trains.
   *
   * @param command the command line, for run.json
   * @param listener told of everything that happens, on the calling thread
   * @throws IOException if a file cannot be read or written; {@link
   *     dev.belay.savedmodel.CorruptModelException} if the model is refused
   * @throws ModelException if the model cannot be used as asked
   * @throws DivergedException if the loss or a norm is not finite
   */
  public static Result execute(
      TrainConfig config, List<String> command, Consumer<RunEvent> listener) throws IOException {
    throw new UnsupportedOperationException();
  }
}
