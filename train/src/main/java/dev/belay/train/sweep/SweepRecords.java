package dev.belay.train.sweep;

import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.DataConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.OptionDefinition;
import dev.belay.train.config.ResumeConfig;
import dev.belay.train.config.SweepConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.data.file.DataFolder;
import dev.belay.train.report.Provenance;
import dev.belay.train.report.RunFact;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes the records of a sweep. Nothing is written before model and data are validated. */
public final class SweepRecords {
  private final SweepConfig config;
  private final SweepDirectory directory;
  private final Map<String, Object> identity;
  private final List<String> command;

  private SweepRecords(
      SweepConfig config,
      SweepDirectory directory,
      Map<String, Object> identity,
      List<String> command) {
    this.config = config;
    this.directory = directory;
    this.identity = identity;
    this.command = command;
  }

  /**
   * Opens a sweep's directory, or that of the same sweep which was killed.
   *
   * @param model the SavedModel's directory
   * @throws dev.belay.train.config.ConfigException if the directory holds anything else
   */
  public static SweepRecords open(SweepConfig config, Path model, List<String> command)
      throws IOException {
    Map<String, Object> identity = identity(config, model);
    boolean mayGoOn = config.base().resume().mode() == ResumeConfig.Mode.AUTO;
    SweepDirectory directory =
        SweepDirectory.open(
            config.base().outputDirectory(), mayGoOn, identity, options(plain(config)));
    return new SweepRecords(config, directory, identity, command);
  }

  private static Map<String, Object> identity(SweepConfig config, Path model) throws IOException {
    TrainConfig base = config.base();
    Map<String, Object> identity = new LinkedHashMap<>();
    identity.put(SweepDirectory.OPTIONS, options(config));
    identity.put(RunFact.MODEL, Provenance.hashTree(model.toAbsolutePath().normalize()));
    identity.put(
        RunFact.TRAIN_FILES, Provenance.hashes(DataFolder.files(base.data().trainFiles())));
    identity.put(
        RunFact.VALIDATION_FILES,
        Provenance.hashes(DataFolder.files(base.data().validationFiles())));
    return identity;
  }

  private static Map<String, Object> options(SweepConfig config) {
    Map<String, Object> options = ConfigBinder.json(config);
    OptionDefinition.of(SweepConfig.class).stream()
        .filter(definition -> !definition.option().identifiesSweep())
        .forEach(definition -> options.remove(definition.name()));
    return options;
  }

  /** A sweep on the same files with the default of every option. */
  private static SweepConfig plain(SweepConfig config) {
    TrainConfig base = config.base();
    TrainConfig plain =
        TrainConfig.of(
            ModelConfig.of(base.model().path()),
            DataConfig.of(base.data().trainFiles(), base.data().validationFiles()),
            base.outputDirectory());
    return SweepConfig.of(plain);
  }

  /** Directory of the sweep. */
  public SweepDirectory directory() {
    return directory;
  }

  /** Records that the sweep continues. */
  public void begin(Score score) throws IOException {
    facts(score).write();
    HParamsLog.writeExperiment(directory, config, score.metric());
  }

  private Provenance facts(Score score) {
    Provenance facts = Provenance.begin(directory.facts(), command);
    identity.forEach(facts::put);
    return facts.put("metric", score.metric()).put(RunFact.VALIDATION_EXAMPLES, score.examples());
  }

  /** Says that an arm has ended. */
  public void add(ArmResult result) throws IOException {
    HParamsLog.writeSession(directory, config, result);
    directory.finish(result);
  }

  /** Says what came of it. */
  public void finish(Recommendation recommendation, Score score) throws IOException {
    Map<String, Object> said = new LinkedHashMap<>();
    recommendation
        .arm()
        .ifPresent(
            arm -> {
              said.put("clip_norm", arm.clipText());
              said.put("clip_mode", arm.modeText());
              said.put("learning_rate", arm.learningRate());
              arm.rank().ifPresent(rank -> said.put("lora_rank", rank));
            });
    said.put("reason", recommendation.reason());
    facts(score).put("recommendation", said).finish(RunFact.DONE);
  }
}
