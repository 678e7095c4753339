package dev.belay.train.metrics;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Accuracy, F1 and Matthews' correlation of classification.
 *
 * <p>{@code f1} is that of class 1 where there are two classes, as for GLUE; else {@code macro_f1},
 * the mean over the classes that occur as label or prediction (as scikit-learn). {@code
 * matthews_correlation} is that of Gorodkin for any number of classes, as in scikit-learn; 0 where
 * all labels or all predictions are one class.
 */
public final class ClassificationMetrics extends ClassMetrics {
  private int classes;
  private long[] truePositives;
  private long[] predicted;
  private long[] labelled;
  private long count;

  /** For logits of that many classes. */
  public ClassificationMetrics(int classes) {
    this.classes = classes;
    this.truePositives = new long[classes];
    this.predicted = new long[classes];
    this.labelled = new long[classes];
  }

  /** A class that is not among the known ones, which a model may decode, is one more. */
  @Override
  void add(int best, int expected) {
    int needed = Math.max(best, expected) + 1;
    if (needed > classes) {
      classes = needed;
      truePositives = Arrays.copyOf(truePositives, needed);
      predicted = Arrays.copyOf(predicted, needed);
      labelled = Arrays.copyOf(labelled, needed);
    }
    predicted[best]++;
    labelled[expected]++;
    if (best == expected) {
      truePositives[best]++;
    }
    count++;
  }

  /** The index of the largest element, the first of equals. */
  public static int argmax(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[best]) {
        best = i;
      }
    }
    return best;
  }

  @Override
  public Map<String, Double> result() {
    Map<String, Double> result = new LinkedHashMap<>();
    long correct = 0;
    double f1Sum = 0;
    int occurring = 0;
    for (int c = 0; c < classes; c++) {
      correct += truePositives[c];
      if (predicted[c] + labelled[c] > 0) {
        f1Sum += f1(c);
        occurring++;
      }
    }
    result.put(ACCURACY, count == 0 ? Double.NaN : (double) correct / count);
    if (classes == 2) {
      result.put(F1, f1(1));
    } else {
      result.put(MACRO_F1, occurring == 0 ? Double.NaN : f1Sum / occurring);
    }
    result.put("matthews_correlation", matthews(correct));
    return result;
  }

  /** The correlation of the two assignments of examples to classes. */
  private double matthews(long correct) {
    double both = 0;
    double predictedSquares = 0;
    double labelledSquares = 0;
    for (int c = 0; c < classes; c++) {
      both += (double) predicted[c] * labelled[c];
      predictedSquares += (double) predicted[c] * predicted[c];
      labelledSquares += (double) labelled[c] * labelled[c];
    }
    double squares = (double) count * count;
    double spread = (squares - predictedSquares) * (squares - labelledSquares);
    return spread == 0 ? 0 : ((double) correct * count - both) / Math.sqrt(spread);
  }

  private double f1(int c) {
    long denominator = predicted[c] + labelled[c];
    return denominator == 0 ? 0 : 2.0 * truePositives[c] / denominator;
  }

  @Override
  public String primary() {
    return ACCURACY;
  }
}
