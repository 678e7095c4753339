package dev.belay.train.data.example;

import java.util.OptionalInt;

/**
 * Where in a context the answer to a question starts and ends, [2].
 *
 * @param isRead whether answers are read, beside questions
 */
record SpanLabel(boolean isRead) implements LabelFormat {
  @Override
  public boolean isOfQuestions() {
    return true;
  }

  @Override
  public OptionalInt width() {
    return OptionalInt.of(2);
  }
}
