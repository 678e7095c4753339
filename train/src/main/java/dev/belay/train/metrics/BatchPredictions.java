package dev.belay.train.metrics;

import java.util.function.IntToDoubleFunction;
import org.tensorflow.ndarray.Shape;

/**
 * Predictions of a model for a batch.
 *
 * @param logits or values, row by row
 * @param shape their shape: [B, C], [B] or, with a prediction for each of T tokens, [B, T, C]
 * @param width C, the numbers of one answer
 * @param labels of the answers by index, or one for each number of an answer; NaN: it does not
 *     count
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record BatchPredictions(float[] logits, Shape shape, int width, IntToDoubleFunction labels) {

  /** Number of predictions, B or B * T. */
  int count() {
    return logits.length / width;
  }

  /** Number of predictions for one example, 1 or T. */
  int perExample() {
    return Math.max(1, count() / Math.toIntExact(shape.get(0)));
  }
}
