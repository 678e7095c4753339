package dev.belay.graph.gradient;

import dev.belay.graph.search.Operations;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.types.TFloat32;

/** Tensors that the norm of a gradient is measured on. */
public enum NormRows {
  /** The dense gradient: equal rows of a lookup are added first, as in PyTorch. */
  DENSE {
    @Override
    List<Operand<TFloat32>> of(Operand<TFloat32> gradient) {
      return List.of(gradient);
    }
  },
  /**
   * The rows of a lookup as they are, so that a word that occurs twice counts twice: the result of
   * tf.linalg.global_norm for the IndexedSlices of tf.GradientTape. A variable that is also used in
   * other ways has a dense gradient there as well.
   */
  TF {
    @Override
    List<Operand<TFloat32>> of(Operand<TFloat32> gradient) {
      List<Operand<TFloat32>> rows = new ArrayList<>();
      return collect(gradient.asOutput(), rows) ? rows : List.of(gradient);
    }
  };

  abstract List<Operand<TFloat32>> of(Operand<TFloat32> gradient);

  /** The runtime adds up rows by UnsortedSegmentSum, and gradients of several lookups by AddN. */
  private static boolean collect(Output<?> gradient, List<Operand<TFloat32>> rows) {
    GraphOperation operation = (GraphOperation) gradient.op();
    return switch (operation.type()) {
      case "UnsortedSegmentSum" -> rows.add(operation.input(0).expect(TFloat32.class));
      case "AddN" -> Operations.inputs(operation).stream().allMatch(input -> collect(input, rows));
      case "Identity", "EnsureShape", "Reshape", "Transpose" -> collect(operation.input(0), rows);
      default -> false;
    };
  }
}
