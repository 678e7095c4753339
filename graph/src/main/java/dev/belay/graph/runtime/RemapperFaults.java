package dev.belay.graph.runtime;

import dev.belay.graph.search.Operations;
import java.util.Set;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/**
 * Finds nodes that TensorFlow 2.10's remapper, with oneDNN, replaces by an op that computes
 * something else or fails. The original graph does neither, so such a graph runs without the
 * remapper. There are two kinds:
 *
 * <ul>
 *   <li>{@code add(mul(reshape(batch_norm(..)), scale), offset)} is taken for a layer
 *       normalization, although it is of half precision, has a scale or offset of several
 *       dimensions, or adds something else.
 *   <li>{@code a sigmoid(b)} and {@code a tanh(softplus(b))} are taken for swish and mish of one
 *       tensor, although {@code a} and {@code b} are different outputs of one op, such as a split:
 *       a gated linear unit.
 * </ul>
 *
 * <p>Source: {@code FindMklLayerNorm}, which checks neither types nor shapes, and {@code
 * FindSigmoidAndMul} of {@code remapper.cc}, whose patterns compare nodes and not their outputs.
 */
public final class RemapperFaults {
  private static final Set<String> NORMS =
      Set.of("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3");

  /** Ops that grappler removes before it looks for patterns. */
  private static final Set<String> PASSING = Set.of("Identity", "Snapshot", "StopGradient");

  private static final Set<DataType> TAKEN = Set.of(DataType.DT_FLOAT, DataType.DT_BFLOAT16);

  private RemapperFaults() {}

  /** Returns whether a graph has such nodes. */
  public static boolean anyIn(Graph graph) {
    for (GraphOperation operation : Operations.of(graph)) {
      boolean wrong =
          switch (operation.type()) {
            case "Add", "AddV2" -> failsAsNorm(operation, 0) || failsAsNorm(operation, 1);
            case "Mul" -> gates(operation, 0) || gates(operation, 1);
            default -> false;
          };
      if (wrong) {
        return true;
      }
    }
    return false;
  }

  /** Whether an input is a gate, and the other input is another output of what the gate is of. */
  private static boolean gates(GraphOperation product, int input) {
    GraphOperation gate = operation(source(product.input(input)));
    if (gate.type().equals("Tanh")) {
      gate = operation(source(gate.input(0)));
      if (!gate.type().equals("Softplus")) {
        return false;
      }
    } else if (!gate.type().equals("Sigmoid")) {
      return false;
    }
    Output<?> gated = source(product.input(1 - input));
    Output<?> by = source(gate.input(0));
    // Two ops of one type may become one when grappler removes duplicates.
    return gated.index() != by.index() && gated.op().type().equals(by.op().type());
  }

  private static Output<?> source(Output<?> tensor) {
    Output<?> source = tensor;
    while (PASSING.contains(source.op().type())) {
      source = operation(source).input(0);
    }
    return source;
  }

  private static boolean failsAsNorm(GraphOperation sum, int input) {
    GraphOperation product = operation(sum.input(input));
    if (!product.type().equals("Mul")) {
      return false;
    }
    for (int i = 0; i < 2; i++) {
      if (isNorm(product.input(i))) {
        return !TAKEN.contains(sum.output(0).dataType())
            || !isVector(product.input(1 - i))
            || !isVector(sum.input(1 - input));
      }
    }
    return false;
  }

  private static boolean isNorm(Output<?> tensor) {
    GraphOperation reshape = operation(tensor);
    return reshape.type().equals("Reshape") && NORMS.contains(operation(reshape.input(0)).type());
  }

  private static boolean isVector(Output<?> tensor) {
    Shape shape = tensor.shape();
    return !shape.isUnknown() && shape.numDimensions() == 1;
  }

  private static GraphOperation operation(Output<?> tensor) {
    return (GraphOperation) tensor.op();
  }
}
