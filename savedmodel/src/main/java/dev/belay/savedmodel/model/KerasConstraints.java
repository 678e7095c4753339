package dev.belay.savedmodel.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.model.op.Reachable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.tensorflow.proto.framework.SavedVariable;

/**
 * Finds the constraints of a Keras model's layers on their weights. They are not in the graph: a
 * layer's configuration has a key such as {@code kernel_constraint}, and Keras projects the weight
 * of that name after each update.
 */
public final class KerasConstraints {
  private static final String SUFFIX = "_constraint";

  /** Suffix of a weight's name after the first part of the key: {@code depthwise_kernel}. */
  private static final List<String> ENDINGS =
      List.of("", "_kernel", "_weight", "_weights", "_embeddings", "s");

  /** Children of a layer that list all weights below it, and are not layers. */
  private static final Set<String> LISTS =
      Set.of(
          "variables",
          "trainable_variables",
          "non_trainable_variables",
          "regularization_losses",
          "losses",
          "metrics",
          "layers",
          "keras_api");

  private final Path file;
  private final ObjectGraph objects;
  private final Map<Integer, JsonNode> layers;
  private final List<WeightConstraint> found = new ArrayList<>();

  private KerasConstraints(
      SavedModelContents contents, ObjectGraph objects, Map<Integer, JsonNode> layers) {
    this.file = contents.file();
    this.objects = objects;
    this.layers = layers;
  }

  /**
   * All constraints, one for each weight that has one; none for a model that is not from Keras. If
   * a layer has a constraint and it is unclear for which of its weights, each of them has one that
   * is {@linkplain WeightConstraint.Unknown unknown}.
   *
   * @throws CorruptModelException if Keras' metadata of a layer are damaged
   */
  public static List<WeightConstraint> find(SavedModelContents contents) throws IOException {
    if (contents.objects().isEmpty()) {
      return List.of();
    }
    ObjectGraph objects = contents.objects().get();
    KerasConstraints constraints =
        new KerasConstraints(contents, objects, KerasMetadata.read(contents.directory(), objects));
    for (int id : constraints.layers.keySet()) {
      constraints.readLayer(id);
    }
    return List.copyOf(constraints.found);
  }

  private void readLayer(int id) throws CorruptModelException {
    List<String> keys = keys(id);
    for (String key : keys) {
      JsonNode value = layers.get(id).get("config").get(key);
      if (value.isNull()) {
        continue;
      }
      String place = layerName(id) + ", " + key;
      List<Integer> weights = weights(id, key);
      for (int weight : weights) {
        found.add(
            new WeightConstraint(
                weight, place, new ConstraintRule(file, place).of(value, rank(weight))));
      }
      if (weights.isEmpty() && !isOfLayerBelow(id, key)) {
        for (int weight : unnamed(id, keys)) {
          found.add(
              new WeightConstraint(
                  weight, place, new WeightConstraint.Unknown(ConstraintRule.name(value))));
        }
      }
    }
  }

  /** The keys of a layer's configuration that may name constraints. */
  private List<String> keys(int id) {
    JsonNode layer = layers.get(id);
    List<String> keys = new ArrayList<>();
    if (layer != null && layer.path("config").isObject()) {
      layer.get("config").fieldNames().forEachRemaining(keys::add);
      keys.removeIf(key -> !key.endsWith(SUFFIX));
    }
    return keys;
  }

  private String layerName(int id) {
    JsonNode layer = layers.get(id);
    String name = layer.path("config").path("name").asText(layer.path("name").asText());
    return "layer '" + name + "' (" + layer.path("class_name").asText("of no class") + ")";
  }

  /** The weights of a layer to which a key refers. */
  private List<Integer> weights(int id, String key) {
    String base = key.substring(0, key.length() - SUFFIX.length());
    Map<String, Integer> children = objects.children(id);
    List<Integer> weights = new ArrayList<>();
    for (String ending : ENDINGS) {
      Integer child = children.get(base + ending);
      if (child != null && objects.node(child).hasVariable()) {
        weights.add(child);
      }
    }
    return weights;
  }

  /**
   * Returns whether a layer passes a constraint on to its cell, or to a layer of which it consists.
   */
  private boolean isOfLayerBelow(int id, String key) {
    for (int child : below(id, false)) {
      if (child != id
          && keys(child).contains(key)
          && !layers.get(child).get("config").get(key).isNull()) {
        return true;
      }
    }
    return false;
  }

  /**
   * The weights of a layer that trains, and of the layers below it, to which none of its keys
   * refers.
   */
  private Set<Integer> unnamed(int id, List<String> keys) {
    Set<Integer> named = new TreeSet<>();
    keys.forEach(key -> named.addAll(weights(id, key)));
    Set<Integer> weights = new TreeSet<>();
    for (int child : below(id, true)) {
      if (objects.node(child).hasVariable() && !named.contains(child)) {
        weights.add(child);
      }
    }
    return weights;
  }

  /**
   * The objects of which a layer consists.
   *
   * @param stops whether to leave out layers that have their own constraints, or none
   */
  private Set<Integer> below(int id, boolean stops) {
    return Reachable.from(
        List.of(id),
        layer ->
            objects.children(layer).entrySet().stream()
                .filter(child -> !LISTS.contains(child.getKey()))
                .map(Map.Entry::getValue)
                .filter(child -> !stops || keys(child).isEmpty())
                .toList());
  }

  private int rank(int weight) {
    SavedVariable variable = objects.node(weight).getVariable();
    return variable.getShape().getDimCount();
  }
}
