package dev.belay.savedmodel.configuration;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/** Values of a JSON object, by key; a null key is a value that the family lacks. */
final class Fields {
  /** No values. */
  static final Fields NONE = new Fields(JsonNodeFactory.instance.objectNode(), Map.of());

  private final JsonNode root;
  private final List<String> problems;

  /**
   * Values of an object.
   *
   * @param aliases other names of keys, by those names
   */
  Fields(JsonNode root, Map<String, String> aliases) {
    this.root = root.deepCopy();
    this.problems = new ArrayList<>();
    aliases.forEach(this::put);
  }

  private Fields(JsonNode root, List<String> problems) {
    this.root = root;
    this.problems = problems;
  }

  /** The values of an object within this one, with the same problems; empty if it has none. */
  Optional<Fields> within(String key) {
    JsonNode inner = root.path(key);
    if (isAbsent(key) || (inner.isObject() && inner.isEmpty())) {
      return Optional.empty();
    }
    if (!inner.isObject()) {
      problems.add("'" + key + "' is " + inner + ", not an object");
      return Optional.empty();
    }
    return Optional.of(new Fields(inner, problems));
  }

  /** Whether a key is there with a value. */
  boolean has(String key) {
    return !isAbsent(key);
  }

  /** Whether a key is there without a value. */
  boolean isNull(String key) {
    return root.path(key).isNull();
  }

  /** An alias of a key counts if the key itself is missing. */
  private void put(String alias, String key) {
    if (isAbsent(alias)) {
      return;
    }
    if (isAbsent(key)) {
      ((ObjectNode) root).set(key, root.get(alias));
    } else if (!root.get(key).equals(root.get(alias))) {
      problems.add(
          "'"
              + alias
              + "' is "
              + root.get(alias)
              + " and '"
              + key
              + "' "
              + root.get(key)
              + ", two names of one key");
    }
  }

  /** All values found missing or of the wrong type so far. */
  List<String> problems() {
    return problems;
  }

  /** Adds to the problems. */
  void problem(String what) {
    problems.add(what);
  }

  /** A required whole number; 0 if it is missing. */
  int whole(String key) {
    if (isAbsent(key)) {
      problems.add("'" + key + "' is missing");
      return 0;
    }
    return whole(key, 0);
  }

  int whole(String key, int otherwise) {
    if (isAbsent(key)) {
      return otherwise;
    }
    JsonNode value = root.get(key);
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      problems.add("'" + key + "' is " + value + ", not a whole number");
      return otherwise;
    }
    return value.intValue();
  }

  OptionalInt optionalWhole(String key, OptionalInt otherwise) {
    return isAbsent(key) ? otherwise : OptionalInt.of(whole(key, 0));
  }

  double number(String key, double otherwise) {
    return optionalNumber(key).orElse(otherwise);
  }

  Optional<Double> optionalNumber(String key) {
    if (isAbsent(key)) {
      return Optional.empty();
    }
    JsonNode value = root.get(key);
    if (!value.isNumber()) {
      problems.add("'" + key + "' is " + value + ", not a number");
      return Optional.empty();
    }
    return Optional.of(value.doubleValue());
  }

  boolean truth(String key, boolean otherwise) {
    return isAbsent(key) ? otherwise : root.get(key).asBoolean(otherwise);
  }

  String text(String key, String otherwise) {
    if (isAbsent(key)) {
      return otherwise;
    }
    if (!root.get(key).isTextual()) {
      problems.add("'" + key + "' is " + root.get(key) + ", not a word");
      return otherwise;
    }
    return root.get(key).textValue();
  }

  /** Whether a key is there with a text. */
  boolean isText(String key) {
    return root.path(key).isTextual();
  }

  List<String> texts(String key) {
    List<String> texts = new ArrayList<>();
    root.path(key).forEach(text -> texts.add(text.asText()));
    return texts;
  }

  /** {@code id2label}, an object whose keys are numbers as text. */
  List<String> labels() {
    Map<Integer, String> byIndex = new TreeMap<>();
    for (Map.Entry<String, JsonNode> label : root.path("id2label").properties()) {
      try {
        byIndex.put(Integer.parseInt(label.getKey()), label.getValue().asText());
      } catch (NumberFormatException e) {
        problems.add("'id2label' has the key '" + label.getKey() + "', not a number");
      }
    }
    return List.copyOf(byIndex.values());
  }

  private boolean isAbsent(String key) {
    return key == null || root.path(key).isMissingNode() || root.path(key).isNull();
  }
}
