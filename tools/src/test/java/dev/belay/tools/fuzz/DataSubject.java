package dev.belay.tools.fuzz;

import dev.belay.train.data.example.DatasetReader;
import dev.belay.train.data.example.ExampleOptions;
import dev.belay.train.data.example.FeatureRequest;
import dev.belay.train.data.example.LabelRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** A data file in text, read for a model. */
final class DataSubject implements Subject {
  private final String name;
  private final String file;
  private final byte[] bytes;
  private final ExampleOptions options;

  /**
   * @param features what the model wants
   */
  DataSubject(String file, byte[] bytes, List<FeatureRequest> features) {
    this.name = "data:" + file;
    this.file = file;
    this.bytes = bytes;
    this.options =
        new ExampleOptions(
            features, LabelRule.classes(), 64, OptionalInt.of(1_000), OptionalInt.of(0));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void prepare(Path folder) throws IOException {
    Files.write(folder.resolve(file), bytes);
  }

  @Override
  public String mutate(Dice dice, Path folder) throws IOException {
    ByteMutation.Changed changed = TextMutation.of(dice, bytes);
    Files.write(folder.resolve(file), changed.bytes());
    return changed.what();
  }

  @Override
  public void read(Path folder) throws IOException {
    DatasetReader.read(List.of(folder.resolve(file)), options, Optional.empty());
  }
}
