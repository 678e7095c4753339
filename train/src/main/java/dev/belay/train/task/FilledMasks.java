package dev.belay.train.task;

import dev.belay.train.step.EvaluationResult;
import dev.belay.train.tokenize.TextTokenizer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The predicted words for the masks of a text.
 *
 * @param masks the likeliest words for each mask, the likeliest first
 */
public record FilledMasks(List<List<Candidate>> masks) implements Prediction {
  private static final int CANDIDATES = 5;

  /**
   * A predicted word.
   *
   * @param token as the tokenizer writes it
   * @param score its probability
   */
  public record Candidate(String token, double score) {}

  /** The likeliest words of one place, by a row of logits. */
  static List<Candidate> candidates(EvaluationResult answers, int row, TextTokenizer tokenizer) {
    int words = answers.classes();
    float[] logits = Arrays.copyOfRange(answers.logits(), row * words, (row + 1) * words);
    double total = total(logits);
    return IntStream.range(0, words)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer word) -> -logits[word]))
        .limit(CANDIDATES)
        .map(
            word ->
                new Candidate(tokenizer.decode(new int[] {word}), Math.exp(logits[word] - total)))
        .toList();
  }

  /** {@code log sum exp}, which turns a logit into the logarithm of a probability. */
  private static double total(float[] logits) {
    double highest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      highest = Math.max(highest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - highest);
    }
    return highest + Math.log(sum);
  }
}
