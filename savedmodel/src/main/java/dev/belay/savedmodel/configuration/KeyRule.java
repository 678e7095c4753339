package dev.belay.savedmodel.configuration;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * The effect of a configuration's key on what Belay computes.
 *
 * @param use of the key
 * @param values that the rule is about, apart from null; empty for a {@code computed} key: all
 * @param advice what to do about another value; empty for none
 */
record KeyRule(Use use, List<JsonNode> values, String advice) {

  /** Uses of a key. */
  enum Use {
    /** Belay computes accordingly. */
    COMPUTED,
    /** It changes no number. */
    UNUSED,
    /** It controls how transformers generates text; Belay takes that from its options. */
    GENERATION
  }

  /** Returns whether a value is one that the rule is about. */
  boolean covers(JsonNode value) {
    boolean all = values.isEmpty() && advice.isEmpty() && use != Use.GENERATION;
    return value.isNull() || all || values.stream().anyMatch(each -> same(each, value));
  }

  /** 1 and 1.0 are one number. */
  private static boolean same(JsonNode one, JsonNode other) {
    boolean numbers = one.isNumber() && other.isNumber();
    return numbers ? one.doubleValue() == other.doubleValue() : one.equals(other);
  }
}
