package dev.belay.savedmodel.weights;

import dev.belay.savedmodel.tensor.FloatWidening;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Differences between two sets of weights, tensor by tensor under canonical names.
 *
 * @param compared how many tensors both have, in one shape
 * @param onlyFirst tensors that the second lacks
 * @param onlySecond tensors that the first lacks
 * @param shapes tensors whose shapes differ
 * @param values tensors of one shape whose elements differ, largest difference first
 */
public record WeightDifference(
    int compared,
    List<String> onlyFirst,
    List<String> onlySecond,
    List<Shapes> shapes,
    List<Values> values) {

  /** A tensor whose shape or kind of numbers differs. */
  public record Shapes(String name, TensorSpec first, TensorSpec second) {}

  /**
   * A tensor whose elements differ.
   *
   * @param maxAbsolute the largest difference; NaN if one side is not a number where the other is
   * @param differing number of elements that differ
   * @param elements number of elements compared
   */
  public record Values(String name, double maxAbsolute, long differing, long elements) {}

  /** Returns whether there is no difference. */
  public boolean isEmpty() {
    return onlyFirst.isEmpty() && onlySecond.isEmpty() && shapes.isEmpty() && values.isEmpty();
  }

  /**
   * Compares. Half precision is compared as float32, so a model and its float16 copy differ by the
   * rounding.
   *
   * @param tolerance element differences up to this value are ignored
   */
  public static WeightDifference between(NamedTensors first, NamedTensors second, double tolerance)
      throws IOException {
    NamedTensors a = new FloatWidening(first);
    NamedTensors b = new FloatWidening(second);
    Set<String> onlyFirst = new TreeSet<>(a.names());
    onlyFirst.removeAll(b.names());
    Set<String> onlySecond = new TreeSet<>(b.names());
    onlySecond.removeAll(a.names());
    List<Shapes> shapes = new ArrayList<>();
    List<Values> values = new ArrayList<>();
    int compared = 0;
    for (String name : a.names()) {
      if (!b.names().contains(name)) {
        continue;
      }
      if (!a.spec(name).equals(b.spec(name))) {
        shapes.add(new Shapes(name, first.spec(name), second.spec(name)));
        continue;
      }
      compared++;
      Values difference = compare(name, a.spec(name), a.read(name), b.read(name));
      if (!(difference.maxAbsolute() <= tolerance)) {
        values.add(difference);
      }
    }
    values.sort((one, other) -> Double.compare(other.maxAbsolute(), one.maxAbsolute()));
    return new WeightDifference(
        compared, List.copyOf(onlyFirst), List.copyOf(onlySecond), shapes, values);
  }

  private static Values compare(String name, TensorSpec spec, ByteBuffer a, ByteBuffer b) {
    long elements = spec.elements();
    if (a.equals(b)) {
      return new Values(name, 0, 0, elements);
    }
    double most = 0;
    long differing = 0;
    for (int i = 0; i < elements; i++) {
      double one = element(spec, a, i);
      double other = element(spec, b, i);
      // Infinities of one sign are equal, and so are two NaNs.
      if (Double.compare(one, other) == 0 || one == other) {
        continue;
      }
      differing++;
      double difference = Math.abs(one - other);
      most = Double.isNaN(difference) ? Double.NaN : Math.max(most, difference);
    }
    return new Values(name, most, differing, elements);
  }

  private static double element(TensorSpec spec, ByteBuffer elements, int index) {
    int at = elements.position() + index * spec.elementBytes();
    return switch (spec.dtype()) {
      case DT_FLOAT -> elements.getFloat(at);
      case DT_DOUBLE -> elements.getDouble(at);
      case DT_INT64, DT_UINT64 -> elements.getLong(at);
      case DT_INT32, DT_UINT32 -> elements.getInt(at);
      case DT_INT16, DT_UINT16 -> elements.getShort(at);
      case DT_INT8, DT_UINT8, DT_BOOL -> elements.get(at);
      default -> throw new IllegalArgumentException("elements of " + spec.dtype());
    };
  }
}
