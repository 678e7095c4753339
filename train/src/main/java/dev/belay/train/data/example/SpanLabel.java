package dev.belay.train.data.example;

import java.util.OptionalInt;

/**
 * Start and end of the answer in a context, [2].
 *
 * @param isRead whether answers are read, besides questions
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
