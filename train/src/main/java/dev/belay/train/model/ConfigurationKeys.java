package dev.belay.train.model;

import dev.belay.savedmodel.configuration.KeyReport;
import dev.belay.savedmodel.configuration.ModelConfiguration;
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
    if (!keys.generation().isEmpty() && OwnGraph.isLanguageModel(configuration)) {
      notes.add(
          Set.of(ModelUse.PREDICTION),
          "generation settings of "
              + file.getFileName()
              + " that are not used: "
              + keys.generation()
              + "; set --num-beams, --max-new-tokens and --length-penalty");
    }
  }
}
