package dev.belay.train.tokenize;

/** Rule for truncating a text pair that is too long; names are those of Hugging Face. */
public enum Truncation {
  /** The longer one, until both have the same length, then both. */
  LONGEST_FIRST,
  /** The first alone: the second is kept whole. */
  ONLY_FIRST,
  /** The second alone: the first, such as a question, is kept whole. */
  ONLY_SECOND
}
