package dev.belay.graph.encoder;

/** The part of an encoder's output that is read. */
public enum Pooling {
  /** The first token of each example: features [B, H]. */
  FIRST_TOKEN,
  /** Every token: features [B, T, H], which are undefined at padding that is left out. */
  ALL_TOKENS
}
