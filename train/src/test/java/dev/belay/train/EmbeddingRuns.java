package dev.belay.train;

import dev.belay.savedmodel.Fixtures;
import dev.belay.train.config.TrainConfig;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Runs over the fixtures of sentence embeddings, with the settings of their goldens. */
final class EmbeddingRuns {
  private EmbeddingRuns() {}

  /**
   * A run that trains on a fixture's pairs.
   *
   * @param folder that the run is written to, as {@code run}
   * @param changes options that differ
   */
  static TrainConfig config(Path folder, String fixture, Map<String, String> changes) {
    Path files = Fixtures.path("sentence_embeddings", fixture);
    Map<String, String> options = new HashMap<>();
    options.put("model", files.resolve("model").toString());
    options.put("train-file", files.resolve("train.jsonl").toString());
    options.put("output-dir", folder.resolve("run").toString());
    options.put("train-batch-size", "4");
    options.put("num-train-epochs", "1");
    options.put("shuffle", "off");
    options.put("dropout", "off");
    options.put("optimizer", "adamw_torch");
    options.put("weight-decay", "0");
    options.put("learning-rate", "1e-3");
    options.put("lr-scheduler", "constant");
    options.put("report", "none");
    options.putAll(changes);
    return TrainConfig.fromOptions(options);
  }
}
