package dev.belay.train.step;

import org.tensorflow.ndarray.Shape;

/**
 * A model's answer to one batch.
 *
 * @param logits row by row
 * @param shape of the logits: [B, C], or [B, T, C]
 * @param lossSum over the counted labels; 0 for batches without labels
 * @param weight number of counted labels
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record EvaluationResult(float[] logits, Shape shape, double lossSum, double weight) {

  /** Length of the last dimension. */
  public int classes() {
    return Math.toIntExact(shape.get(shape.numDimensions() - 1));
  }
}
