package dev.belay.train.step;

import dev.belay.graph.variable.GraphVariable;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.util.List;

/** Tensor specifications for the variables of a graph, as files hold them. */
public final class TensorSpecs {
  private TensorSpecs() {}

  /** Type and shape of a variable's value. */
  public static TensorSpec of(GraphVariable variable) {
    return new TensorSpec(variable.spec().dtype(), variable.spec().shape());
  }

  /** Bytes of the values of variables. */
  public static long bytes(List<GraphVariable> variables) {
    return variables.stream().mapToLong(variable -> of(variable).bytes()).sum();
  }
}
