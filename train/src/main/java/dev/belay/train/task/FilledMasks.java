package dev.belay.train.task;

import dev.belay.train.generate.NextTokens;
import dev.belay.train.step.EvaluationResult;
import dev.belay.train.tokenize.TextTokenizer;
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
    NextTokens.Logits logits = new NextTokens.Logits(answers.logits(), words);
    double total = logits.total(row);
    return IntStream.range(0, words)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer word) -> -logits.at(row, word)))
        .limit(CANDIDATES)
        .map(
            word ->
                new Candidate(
                    tokenizer.decode(new int[] {word}), Math.exp(logits.at(row, word) - total)))
        .toList();
  }
}
