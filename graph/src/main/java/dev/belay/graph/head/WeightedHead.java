package dev.belay.graph.head;

import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.Pass;
import dev.belay.graph.variable.Variables;
import java.util.List;
import java.util.function.BiFunction;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** Head with declared weights, and its forward pass from features to output. */
record WeightedHead(
    Variables variables,
    List<Operation> initializers,
    long seed,
    boolean ofTokens,
    BiFunction<Pass, Operand<TFloat32>, Operand<TFloat32>> layers)
    implements AttachedHead {
  private static final long FIRST_SITE = 2;

  static WeightedHead of(
      Parameters parameters,
      long seed,
      BiFunction<Pass, Operand<TFloat32>, Operand<TFloat32>> layers) {
    return new WeightedHead(parameters.variables(), parameters.initializers(), seed, false, layers);
  }

  /** A head of layers that compute the same for rows [N, H] as for tokens [B, T, H]. */
  static WeightedHead ofTokens(
      Parameters parameters,
      long seed,
      BiFunction<Pass, Operand<TFloat32>, Operand<TFloat32>> layers) {
    return new WeightedHead(parameters.variables(), parameters.initializers(), seed, true, layers);
  }

  @Override
  public Operand<TFloat32> train(Ops tf, Output<?> features, Operand<TInt64> step) {
    Pass pass = Pass.training(tf, new Pass.Draws(seed, step, FIRST_SITE));
    return layers.apply(pass, features.expect(TFloat32.class));
  }

  @Override
  public Operand<TFloat32> evaluate(Ops tf, Output<?> features) {
    return layers.apply(Pass.evaluating(tf), features.expect(TFloat32.class));
  }
}
