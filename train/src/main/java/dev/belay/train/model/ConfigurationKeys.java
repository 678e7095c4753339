package dev.belay.train.model;

import dev.belay.savedmodel.configuration.GenerationSettings;
import dev.belay.savedmodel.configuration.KeyReport;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.weights.WeightLocation;
import dev.belay.train.task.OwnGraph;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/** Checks the keys of a config.json against what Belay's own graphs compute. */
final class ConfigurationKeys {
  private ConfigurationKeys() {}

  /**
   * Refuses a configuration whose computation differs from Belay's.
   *
   * @param file of the configuration, for messages
   * @param notes receives the keys that have no effect
   */
  static void require(ModelConfiguration configuration, Path file, ModelNotes notes)
      throws IOException {
    KeyReport keys = KeyReport.of(configuration);
    keys.requireComputed(file);
    if (!keys.unknown().isEmpty()) {
      notes.add("keys of " + file.getFileName() + " that Belay does not know: " + keys.unknown());
    }
  }

  /** The settings of generate beside a configuration, or in it. */
  static GenerationSettings generation(ModelConfiguration configuration, WeightLocation location)
      throws IOException {
    return GenerationSettings.read(location.configuration().orElse(location.path()), configuration);
  }

  /** Says which settings of generate predictions heed. */
  static void noteGeneration(
      ModelConfiguration configuration, WeightLocation location, ModelNotes notes)
      throws IOException {
    if (!OwnGraph.isLanguageModel(configuration)) {
      return;
    }
    GenerationSettings settings = generation(configuration, location);
    String file = settings.file().getFileName().toString();
    if (!settings.heeded().isEmpty()) {
      notes.add(
          Set.of(ModelUse.PREDICTION),
          "generation settings of "
              + file
              + ": "
              + String.join(", ", settings.heeded())
              + "; options take precedence");
    }
    if (!settings.unknown().isEmpty()) {
      notes.add(
          Set.of(ModelUse.PREDICTION),
          "keys of " + file + " that Belay does not know: " + settings.unknown());
    }
  }
}
