package dev.belay.train;

import dev.belay.train.config.ReportConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.event.RunEvent;
import dev.belay.train.failure.DivergedException;
import dev.belay.train.norm.NormSummary;
import dev.belay.train.report.ConfigJson;
import dev.belay.train.report.MetricsLog;
import dev.belay.train.report.Provenance;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.report.TensorBoardLog;
import dev.belay.train.report.html.RunReport;
import java.io.IOException;
import java.util.List;
import java.util.Map;
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
  private final Optional<RunDirectory> reported;
  private final Consumer<RunEvent> listener;
  private final NormSummary norms = new NormSummary();

  private RunRecords(Files files, Consumer<RunEvent> listener) {
    this.provenance = files.provenance();
    this.metrics = files.metrics();
    this.tensorboard = files.tensorboard();
    this.reported = files.reported();
    this.listener = listener;
  }

  /**
   * What is written.
   *
   * @param reported the run, if a page is made of it when it ends
   */
  private record Files(
      Provenance provenance,
      MetricsLog metrics,
      Optional<TensorBoardLog> tensorboard,
      Optional<RunDirectory> reported) {}

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
    ReportConfig report = config.report();
    return new RunRecords(
        new Files(
            provenance,
            new MetricsLog(directory.metrics(), config.loop().loggingSteps()),
            report.tensorboard()
                ? Optional.of(new TensorBoardLog(directory.tensorboard()))
                : Optional.empty(),
            report.html() ? Optional.of(directory) : Optional.empty()),
        listener);
  }

  /** Where the run comes from. */
  Provenance provenance() {
    return provenance;
  }

  /** The end of the run, with what its gradients were like. */
  RunEvent.Done done(long steps, double seconds, Map<String, Double> metrics) {
    return new RunEvent.Done(steps, seconds, norms.clippedFraction(), norms.percentiles(), metrics);
  }

  @Override
  public void accept(RunEvent event) {
    if (event instanceof RunEvent.Trained trained) {
      norms.add(trained.gradNorm(), trained.clipped());
    }
    metrics.accept(event);
    tensorboard.ifPresent(log -> log.accept(event));
    listener.accept(event);
  }

  /** The part of a run that is recorded. */
  interface Recorded<T> {
    T run() throws IOException;
  }

  /** Runs it, says in run.json how it ended, and makes the report of it, however it ended. */
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
    } finally {
      reported.ifPresent(this::report);
    }
  }

  /** A page that cannot be made changes nothing of how the run ended. */
  private void report(RunDirectory run) {
    try {
      listener.accept(new RunEvent.Reported(RunReport.write(run)));
    } catch (IOException | RuntimeException e) {
      listener.accept(
          new RunEvent.Warned(
              run.report()
                  + " could not be written ("
                  + e.getMessage()
                  + "); `belay report` tries again"));
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
