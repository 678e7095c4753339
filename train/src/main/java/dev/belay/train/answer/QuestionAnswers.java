package dev.belay.train.answer;

import dev.belay.train.config.QuestionConfig;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.example.Origin;
import java.util.List;
import java.util.function.Consumer;
import org.tensorflow.ndarray.Shape;

/**
 * Takes the logits of a data set's windows in their order, and gives the answer to each question.
 */
public final class QuestionAnswers {
  private final List<EncodedExample> windows;
  private final QuestionConfig rule;
  private final Consumer<FoundAnswer> sink;
  private int next;
  private AnswerSearch search;

  /**
   * For one data set.
   *
   * @param windows whose origins are windows; those of a question follow each other
   */
  public QuestionAnswers(
      List<EncodedExample> windows, QuestionConfig rule, Consumer<FoundAnswer> sink) {
    this.windows = windows;
    this.rule = rule;
    this.sink = sink;
  }

  /**
   * Takes a batch.
   *
   * @param logits of the next B windows
   * @param shape [B, T, 2]
   */
  public void add(float[] logits, Shape shape) {
    int perWindow = Math.toIntExact(shape.get(1)) * 2;
    for (int begin = 0; begin < logits.length; begin += perWindow) {
      Origin.Window window = window(next++);
      search = search == null ? new AnswerSearch(rule, window) : search;
      search.add(window, new AnswerSearch.Logits(logits, begin));
      if (next == windows.size() || window(next).first() == 0) {
        sink.accept(search.answer());
        search = null;
      }
    }
  }

  private Origin.Window window(int index) {
    return (Origin.Window) windows.get(index).origin();
  }
}
