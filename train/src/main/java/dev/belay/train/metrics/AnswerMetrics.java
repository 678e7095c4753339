package dev.belay.train.metrics;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Metrics of extractive question answering: {@code exact_match}, the share of answers that equal an
 * expected one, and {@code f1}, their overlap in words. With several expected answers, the best
 * match counts. As in SQuAD's official scripts, but between 0 and 1: version 2 where questions may
 * have no answer, else version 1.
 */
public final class AnswerMetrics {
  private long questions;
  private long exact;
  private double f1;

  /**
   * Adds an answer.
   *
   * @param answer empty for none
   * @param expected none for a question without an answer
   * @param mayLackAnswer whether version 2 of the script counts
   */
  public void addAnswer(String answer, List<String> expected, boolean mayLackAnswer) {
    List<String> accepted =
        mayLackAnswer
            ? expected.stream().filter(text -> !TextOverlap.words(text).isEmpty()).toList()
            : expected;
    double ofNothing = mayLackAnswer ? 1 : 0;
    List<String> right = accepted.isEmpty() ? List.of("") : accepted;
    exact += right.stream().anyMatch(text -> TextOverlap.isExact(answer, text)) ? 1 : 0;
    f1 += right.stream().mapToDouble(e -> TextOverlap.f1(answer, e, ofNothing)).max().orElse(0);
    questions++;
  }

  /** Both, in the order to show them. */
  public Map<String, Double> result() {
    Map<String, Double> result = new LinkedHashMap<>();
    result.put(Metrics.EXACT_MATCH, questions == 0 ? Double.NaN : (double) exact / questions);
    result.put(Metrics.F1, questions == 0 ? Double.NaN : f1 / questions);
    return result;
  }
}
