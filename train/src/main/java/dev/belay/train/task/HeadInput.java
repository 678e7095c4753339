package dev.belay.train.task;

/** The part of a model's body that a head reads. */
public enum HeadInput {
  /** Features of the whole example, [B, H]. */
  EXAMPLE,
  /** Features of every token, [B, T, H]. */
  TOKENS,
  /** Nothing: the body ends in logits over its vocabulary, [B, T, V]. */
  NOTHING
}
