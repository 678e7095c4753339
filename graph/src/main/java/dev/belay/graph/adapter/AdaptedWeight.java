package dev.belay.graph.adapter;

import dev.belay.graph.variable.VariableSpec;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/**
 * Frozen weight with its adapter. The weight that computes the same without the adapter is {@code W
 * + s A B}, laid out as W.
 *
 * @param weight name of the frozen variable
 * @param a name of A
 * @param b name of B
 * @param rank r and s
 * @param layout of the weight
 */
public record AdaptedWeight(
    String weight, String a, String b, AdapterPlan.Rank rank, WeightLayout layout) {

  /** The weight with the usual names of A and B. */
  public static AdaptedWeight of(String weight, AdapterPlan.Rank rank, WeightLayout layout) {
    return new AdaptedWeight(weight, AdapterNames.a(weight), AdapterNames.b(weight), rank, layout);
  }

  /** The variable A, [r, inputs], which trains. */
  public VariableSpec specOfA() {
    List<Long> sizes = new ArrayList<>(List.of((long) rank.size()));
    sizes.addAll(layout.inputs());
    return spec(a, sizes);
  }

  /** The variable B, [outputs, r], which trains. */
  public VariableSpec specOfB() {
    List<Long> sizes = new ArrayList<>(layout.outputs());
    sizes.add((long) rank.size());
    return spec(b, sizes);
  }

  private static VariableSpec spec(String name, List<Long> sizes) {
    Shape shape = Shape.of(sizes.stream().mapToLong(Long::longValue).toArray());
    return new VariableSpec(name, DataType.DT_FLOAT, shape, true, VariableSpec.Units.ROWS);
  }
}
