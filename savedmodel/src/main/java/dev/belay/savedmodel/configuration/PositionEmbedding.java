package dev.belay.savedmodel.configuration;

import java.util.Arrays;
import java.util.Locale;

/** Kinds of position embeddings of an encoder, {@code position_embedding_type}. */
public enum PositionEmbedding {
  /** Each place has a row that is added to the word's. */
  ABSOLUTE,
  /** Queries are multiplied by a vector for each distance. */
  RELATIVE_KEY,
  /** Queries and keys are both multiplied by it. */
  RELATIVE_KEY_QUERY;

  /** The one of that name; the first if there is none, which {@link KeyReport} refuses. */
  static PositionEmbedding named(String name) {
    return Arrays.stream(values())
        .filter(each -> each.name().toLowerCase(Locale.ROOT).equals(name))
        .findFirst()
        .orElse(ABSOLUTE);
  }
}
