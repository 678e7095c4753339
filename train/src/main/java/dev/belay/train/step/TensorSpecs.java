package dev.belay.train.step;

import dev.belay.graph.variable.GraphVariable;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.util.List;

/** Tensor specifications for the variables of a graph, as files hold them. */
public final class TensorSpecs {
  private TensorSpecs() {}

  /** Type and shape of a variable's value, of the whole one if its graph holds some rows alone. */
  public static TensorSpec of(GraphVariable variable) {
    return new TensorSpec(variable.spec().dtype(), variable.spec().storedShape());
  }

  /** Bytes of the values of variables, of whole ones. */
  public static long bytes(List<GraphVariable> variables) {
    return variables.stream().mapToLong(variable -> of(variable).bytes()).sum();
  }

  /** Bytes of the values that a graph holds. */
  public static long heldBytes(List<GraphVariable> variables) {
    return variables.stream()
        .map(GraphVariable::spec)
        .mapToLong(spec -> new TensorSpec(spec.dtype(), spec.shape()).bytes())
        .sum();
  }
}
