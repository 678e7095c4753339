package dev.belay.train.run;

import dev.belay.savedmodel.peft.PeftAdapter;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.file.DataFolder;
import dev.belay.train.dataset.DatasetLoader;
import dev.belay.train.dataset.TrainingData;
import dev.belay.train.doctor.NativeTensorFlow;
import dev.belay.train.hub.ModelHub;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.report.Provenance;
import dev.belay.train.report.RunFact;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Provenance of model and data in run.json, with the SHA-256 of every file. */
public final class RunProvenance {
  private RunProvenance() {}

  public static Map<String, Object> of(
      TrainConfig config,
      TrainableModel model,
      ModelHashes hashes,
      DatasetLoader data,
      TrainingData datasets)
      throws IOException {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put(RunFact.TENSORFLOW, NativeTensorFlow.version());
    facts.put("device", config.machine().device());
    facts.put("threads", config.machine().effectiveThreads());
    facts.put("seed", config.machine().seed());
    facts.put(RunFact.MODEL_DIRECTORY, absolute(model.source().path()));
    ModelHub.origin(config.model().path())
        .ifPresent(origin -> facts.put(RunFact.MODEL_HUB, origin));
    config
        .model()
        .files()
        .configuration()
        .ifPresent(file -> facts.put(RunFact.MODEL_CONFIGURATION, absolute(file)));
    facts.put(RunFact.MODEL, hashes.await());
    if (config.model().adapter().folder().isPresent()) {
      Path folder = config.model().adapter().folder().get();
      facts.put(RunFact.ADAPTER_DIRECTORY, absolute(folder));
      facts.put(RunFact.ADAPTER, Provenance.hashes(PeftAdapter.files(folder)));
    }
    facts.put(RunFact.TRAIN_FILES, Provenance.hashes(DataFolder.files(config.data().trainFiles())));
    facts.put(
        RunFact.VALIDATION_FILES,
        Provenance.hashes(DataFolder.files(config.data().validationFiles())));
    if (data.tokenizerFiles().isPresent()) {
      facts.put(RunFact.TOKENIZER, Provenance.hash(data.tokenizerFiles().get().definition()));
      facts.put(
          RunFact.TOKENIZER_SETTINGS, Provenance.hashes(data.tokenizerFiles().get().beside()));
    }
    facts.put(RunFact.TRAIN_EXAMPLES, datasets.train().size());
    facts.put(RunFact.VALIDATION_EXAMPLES, datasets.validation().map(Dataset::size).orElse(0));
    datasets
        .task()
        .problemType(Optional.empty())
        .ifPresent(problem -> facts.put(RunFact.PROBLEM_TYPE, problem));
    datasets
        .train()
        .labels()
        .map(LabelMap::names)
        .ifPresent(names -> facts.put(RunFact.LABELS, names));
    return facts;
  }

  private static String absolute(Path path) {
    return path.toAbsolutePath().normalize().toString();
  }
}
