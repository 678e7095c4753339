package dev.belay.train.answer;

/**
 * Candidate answer.
 *
 * @param text a part of the context; empty for no answer
 * @param start its first character, counted in code points; 0 for no answer
 * @param end one past its last; 0 for no answer
 * @param logit sum of the logits of its start and its end
 * @param probability among the candidates of the question
 */
public record Candidate(String text, int start, int end, float logit, double probability) {
  boolean isNone() {
    return text.isEmpty();
  }

  Candidate with(double share) {
    return new Candidate(text, start, end, logit, share);
  }
}
