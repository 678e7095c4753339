package dev.belay.tools.differential;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Optional;

/**
 * Compares JSON values, numbers within a tolerance.
 *
 * @param tolerance a number may differ by this much of (floor + its own size)
 * @param floor size below which the tolerance is absolute
 */
record JsonComparison(double tolerance, double floor) {
  private static final double TOLERANCE = 1e-4;
  private static final double FLOOR = 1;

  /** The comparison that an expectation asks for with its keys tolerance and floor. */
  static JsonComparison of(JsonNode expect) {
    return new JsonComparison(
        expect.path("tolerance").asDouble(TOLERANCE), expect.path("floor").asDouble(FLOOR));
  }

  /**
   * The first difference, with its place; empty if there is none. Keys that only {@code found} has
   * do not count.
   */
  Optional<String> difference(String place, JsonNode right, JsonNode found) {
    if (right.isObject() && found.isObject()) {
      return ofObjects(place, right, found);
    }
    if (right.isArray() && found.isArray()) {
      return ofArrays(place, right, found);
    }
    Double rightNumber = number(right);
    Double foundNumber = number(found);
    boolean numbers = rightNumber != null && foundNumber != null;
    boolean same = numbers ? close(rightNumber, foundNumber) : right.equals(found);
    return same
        ? Optional.empty()
        : Optional.of(place + ": right is " + shown(right) + ", found " + shown(found));
  }

  private Optional<String> ofObjects(String place, JsonNode right, JsonNode found) {
    for (Map.Entry<String, JsonNode> entry : right.properties()) {
      Optional<String> difference =
          difference(place + "." + entry.getKey(), entry.getValue(), found.path(entry.getKey()));
      if (difference.isPresent()) {
        return difference;
      }
    }
    return Optional.empty();
  }

  private Optional<String> ofArrays(String place, JsonNode right, JsonNode found) {
    if (right.size() != found.size()) {
      return Optional.of(
          place + ": right are " + right.size() + " elements, found " + found.size());
    }
    for (int i = 0; i < right.size(); i++) {
      Optional<String> difference = difference(place + "[" + i + "]", right.get(i), found.get(i));
      if (difference.isPresent()) {
        return difference;
      }
    }
    return Optional.empty();
  }

  private boolean close(double right, double found) {
    return Double.compare(right, found) == 0
        || Math.abs(right - found) <= tolerance * (floor + Math.abs(right));
  }

  /** A number, or one of the words that stand for those that JSON does not have. */
  private static Double number(JsonNode node) {
    if (node.isNumber()) {
      return node.doubleValue();
    }
    return switch (node.asText()) {
      case "NaN" -> Double.NaN;
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      default -> null;
    };
  }

  private static String shown(JsonNode node) {
    String text = node.isMissingNode() ? "nothing" : node.toString();
    return text.length() > 120 ? text.substring(0, 120) + "..." : text;
  }
}
