package dev.belay.train.data.example;

import java.util.OptionalInt;

/**
 * Two or more texts, each encoded alone, with or without a score of the first two.
 *
 * @param isRead whether the further texts are read, and the score
 */
record SentenceLabel(boolean isRead) implements LabelFormat {
  @Override
  public boolean isOfSentences() {
    return true;
  }

  @Override
  public OptionalInt width() {
    return OptionalInt.of(1);
  }
}
