package dev.belay.train.metrics;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Places of values in their order, the smallest 1; equal values share the mean of their places. */
final class Ranks {
  private Ranks() {}

  /** Spearman's correlation: Pearson's of the ranks, as scipy.stats.spearmanr has it with ties. */
  static double correlation(List<Double> first, List<Double> second) {
    double[] x = of(first);
    double[] y = of(second);
    Correlation correlation = new Correlation();
    for (int i = 0; i < x.length; i++) {
      correlation.add(x[i], y[i]);
    }
    return correlation.value();
  }

  private static double[] of(List<Double> values) {
    List<Integer> order =
        IntStream.range(0, values.size())
            .boxed()
            .sorted(Comparator.comparing(values::get))
            .toList();
    double[] ranks = new double[values.size()];
    int begin = 0;
    while (begin < ranks.length) {
      int end = begin;
      double value = values.get(order.get(begin));
      while (end < ranks.length && Double.compare(values.get(order.get(end)), value) == 0) {
        end++;
      }
      for (int i = begin; i < end; i++) {
        ranks[order.get(i)] = (begin + 1 + end) / 2.0;
      }
      begin = end;
    }
    return ranks;
  }
}
