package dev.belay.train;

import dev.belay.train.config.TrainConfig;
import dev.belay.train.event.RunEvent;
import dev.belay.train.failure.DivergedException;
import dev.belay.train.report.ConfigJson;
import dev.belay.train.report.MetricsLog;
import dev.belay.train.report.Provenance;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.report.TensorBoardLog;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Owns what a run writes about itself, and tells the caller's listener too. Nothing is written
 * before model and data were found sound, so that a corrected command may use the same directory.
 */
final class RunRecords implements Consumer<RunEvent>, AutoCloseable {
  private final Provenance provenance;
  private final MetricsLog metrics;
  private final Optional<TensorBoardLog> tensorboard;
  private final Consumer<RunEvent> listener;

  private RunRecords(
      Provenance provenance,
      MetricsLog metrics,
      Optional<TensorBoardLog> tensorboard,
      Consumer<RunEvent> listener) {
    this.provenance = provenance;
    this.metrics = metrics;
    this.tensorboard = tensorboard;
    this.listener = listener;
  }

  /**
   * Begins the records in a run directory.
   *
   * @param command the command line, for run.json
   */
  static RunRecords begin(
      TrainConfig config, RunDirectory directory, List<String> command, Consumer<RunEvent> listener)
      throws IOException {
    ConfigJson.write(config, directory.config());
    Provenance provenance = new Provenance(directory.provenance(), command);
    provenance.write();
    return new RunRecords(
        provenance,
        new MetricsLog(directory.metrics(), config.loop().loggingSteps()),
        config.tensorboard()
            ? Optional.of(new TensorBoardLog(directory.tensorboard()))
            : Optional.empty(),
        listener);
  }

  /** Where the run comes from. */
  Provenance provenance() {
    return provenance;
  }

  @Override
  public void accept(RunEvent event) {
    metrics.accept(event);
    tensorboard.ifPresent(log -> log.accept(event));
    listener.accept(event);
  }

  /** The part of a run that is recorded. */
  interface Recorded<T> {
    T run() throws IOException;
  }

  /** Runs it, and says in run.json how it ended. */
  <T> T recording(Recorded<T> part) throws IOException {
    try {
      T result = part.run();
      provenance.finish("done");
      return result;
    } catch (DivergedException e) {
      provenance.put("error", e.getMessage()).finish("diverged");
      throw e;
    } catch (IOException | RuntimeException e) {
      provenance.put("error", String.valueOf(e.getMessage())).finish("failed");
      throw e;
    }
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
