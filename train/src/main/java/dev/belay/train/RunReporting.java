package dev.belay.train;

import dev.belay.train.failure.ModelException;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.report.html.RunReport;
import java.io.IOException;
import java.nio.file.Path;

/** {@code belay report}: writes the report page of a run from the run's files. */
public final class RunReporting {
  private RunReporting() {}

  /**
   * Writes report.html into a run directory.
   *
   * @return the file
   * @throws ModelException if the directory was not made by a run
   * @throws dev.belay.savedmodel.CorruptModelException if a file of the run is broken
   */
  public static Path report(Path run) throws IOException {
    if (!RunDirectory.isRun(run)) {
      throw new ModelException(
          run + ": expected a run directory, with run.json and config.json; found none of them");
    }
    return RunReport.write(new RunDirectory(run));
  }
}
