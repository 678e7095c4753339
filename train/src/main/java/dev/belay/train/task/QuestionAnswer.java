package dev.belay.train.task;

import dev.belay.train.answer.Candidate;
import dev.belay.train.answer.FoundAnswer;
import java.util.List;

/**
 * The answer to a question; characters are counted in code points, as SQuAD counts them.
 *
 * @param id of the question
 * @param answer a part of the context; empty for none
 * @param score its probability among the candidates
 * @param start its first character; null for no answer
 * @param end one past its last; null for no answer
 * @param noAnswerDifference score of no answer minus that of the best answer; null if every
 *     question has an answer
 * @param nBest the candidates, the best first; null if they were not requested
 */
public record QuestionAnswer(
    String id,
    String answer,
    double score,
    Integer start,
    Integer end,
    Double noAnswerDifference,
    List<Choice> nBest)
    implements Prediction {

  /** A candidate for the answer; its fields are those of the answer. */
  public record Choice(String answer, double score, Integer start, Integer end) {
    private static Choice of(Candidate candidate) {
      boolean none = candidate.text().isEmpty();
      return new Choice(
          candidate.text(),
          candidate.probability(),
          none ? null : candidate.start(),
          none ? null : candidate.end());
    }
  }

  static QuestionAnswer of(FoundAnswer found, boolean withCandidates) {
    Choice best = Choice.of(found.best());
    return new QuestionAnswer(
        found.question().id(),
        best.answer(),
        best.score(),
        best.start(),
        best.end(),
        found.noAnswerDifference().orElse(null),
        withCandidates ? found.candidates().stream().map(Choice::of).toList() : null);
  }
}
