package dev.belay.train.tokenize;

/** Which text of a pair is cut where both are too long together; names as Hugging Face has them. */
public enum Truncation {
  /** The longer one, until both have the same length, then both. */
  LONGEST_FIRST,
  /** The first alone: the second is kept whole. */
  ONLY_FIRST,
  /** The second alone: the first, such as a question, is kept whole. */
  ONLY_SECOND
}
