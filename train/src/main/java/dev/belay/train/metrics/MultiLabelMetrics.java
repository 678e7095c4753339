package dev.belay.train.metrics;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * F1 of labels of which an example has any number, and the share of examples that have exactly the
 * labels that were predicted; a label is predicted at a probability of {@value Sigmoid#THRESHOLD}
 * or more.
 *
 * <p>{@code micro_f1} counts all labels together, {@code macro_f1} is the mean over all labels, and
 * {@code subset_accuracy}, the exact match ratio, is the accuracy_score of scikit-learn, whose
 * numbers all three are. F1 is 0 for a label that no example has and none is given.
 */
public final class MultiLabelMetrics implements Metrics {
  private final long[] truePositives;
  private final long[] predicted;
  private final long[] labelled;
  private long exact;
  private long count;

  /** Metrics for a number of labels. */
  public MultiLabelMetrics(int classes) {
    this.truePositives = new long[classes];
    this.predicted = new long[classes];
    this.labelled = new long[classes];
  }

  /**
   * Adds one prediction.
   *
   * @param logits of one example, [C]
   * @param labels 1 for those that it has, 0 for the others, [C]
   */
  public void addSet(float[] logits, float[] labels) {
    boolean same = true;
    for (int c = 0; c < logits.length; c++) {
      boolean chosen = Sigmoid.chooses(logits[c]);
      boolean there = labels[c] != 0;
      predicted[c] += chosen ? 1 : 0;
      labelled[c] += there ? 1 : 0;
      truePositives[c] += chosen && there ? 1 : 0;
      same &= chosen == there;
    }
    exact += same ? 1 : 0;
    count++;
  }

  @Override
  public void addBatch(BatchPredictions answers) {
    int classes = answers.width();
    for (int begin = 0; begin < answers.logits().length; begin += classes) {
      float[] labels = new float[classes];
      for (int c = 0; c < classes; c++) {
        labels[c] = (float) answers.labels().applyAsDouble(begin + c);
      }
      addSet(Arrays.copyOfRange(answers.logits(), begin, begin + classes), labels);
    }
  }

  @Override
  public Map<String, Double> result() {
    long right = 0;
    long both = 0;
    double sum = 0;
    for (int c = 0; c < predicted.length; c++) {
      right += truePositives[c];
      both += predicted[c] + labelled[c];
      sum += f1(truePositives[c], predicted[c] + labelled[c]);
    }
    Map<String, Double> result = new LinkedHashMap<>();
    result.put(MICRO_F1, f1(right, both));
    result.put(MACRO_F1, sum / predicted.length);
    result.put("subset_accuracy", count == 0 ? Double.NaN : (double) exact / count);
    return result;
  }

  private static double f1(long right, long both) {
    return both == 0 ? 0 : 2.0 * right / both;
  }

  @Override
  public String primary() {
    return MICRO_F1;
  }
}
