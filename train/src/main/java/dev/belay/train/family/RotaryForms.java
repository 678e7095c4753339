package dev.belay.train.family;

import dev.belay.graph.layer.RotaryFrequencies;
import dev.belay.graph.layer.RotaryPositions;
import dev.belay.savedmodel.configuration.RotaryPositions.Band;
import java.util.List;

/** Converts the rotary positions of a configuration to those of {@code graph}. */
final class RotaryForms {
  private RotaryForms() {}

  static RotaryPositions of(dev.belay.savedmodel.configuration.RotaryPositions said) {
    int size = said.size();
    return new RotaryPositions(size, frequencies(said), said.attention());
  }

  private static RotaryPositions.Frequencies frequencies(
      dev.belay.savedmodel.configuration.RotaryPositions said) {
    double base = said.base();
    int size = said.size();
    List<Float> fixed =
        switch (said.scaling()) {
          case DEFAULT, DYNAMIC -> RotaryFrequencies.plain(base, size);
          case LINEAR -> RotaryFrequencies.linear(base, size, said.factor());
          case LLAMA3 -> RotaryFrequencies.llama3(base, size, stretch(said));
          case YARN -> RotaryFrequencies.yarn(base, size, stretch(said));
        };
    return said.scaling() == dev.belay.savedmodel.configuration.RotaryPositions.Scaling.DYNAMIC
        ? new RotaryPositions.Dynamic(base, said.factor(), said.trained())
        : new RotaryPositions.Fixed(fixed);
  }

  private static RotaryFrequencies.Stretch stretch(
      dev.belay.savedmodel.configuration.RotaryPositions said) {
    Band band = said.band().orElseThrow();
    return new RotaryFrequencies.Stretch(
        said.factor(), said.trained(), band.slow(), band.fast(), band.truncates());
  }
}
