package dev.belay.train.answer;

import dev.belay.train.config.QuestionConfig;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.file.SquadFile;
import dev.belay.train.metrics.AnswerMetrics;
import dev.belay.train.metrics.Metrics;
import java.util.List;
import java.util.Map;
import org.tensorflow.ndarray.Shape;

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

  /**
   * Adds what a model says of the next windows.
   *
   * @param shape [B, T, 2]
   */
  public void addWindows(float[] logits, Shape shape) {
    found.add(logits, shape);
  }

  @Override
  public void add(float[] outputs, double label) {
    throw new UnsupportedOperationException("answers are found by question, in all its windows");
  }

  /** How many questions were asked. */
  public int questions() {
    return answers.questions();
  }

  @Override
  public Map<String, Double> result() {
    return answers.result();
  }

  @Override
  public String primary() {
    return "f1";
  }
}
