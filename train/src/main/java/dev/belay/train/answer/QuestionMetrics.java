package dev.belay.train.answer;

import dev.belay.train.config.QuestionConfig;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.file.SquadFile;
import dev.belay.train.metrics.AnswerMetrics;
import dev.belay.train.metrics.BatchPredictions;
import dev.belay.train.metrics.Metrics;
import java.util.List;
import java.util.Map;

/** {@link AnswerMetrics} of what a model finds in the windows of a data set. */
public final class QuestionMetrics implements Metrics {
  private final AnswerMetrics answers = new AnswerMetrics();
  private final QuestionAnswers found;

  /**
   * For one data set.
   *
   * @param windows whose origins are windows of questions with answers
   */
  public QuestionMetrics(List<EncodedExample> windows, QuestionConfig rule) {
    this.found = new QuestionAnswers(windows, rule, this::add);
  }

  private void add(FoundAnswer answer) {
    answers.addAnswer(
        answer.best().text(),
        answer.question().answers().orElseThrow().stream().map(SquadFile.Answer::text).toList(),
        answer.noAnswerDifference().isPresent());
  }

  @Override
  public void addBatch(BatchPredictions windows) {
    found.add(windows.logits(), windows.shape());
  }

  @Override
  public Map<String, Double> result() {
    return answers.result();
  }

  @Override
  public String primary() {
    return F1;
  }
}
