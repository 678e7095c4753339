package dev.belay.train.sandbox;

import dev.belay.savedmodel.ModelFiles;
import dev.belay.savedmodel.model.SavedModelReader;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.failure.MachineException;
import dev.belay.train.failure.ModelException;
import dev.belay.train.model.ModelSandbox;
import dev.belay.train.model.ModelSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads models in a separate process first, with limits on its memory and time; each model once,
 * until it or Belay changes.
 */
public final class ProcessSandbox implements ModelSandbox {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessSandbox.class);

  private final SandboxCache judged;
  private final Limits limits;
  private final SandboxClassPath classPath;

  ProcessSandbox(SandboxCache judged, Limits limits, SandboxClassPath classPath) {
    this.judged = judged;
    this.limits = limits;
    this.classPath = classPath;
  }

  /** Resource limits by model. */
  @FunctionalInterface
  interface Limits {
    SandboxLimits of(Path model) throws IOException;
  }

  /** A sandbox that remembers for this user which models passed. */
  public static ModelSandbox ofUser() {
    return new ProcessSandbox(
        SandboxCache.ofUser(), SandboxLimits::of, SandboxClassPath::ofThisProcess);
  }

  /**
   * The same where the classes of this process lie in no files, as in an archive of archives.
   *
   * @param jars of Belay and of all that it depends on
   */
  public static ModelSandbox ofUser(List<Path> jars) {
    List<Path> given = List.copyOf(jars);
    return new ProcessSandbox(
        SandboxCache.ofUser(), SandboxLimits::of, () -> SandboxClassPath.joined(given));
  }

  @Override
  public SandboxCheck begin(ModelConfig config, boolean trains) throws IOException {
    ModelSource source = ModelSource.of(config);
    // A graph that Belay builds is its own, and weights are judged in Java.
    if (config.trust().untried() || source.weights().isPresent()) {
      return SandboxCheck.PASSED;
    }
    Path model = SavedModelReader.find(source.directory());
    List<String> arguments = new SandboxRequest(config, trains).arguments();
    String key = SandboxCache.key(model, arguments.subList(1, arguments.size()));
    if (judged.holds(key)) {
      LOG.debug("{} was tried before and passed", model);
      return SandboxCheck.PASSED;
    }
    return new Trial(model, key, start(arguments, model));
  }

  private SandboxProcess start(List<String> arguments, Path model) throws IOException {
    try {
      return SandboxProcess.start(classPath.value(), arguments, limits.of(model));
    } catch (IOException e) {
      throw notTried(model, e.getMessage(), e);
    }
  }

  private static MachineException notTried(Path model, String why, Throwable cause) {
    return new MachineException(
        model
            + ": the process that tries a foreign model could not be started: "
            + why
            + "; --trust-model goes without it, if you trust the model",
        cause);
  }

  /** Owns the sandbox process of one model. */
  private final class Trial implements SandboxCheck {
    private final Path model;
    private final String key;
    private final SandboxProcess process;

    Trial(Path model, String key, SandboxProcess process) {
      this.model = model;
      this.key = key;
      this.process = process;
    }

    @Override
    public void await() throws IOException {
      SandboxOutcome end = process.await();
      LOG.debug("{} was tried: {}", model, end);
      if (end.isPassed()) {
        remember();
      } else if (!end.isRefused()) {
        throw end.began() ? killed(end) : notTried(model, end.cause(), null);
      }
    }

    private void remember() {
      try {
        judged.add(key, model);
      } catch (IOException e) {
        LOG.warn("{} passed, which could not be remembered: {}", model, e.toString());
      }
    }

    private ModelException killed(SandboxOutcome end) {
      return new ModelException(
          model.resolve(ModelFiles.SAVED_MODEL)
              + ": expected a model that TensorFlow survives, found that the process that tried it "
              + end.cause()
              + " while "
              + end.stage()
              + ". The model is damaged, hostile, or larger than this machine; if you trust it,"
              + " --trust-model takes it into this process, which may die of it");
    }

    @Override
    public void close() {
      process.close();
    }
  }
}
