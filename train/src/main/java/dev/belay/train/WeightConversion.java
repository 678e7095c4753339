package dev.belay.train;

import dev.belay.savedmodel.weights.GraphWeights;
import dev.belay.savedmodel.weights.ModelWeights;
import dev.belay.savedmodel.weights.WeightDifference;
import dev.belay.savedmodel.weights.WeightTarget;
import dev.belay.savedmodel.weights.WeightWriter;
import dev.belay.train.config.ConvertConfig;
import dev.belay.train.config.WeightsConfig;
import dev.belay.train.failure.DiskFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Weights from one format into another, and two sets of weights side by side. */
public final class WeightConversion {
  private WeightConversion() {}

  /**
   * What came of a conversion.
   *
   * @param path the folder that was written
   * @param from the source's format, such as {@code tf1}
   * @param to the form that was written
   * @param weights how many tensors went along
   * @param leftBehind what did not, and why
   */
  public record Result(Path path, String from, String to, int weights, List<String> leftBehind) {}

  /**
   * Converts: every weight, or an error that lists those that cannot go along.
   *
   * @throws dev.belay.train.failure.MachineException if the disk has no room or does not take them
   */
  public static Result convert(ConvertConfig config) throws IOException {
    return write(
        WeightSource.read(config.source()), config.target(), config.destination(), config.graph());
  }

  static Result write(
      ModelWeights weights, WeightTarget target, Path destination, Optional<Path> graph)
      throws IOException {
    List<String> leftBehind = new ArrayList<>();
    if (target == WeightTarget.SAVEDMODEL) {
      ModelWeights model =
          graph.isPresent() ? WeightSource.read(WeightsConfig.of(graph.get())) : weights;
      DiskFailure.guard(
          destination,
          GraphWeights.bytes(model),
          () -> GraphWeights.write(weights, model, destination));
    } else {
      DiskFailure.guard(
          destination,
          WeightWriter.bytes(weights, target),
          () -> leftBehind.addAll(WeightWriter.write(weights, target, destination)));
    }
    return new Result(
        destination,
        weights.location().format().option(),
        target.option(),
        weights.canonical().names().size(),
        leftBehind);
  }

  /**
   * Compares two sets of weights by canonical names.
   *
   * @param tolerance differences of elements up to this are none
   */
  public static WeightDifference compare(
      WeightsConfig first, WeightsConfig second, double tolerance) throws IOException {
    return WeightDifference.between(
        WeightSource.read(first).canonical(), WeightSource.read(second).canonical(), tolerance);
  }
}
