package dev.belay.train.stability;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.bundle.BundleContents;
import dev.belay.savedmodel.bundle.BundleReader;
import dev.belay.savedmodel.bundle.BundleWriter;
import dev.belay.savedmodel.export.AtomicDirectory;
import dev.belay.train.data.batch.UpdateBatch;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.step.StepRunner;
import dev.belay.train.step.VariableSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * All it takes to make one step again: {@code step.json}, {@code batch.json}, the weights before
 * the step, the run's {@code config.json}, and what was found, {@code diagnosis.json}.
 *
 * @param directory folder of the bundle
 */
public record ReplayBundle(Path directory) {
  private static final String STEP = "step.json";
  private static final String BATCH = "batch.json";
  private static final String WEIGHTS = "weights";

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /**
   * The step.
   *
   * @param step from 1; with the seed it decides what dropout drops
   * @param seed of the run
   * @param learningRate of the step
   * @param loss of the step; NaN and infinities as text
   * @param gradNorm of the step, before the clip
   * @param lossScale that its loss was multiplied with
   * @param outputs classes of a new head
   */
  public record Step(
      long step,
      long seed,
      double learningRate,
      double loss,
      double gradNorm,
      double lossScale,
      int outputs) {}

  /** Contents of a bundle, besides the weights. */
  record Contents(Step step, UpdateBatch batch, Diagnosis diagnosis, Path config) {}

  /** Writes a bundle: all of it, or nothing. */
  static ReplayBundle write(Path target, Contents contents, StepRunner runner) throws IOException {
    try (AtomicDirectory directory = AtomicDirectory.create(target)) {
      Path path = directory.path();
      Files.write(path.resolve(STEP), JSON.writeValueAsBytes(contents.step()));
      Files.write(
          path.resolve("diagnosis.json"), JSON.writeValueAsBytes(contents.diagnosis().facts()));
      BatchFile.write(contents.batch(), path.resolve(BATCH));
      Files.copy(contents.config(), path.resolve(RunDirectory.CONFIG));
      try (VariableSnapshot weights = runner.snapshotWeights();
          BundleWriter writer = BundleWriter.create(path.resolve(WEIGHTS))) {
        writer.addAll(weights);
        writer.commit();
      }
      directory.commit();
    }
    return new ReplayBundle(target);
  }

  /**
   * The bundle of a run, or that directory itself.
   *
   * @throws CorruptModelException if there is none
   */
  public static ReplayBundle find(Path runOrBundle) throws CorruptModelException {
    for (Path path : new Path[] {runOrBundle.resolve(RunDirectory.FAILURE), runOrBundle}) {
      if (Files.isRegularFile(path.resolve(STEP))) {
        return new ReplayBundle(path);
      }
    }
    throw new CorruptModelException(
        runOrBundle,
        "replay bundle",
        "a run directory with failure/step.json in it, or such a bundle; a run has one after its"
            + " first step that was not finite",
        "no such file");
  }

  /** The step. */
  public Step step() throws IOException {
    Path file = directory.resolve(STEP);
    try {
      return JSON.readValue(file.toFile(), Step.class);
    } catch (JacksonException e) {
      throw new CorruptModelException(
          file, "JSON", "the numbers of a step", e.getOriginalMessage());
    }
  }

  /** Its batch. */
  public UpdateBatch batch() throws IOException {
    Path file = directory.resolve(BATCH);
    try {
      return BatchFile.read(file);
    } catch (JacksonException e) {
      throw new CorruptModelException(file, "JSON", "the batch of a step", e.getOriginalMessage());
    }
  }

  /** The weights before it. */
  public BundleContents weights() throws IOException {
    return BundleReader.open(directory.resolve(WEIGHTS));
  }

  /** The options of the run. */
  public Path config() {
    return directory.resolve(RunDirectory.CONFIG);
  }
}
