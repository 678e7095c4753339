package dev.belay.train.run;

import dev.belay.train.config.TrainConfig;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.file.DataFolder;
import dev.belay.train.dataset.DatasetLoader;
import dev.belay.train.dataset.TrainingData;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.report.Provenance;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.TensorFlow;

/** Provenance of model and data in run.json, with the SHA-256 of every file. */
public final class RunProvenance {
  private RunProvenance() {}

  public static Map<String, Object> of(
      TrainConfig config, TrainableModel model, DatasetLoader data, TrainingData datasets)
      throws IOException {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("tensorflow", TensorFlow.version());
    facts.put("device", config.machine().device());
    facts.put("threads", config.machine().effectiveThreads());
    facts.put("seed", config.machine().seed());
    facts.put("model_directory", absolute(model.source().path()));
    config
        .model()
        .files()
        .configuration()
        .ifPresent(file -> facts.put("model_configuration", absolute(file)));
    facts.put("model", model.hashes());
    facts.put("train_files", hashes(DataFolder.files(config.data().trainFiles())));
    facts.put("validation_files", hashes(DataFolder.files(config.data().validationFiles())));
    if (data.tokenizerFiles().isPresent()) {
      facts.put("tokenizer", Provenance.hash(data.tokenizerFiles().get().definition()));
      facts.put("tokenizer_settings", hashes(data.tokenizerFiles().get().beside()));
    }
    facts.put("train_examples", datasets.train().size());
    facts.put("validation_examples", datasets.validation().map(Dataset::size).orElse(0));
    datasets
        .task()
        .problemType(Optional.empty())
        .ifPresent(problem -> facts.put("problem_type", problem));
    datasets.train().labels().map(LabelMap::names).ifPresent(names -> facts.put("labels", names));
    return facts;
  }

  private static String absolute(Path path) {
    return path.toAbsolutePath().normalize().toString();
  }

  private static List<Map<String, Object>> hashes(List<Path> files) throws IOException {
    List<Map<String, Object>> hashes = new ArrayList<>();
    for (Path file : files) {
      hashes.add(Provenance.hash(file));
    }
    return hashes;
  }
}
