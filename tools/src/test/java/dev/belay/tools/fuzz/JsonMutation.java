package dev.belay.tools.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Changes one value somewhere in a JSON document, which stays JSON. */
final class JsonMutation {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonNodeFactory NEW = JsonNodeFactory.instance;

  private JsonMutation() {}

  static ByteMutation.Changed of(Dice dice, byte[] bytes) throws IOException {
    JsonNode root = JSON.readTree(bytes);
    String what = change(dice, root);
    return new ByteMutation.Changed(JSON.writeValueAsBytes(root), what);
  }

  private static String change(Dice dice, JsonNode node) {
    if (node instanceof ObjectNode object && !object.isEmpty()) {
      List<String> names = new ArrayList<>();
      object.fieldNames().forEachRemaining(names::add);
      String name = dice.of(names);
      if (object.get(name).isContainerNode() && !dice.chance(15)) {
        return name + "." + change(dice, object.get(name));
      }
      switch (dice.below(4)) {
        case 0 -> object.remove(name);
        case 1 -> object.set(dice.oddText(), object.remove(name));
        case 2 -> object.set(name, object.get(dice.of(names)).deepCopy());
        default -> object.set(name, value(dice));
      }
      return name + " changed";
    }
    if (node instanceof ArrayNode array && !array.isEmpty()) {
      int at = dice.below(array.size());
      if (array.get(at).isContainerNode() && !dice.chance(15)) {
        return at + "." + change(dice, array.get(at));
      }
      switch (dice.below(3)) {
        case 0 -> array.remove(at);
        case 1 -> array.insert(at, array.get(dice.below(array.size())).deepCopy());
        default -> array.set(at, value(dice));
      }
      return at + " changed";
    }
    if (node instanceof ObjectNode object) {
      object.set(dice.oddText(), value(dice));
    } else if (node instanceof ArrayNode array) {
      array.add(value(dice));
    }
    return "filled";
  }

  private static JsonNode value(Dice dice) {
    return switch (dice.below(8)) {
      case 0 -> NEW.nullNode();
      case 1 -> NEW.booleanNode(dice.chance(50));
      case 2 -> NEW.numberNode(dice.number());
      case 3 -> NEW.numberNode(1e300);
      case 4 -> NEW.objectNode();
      case 5 -> NEW.arrayNode().add(1).add("a");
      case 6 -> NEW.textNode(dice.of(List.of("WordPiece", "BPE", "Unigram", "WordLevel", "[CLS]")));
      default -> NEW.textNode(dice.oddText());
    };
  }
}
