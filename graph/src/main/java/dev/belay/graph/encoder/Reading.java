package dev.belay.graph.encoder;

/** What of an encoder's output somebody reads. */
public enum Reading {
  /** The first token of each example: features [B, H]. */
  FIRST_TOKEN,
  /** Every token: features [B, T, H]. */
  ALL_TOKENS
}
