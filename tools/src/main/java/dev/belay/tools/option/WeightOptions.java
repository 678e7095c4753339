package dev.belay.tools.option;

import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.Section;
import dev.belay.train.config.WeightsConfig;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;

/** Options of a model that say how to read its weights. */
public final class WeightOptions {
  private final RecordOptions<ModelConfig> options =
      RecordOptions.of(ModelConfig.class, option -> ModelConfig.OF_WEIGHTS.contains(option.name()))
          .under(Section.WEIGHTS);

  /** Adds the options to a command. */
  public void addTo(CommandSpec spec) {
    options.addTo(spec, option -> true);
  }

  /** The weights at a path. */
  public WeightsConfig read(Path path) {
    return options.read("model", path).weights();
  }
}
