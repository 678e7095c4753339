package dev.belay.savedmodel.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import dev.belay.savedmodel.CorruptModelException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Reads Keras' configuration of one constraint: its class and the arguments of its constructor. */
final class ConstraintRule {
  private final Path file;
  private final String place;

  ConstraintRule(Path file, String place) {
    this.file = file;
    this.place = place;
  }

  /**
   * The rule, with Keras' defaults for missing arguments.
   *
   * @param rank of the weight
   * @throws CorruptModelException if Keras does not accept an argument
   */
  WeightConstraint.Rule of(JsonNode constraint, int rank) throws CorruptModelException {
    JsonNode given = constraint.path("config");
    return switch (className(constraint)) {
      case "maxnorm" ->
          new WeightConstraint.NormRange(0, number(given, "max_value", 2), 1, axes(given, rank));
      case "minmaxnorm" ->
          new WeightConstraint.NormRange(
              number(given, "min_value", 0),
              number(given, "max_value", 1),
              number(given, "rate", 1),
              axes(given, rank));
      case "unitnorm" -> new WeightConstraint.NormRange(1, 1, 1, axes(given, rank));
      case "nonneg" -> new WeightConstraint.NonNegative();
      default -> new WeightConstraint.Unknown(name(constraint));
    };
  }

  /** The name in the file. */
  static String name(JsonNode constraint) {
    return constraint.isTextual()
        ? constraint.asText()
        : constraint.path("class_name").asText(constraint.toString());
  }

  /** {@code MaxNorm}, {@code max_norm} and {@code maxnorm} are one class, if it is Keras' own. */
  private static String className(JsonNode constraint) {
    JsonNode module = constraint.path("module");
    boolean ofKeras =
        module.isMissingNode() || module.asText().matches("(tf_)?keras\\.(src\\.)?constraints");
    return ofKeras ? name(constraint).toLowerCase(Locale.ROOT).replace("_", "") : "";
  }

  private double number(JsonNode given, String key, double otherwise) throws CorruptModelException {
    JsonNode value = given.path(key);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.isNumber()) {
      throw new CorruptModelException(file, place + ", " + key, "a number", value.toString());
    }
    return value.doubleValue();
  }

  /** One axis, a list or a tuple of them, or all; negative ones count from the end. */
  private List<Integer> axes(JsonNode given, int rank) throws CorruptModelException {
    JsonNode value = given.has("axis") ? given.get("axis") : IntNode.valueOf(0);
    if (value.isNull()) {
      return IntStream.range(0, rank).boxed().toList();
    }
    List<JsonNode> elements = new ArrayList<>();
    if (value.isContainerNode()) {
      (value.isObject() ? value.path("items") : value).forEach(elements::add);
    } else {
      elements.add(value);
    }
    Set<Integer> axes = new TreeSet<>();
    for (JsonNode element : elements) {
      int axis = element.isIntegralNumber() ? element.intValue() : rank;
      if (axis < -rank || axis >= rank || !axes.add(Math.floorMod(axis, rank))) {
        throw new CorruptModelException(
            file, place + ", axis", "axes of a weight of rank " + rank, value.toString());
      }
    }
    return List.copyOf(axes);
  }
}
