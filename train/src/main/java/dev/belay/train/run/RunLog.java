package dev.belay.train.run;

import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.checkpoint.CheckpointFolder;
import dev.belay.train.config.ReportConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.event.RunEvent;
import dev.belay.train.failure.DivergedException;
import dev.belay.train.failure.MachineException;
import dev.belay.train.failure.StoppedException;
import dev.belay.train.failure.WorkerLostException;
import dev.belay.train.norm.NormSummary;
import dev.belay.train.report.ConfigJson;
import dev.belay.train.report.MetricsLog;
import dev.belay.train.report.Provenance;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.report.RunFact;
import dev.belay.train.report.TensorBoardLog;
import dev.belay.train.report.html.RunReport;
import dev.belay.train.resume.RunStart;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Owns what a run writes about itself, and tells the caller's listener too. Nothing is written
 * before model and data are validated, so that a corrected command may use the same directory.
 */
public final class RunLog implements Consumer<RunEvent>, AutoCloseable {
  private final Provenance provenance;
  private final MetricsLog metrics;
  private final Optional<TensorBoardLog> tensorboard;
  private final Optional<RunDirectory> reported;
  private final Consumer<RunEvent> listener;
  private final NormSummary norms;

  private RunLog(Files files, NormSummary norms, Consumer<RunEvent> listener) {
    this.norms = norms;
    this.provenance = files.provenance();
    this.metrics = files.metrics();
    this.tensorboard = files.tensorboard();
    this.reported = files.reported();
    this.listener = listener;
  }

  /**
   * Output files of a run.
   *
   * @param reported the run, if a report page is written when it ends
   */
  private record Files(
      Provenance provenance,
      MetricsLog metrics,
      Optional<TensorBoardLog> tensorboard,
      Optional<RunDirectory> reported) {}

  /**
   * Description of the run that the records belong to.
   *
   * @param command the command line, for run.json
   * @param facts about model and data, for run.json
   * @param start step and checkpoint that the run starts from
   */
  public record LogHeader(
      TrainConfig config,
      RunDirectory directory,
      List<String> command,
      Map<String, Object> facts,
      RunStart start) {}

  /**
   * Starts the records in a run directory, or continues those of the run's own checkpoint: entries
   * of later steps are dropped, since these steps are repeated.
   */
  public static RunLog begin(LogHeader about, Consumer<RunEvent> listener) throws IOException {
    RunDirectory directory = about.directory();
    Provenance provenance = provenance(about, listener);
    about.facts().forEach(provenance::put);
    provenance.write();
    NormSummary earlier = RunReport.norms(directory);
    ReportConfig report = about.config().report();
    return new RunLog(
        new Files(
            provenance,
            MetricsLog.open(directory.metrics(), about.config().loop().loggingSteps()),
            report.tensorboard()
                ? Optional.of(new TensorBoardLog(directory.tensorboard()))
                : Optional.empty(),
            report.html() ? Optional.of(directory) : Optional.empty()),
        earlier,
        listener);
  }

  private static Provenance provenance(LogHeader about, Consumer<RunEvent> listener)
      throws IOException {
    RunDirectory directory = about.directory();
    Optional<Checkpoint> checkpoint = about.start().checkpoint();
    if (checkpoint.isPresent() && about.start().own()) {
      long step = checkpoint.get().state().step();
      directory.removeUnfinished();
      CheckpointFolder folder = new CheckpointFolder(directory.checkpoints(), OptionalInt.empty());
      folder.removeUnfinished();
      folder.removeAfter(step);
      MetricsLog.cutAfter(directory.metrics(), step);
      TensorBoardLog.cutAfter(directory.tensorboard(), step);
      if (about.start().changed()) {
        ConfigJson.write(about.config(), directory.config());
      }
      return Provenance.resume(
          directory.provenance(), about.command(), checkpoint.get().directory());
    }
    directory
        .keepFailure()
        .ifPresent(
            kept ->
                listener.accept(
                    new RunEvent.Warned(
                        "an earlier run in this directory failed: its replay bundle, metrics.jsonl"
                            + " and run.json are now in "
                            + kept)));
    directory.clear();
    ConfigJson.write(about.config(), directory.config());
    Provenance provenance = Provenance.begin(directory.provenance(), about.command());
    checkpoint.ifPresent(from -> provenance.addResume(about.command(), from.directory()));
    return provenance;
  }

  /** Provenance of the run. */
  Provenance provenance() {
    return provenance;
  }

  /** Of the norms before the clip; those of steps before a resumption are read from the file. */
  Map<String, Double> normPercentiles() {
    return norms.percentiles();
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

  /** Brings to the disk what was written. */
  void force() {
    metrics.force();
  }

  /** The part of a run that is recorded. */
  public interface Recorded<T> {
    T run() throws IOException;
  }

  /**
   * Runs it, says in run.json how it ended, and makes the report of it, however it ended. Only who
   * stops a run does not wait for a page: the run's own end draws it, or {@code belay report}.
   */
  public <T> T recording(Recorded<T> part) throws IOException {
    boolean stopped = false;
    try {
      T result = part.run();
      provenance.finish(RunFact.DONE);
      return result;
    } catch (StoppedException | WorkerLostException e) {
      stopped = true;
      finish("stopped", e);
      throw e;
    } catch (DivergedException e) {
      finish(RunFact.DIVERGED, e);
      throw e;
    } catch (IOException | RuntimeException | Error e) {
      finish("failed", e);
      throw e;
    } finally {
      if (!stopped) {
        reported.ifPresent(this::report);
      }
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

  /** The failure that ended the run comes first, even if the disk accepts no record of it. */
  private void finish(String status, Throwable why) {
    try {
      provenance.put(RunFact.ERROR, String.valueOf(why.getMessage())).finish(status);
    } catch (IOException | MachineException e) {
      why.addSuppressed(e);
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
