package dev.belay.graph.runtime;

import dev.belay.graph.search.Operations;
import java.util.Set;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/**
 * Finds nodes that TensorFlow 2.10's remapper mistakes for a layer normalization that oneDNN could
 * compute in one op, although the op does not support them: {@code add(mul(reshape(batch_norm(..)),
 * scale), offset)} of half precision, with a scale or offset of several dimensions, or with
 * something else that is merely added. The rewritten graph fails when it runs; the original graph
 * does not.
 *
 * <p>Source: {@code FindMklLayerNorm} of {@code remapper.cc}, which checks neither types nor
 * shapes.
 */
public final class LayerNormFusion {
  private static final Set<String> NORMS =
      Set.of("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3");

  private static final Set<DataType> TAKEN = Set.of(DataType.DT_FLOAT, DataType.DT_BFLOAT16);

  private LayerNormFusion() {}

  /** Returns whether a graph has such nodes. */
  public static boolean fails(Graph graph) {
    for (GraphOperation sum : Operations.of(graph)) {
      boolean adds = sum.type().equals("AddV2") || sum.type().equals("Add");
      if (adds && (fails(sum, 0) || fails(sum, 1))) {
        return true;
      }
    }
    return false;
  }

  private static boolean fails(GraphOperation sum, int input) {
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
