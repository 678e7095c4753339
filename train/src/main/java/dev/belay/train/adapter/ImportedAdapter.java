package dev.belay.train.adapter;

import dev.belay.savedmodel.model.GraphPolicy;
import dev.belay.savedmodel.names.Naming;
import dev.belay.savedmodel.weights.ModelWeights;
import dev.belay.savedmodel.weights.WeightFinder;
import dev.belay.savedmodel.weights.WeightFormat;
import dev.belay.savedmodel.weights.WeightReader;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Reads the adapter that a configuration names for a SavedModel, by the tables of names. */
public final class ImportedAdapter {
  private ImportedAdapter() {}

  /**
   * Reads it under the names of the SavedModel's variables.
   *
   * @param directory of the SavedModel
   * @param base its files
   * @return empty if the configuration names none
   * @throws ModelException if no table of names knows the SavedModel, or it is another model
   */
  public static Optional<StoredAdapter> read(
      ModelConfig config, Path directory, StoredAdapter.HashedFiles base) throws IOException {
    if (config.adapter().folder().isEmpty()) {
      return Optional.empty();
    }
    ModelWeights weights =
        WeightReader.read(
            WeightFinder.find(directory, Optional.of(WeightFormat.SAVEDMODEL)),
            GraphPolicy.strict().allowing(config.trust().allowedOps()),
            config.files().tags());
    Naming naming =
        weights
            .naming()
            .orElseThrow(
                () ->
                    new ModelException(
                        "--adapter "
                            + config.adapter().kind()
                            + ": no table of names knows the variables of "
                            + directory
                            + ", so PyTorch's names in the adapter mean nothing here: train a new"
                            + " adapter with --adapter lora"));
    return StoredAdapter.read(
            config, naming.sources().keySet(), List.of(naming.family().modelType() + "."), base)
        .map(adapter -> adapter.under(naming.sources()));
  }
}
