package dev.belay.graph;

import dev.belay.graph.gradient.NormRows;
import dev.belay.graph.stage.DynamicLossScale;
import dev.belay.graph.stage.GradientStage;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Settings by which the gradient of an update is computed.
 *
 * @param accumulates whether an update takes several passes over parts of its batch
 * @param cachedRows rows of the model's output that a pass computes, where the loss compares the
 *     rows of all passes; empty for a loss whose parts add up
 * @param lossScale for half precision
 * @param stages between accumulation and unscaling, in order
 * @param normRows what a norm is measured on
 */
public record GradientPlan(
    boolean accumulates,
    OptionalInt cachedRows,
    Optional<DynamicLossScale> lossScale,
    List<GradientStage> stages,
    NormRows normRows) {
  /** One pass, float32, dense norms. */
  public static final GradientPlan PLAIN =
      new GradientPlan(false, Optional.empty(), List.of(), NormRows.DENSE);

  /** A plan for a loss whose parts add up. */
  public GradientPlan(
      boolean accumulates,
      Optional<DynamicLossScale> lossScale,
      List<GradientStage> stages,
      NormRows normRows) {
    this(accumulates, OptionalInt.empty(), lossScale, stages, normRows);
  }

  public GradientPlan {
    stages = List.copyOf(stages);
    if (cachedRows.isPresent() && !accumulates) {
      throw new IllegalArgumentException("Rows are cached for an update of several passes alone.");
    }
    if (accumulates && normRows == NormRows.TF) {
      throw new IllegalArgumentException(
          "Rows of a lookup can be counted in one pass only: accumulators hold their sums, so "
              + "the norm of TensorFlow Python cannot be computed for an update of several "
              + "passes.");
    }
  }
}
