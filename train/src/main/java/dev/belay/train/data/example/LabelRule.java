package dev.belay.train.data.example;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a label is in this run.
 *
 * @param kind what the model learns
 * @param known the classes, if they are known before the data are read (evaluation, labels.txt)
 * @param classCount how many outputs the head has, if it exists already
 */
public record LabelRule(Kind kind, Optional<LabelMap> known, OptionalInt classCount) {

  /** What a model learns. */
  public enum Kind {
    /** No label is read: prediction. */
    NONE,
    /** One class per example. */
    CLASS,
    /** Any number of classes per example. */
    CLASS_SET,
    /** One number per example. */
    NUMBER,
    /** One class, or token id, per token; -100 where none counts. */
    TOKENS,
    /** One class per word of a text, at its first token; rows of token ids as {@link #TOKENS}. */
    WORDS,
    /** No label is read, but texts are split into words: prediction. */
    WORDS_ALONE,
    /** Of each token the one after it; made of the tokens, unless the data have labels. */
    NEXT_TOKEN,
    /** What hidden tokens were; made when they are hidden, unless the data have labels. */
    HIDDEN_TOKEN,
    /** The tokens of a second text, which is to be written. */
    TARGET_TEXT,
    /** Where in a context the answer to a question starts and ends, [2]. */
    SPAN,
    /** No label is read, but questions are put with their contexts: prediction. */
    SPAN_ALONE;

    /** Whether examples are questions with their contexts. */
    public boolean isOfQuestions() {
      return this == SPAN || this == SPAN_ALONE;
    }

    /** Whether texts are split into words. */
    boolean splitsWords() {
      return this == WORDS || this == WORDS_ALONE;
    }

    /** Whether labels are read. */
    public boolean isRead() {
      return this != NONE && this != WORDS_ALONE && this != SPAN_ALONE;
    }

    /** Whether there is one label per token. */
    public boolean perToken() {
      boolean perExample = this == CLASS || this == CLASS_SET || this == NUMBER || this == SPAN;
      return isRead() && !perExample;
    }

    /** Whether labels come of the tokens themselves. */
    boolean ofTokens() {
      return this == NEXT_TOKEN || this == HIDDEN_TOKEN;
    }
  }

  /** The class index that no loss counts, as in PyTorch and Hugging Face. */
  public static final int IGNORED = -100;

  /** No label. */
  public static LabelRule none() {
    return new LabelRule(Kind.NONE, Optional.empty(), OptionalInt.empty());
  }

  /** Classes that the file itself shows, for a new head. */
  public static LabelRule classes() {
    return new LabelRule(Kind.CLASS, Optional.empty(), OptionalInt.empty());
  }

  /** Classes that the file shows, for a head of that many outputs. */
  public static LabelRule classes(int classCount) {
    return new LabelRule(Kind.CLASS, Optional.empty(), OptionalInt.of(classCount));
  }

  /** Known classes. */
  public static LabelRule classes(LabelMap known) {
    return new LabelRule(Kind.CLASS, Optional.of(known), OptionalInt.of(known.size()));
  }

  /**
   * Any number of classes per example.
   *
   * @param known the classes; empty: those that the file shows
   * @param classCount how many outputs the head has, if it exists already
   */
  public static LabelRule classSets(Optional<LabelMap> known, OptionalInt classCount) {
    return new LabelRule(Kind.CLASS_SET, known, classCount);
  }

  /** Numbers. */
  public static LabelRule numbers() {
    return new LabelRule(Kind.NUMBER, Optional.empty(), OptionalInt.empty());
  }

  /** Token ids of a vocabulary, which the kind says where to take from. */
  public static LabelRule language(Kind kind, OptionalInt vocabulary) {
    return new LabelRule(kind, Optional.empty(), vocabulary);
  }

  /**
   * One class per word.
   *
   * @param known the classes; empty: those that the file shows
   * @param classCount how many outputs the head has, if it exists already
   */
  public static LabelRule words(Optional<LabelMap> known, OptionalInt classCount) {
    return new LabelRule(Kind.WORDS, known, classCount);
  }

  /** Words without labels. */
  public static LabelRule wordsAlone() {
    return new LabelRule(Kind.WORDS_ALONE, Optional.empty(), OptionalInt.empty());
  }

  /**
   * Questions with their contexts.
   *
   * @param answered whether their answers are read
   */
  public static LabelRule spans(boolean answered) {
    return new LabelRule(
        answered ? Kind.SPAN : Kind.SPAN_ALONE, Optional.empty(), OptionalInt.empty());
  }

  /** One class per token; a bound if the head's outputs are known. */
  public static LabelRule tokens(OptionalInt classCount) {
    return new LabelRule(Kind.TOKENS, Optional.empty(), classCount);
  }
}
