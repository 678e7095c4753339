package dev.belay.train.generate;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Changes the probabilities by which tokens are drawn. */
public sealed interface ScoreFilter extends ScoreRule {

  /** Divides the scores: {@code temperature}. */
  record Temperature(double temperature) implements ScoreFilter {
    @Override
    public void apply(float[] scores, int[] text, int begins) {
      for (int i = 0; i < scores.length; i++) {
        scores[i] /= (float) temperature;
      }
    }
  }

  /** Excludes all tokens but the likeliest, and those equal to the last of them: {@code top_k}. */
  record TopK(int count) implements ScoreFilter {
    @Override
    public void apply(float[] scores, int[] text, int begins) {
      if (count < scores.length) {
        excludeBelow(scores, kthHighest(scores, count));
      }
    }
  }

  /**
   * Excludes the least likely tokens, which together have at most the rest of a probability: {@code
   * top_p}.
   *
   * @param probability of the tokens that stay, at least
   * @param kept number of tokens that stay whatever their probability
   */
  record TopP(double probability, int kept) implements ScoreFilter {
    @Override
    public void apply(float[] scores, int[] text, int begins) {
      int[] ascending =
          IntStream.range(0, scores.length)
              .filter(i -> scores[i] > Float.NEGATIVE_INFINITY)
              .boxed()
              .sorted((one, other) -> Float.compare(scores[one], scores[other]))
              .mapToInt(Integer::intValue)
              .toArray();
      double total = totalExponential(scores);
      double highest = highest(scores);
      double upTo = 0;
      for (int i = 0; i < ascending.length - kept; i++) {
        upTo += Math.exp(scores[ascending[i]] - highest) / total;
        if (upTo > 1 - probability) {
          break;
        }
        scores[ascending[i]] = Float.NEGATIVE_INFINITY;
      }
    }
  }

  /**
   * Excludes tokens whose probability is less than a part of the highest: {@code min_p}.
   *
   * @param kept number of tokens that stay whatever their probability
   */
  record MinP(double part, int kept) implements ScoreFilter {
    @Override
    public void apply(float[] scores, int[] text, int begins) {
      double least = highest(scores) + Math.log(part);
      float sure = kthHighest(scores, Math.min(kept, scores.length));
      excludeBelow(scores, (float) Math.min(least, sure));
    }
  }

  private static float kthHighest(float[] scores, int count) {
    float[] sorted = scores.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length - count];
  }

  private static void excludeBelow(float[] scores, float least) {
    for (int i = 0; i < scores.length; i++) {
      if (scores[i] < least) {
        scores[i] = Float.NEGATIVE_INFINITY;
      }
    }
  }

  private static float highest(float[] scores) {
    float highest = Float.NEGATIVE_INFINITY;
    for (float score : scores) {
      highest = Math.max(highest, score);
    }
    return highest;
  }

  private static double totalExponential(float[] scores) {
    double highest = highest(scores);
    double total = 0;
    for (float score : scores) {
      total += Math.exp(score - highest);
    }
    return total;
  }
}
