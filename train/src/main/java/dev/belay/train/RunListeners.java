package dev.belay.train;

import dev.belay.train.config.TrainConfig;
import dev.belay.train.report.MetricsLog;
import dev.belay.train.report.TensorBoardLog;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;

/** Owns the logs of a run and tells them, then the caller's listener, of every event. */
final class RunListeners implements Consumer<RunEvent>, AutoCloseable {
  private final MetricsLog metrics;
  private final Optional<TensorBoardLog> tensorboard;
  private final Consumer<RunEvent> caller;

  private RunListeners(
      MetricsLog metrics, Optional<TensorBoardLog> tensorboard, Consumer<RunEvent> caller) {
    this.metrics = metrics;
    this.tensorboard = tensorboard;
    this.caller = caller;
  }

  /** Opens the logs in a run directory. */
  static RunListeners open(TrainConfig config, RunDirectory directory, Consumer<RunEvent> caller)
      throws IOException {
    MetricsLog metrics = new MetricsLog(directory.metrics(), config.loop().loggingSteps());
    Optional<TensorBoardLog> tensorboard =
        config.tensorboard()
            ? Optional.of(new TensorBoardLog(directory.tensorboard()))
            : Optional.empty();
    return new RunListeners(metrics, tensorboard, caller);
  }

  @Override
  public void accept(RunEvent event) {
    metrics.accept(event);
    tensorboard.ifPresent(log -> log.accept(event));
    caller.accept(event);
  }

  @Override
  public void close() throws IOException {
    try (metrics) {
      if (tensorboard.isPresent()) {
        tensorboard.get().close();
      }
    }
  }
}
