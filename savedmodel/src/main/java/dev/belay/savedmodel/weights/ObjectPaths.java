package dev.belay.savedmodel.weights;

import dev.belay.savedmodel.bundle.CheckpointNames;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.framework.TrackableObjectGraph;
import org.tensorflow.proto.framework.TrackableObjectGraph.TrackableObject;
import org.tensorflow.proto.framework.TrackableObjectGraph.TrackableObject.ObjectReference;
import org.tensorflow.proto.framework.TrackableObjectGraph.TrackableObject.SerializedTensor;
import org.tensorflow.proto.framework.TrackableObjectGraph.TrackableObject.SlotVariableReference;

/**
 * Object graph of a checkpoint, built from the paths of its variables: Python matches it with its
 * own objects by the names of children, from the root down.
 *
 * <p>Source of the keys: {@code tensorflow/python/training/tracking/graph_view.py}.
 */
final class ObjectPaths {

  private final List<TrackableObject.Builder> nodes = new ArrayList<>();
  private final Map<String, Integer> ids = new HashMap<>();

  ObjectPaths() {
    nodes.add(TrackableObject.newBuilder());
    ids.put("", 0);
  }

  /**
   * Adds a variable and the objects on the path to it.
   *
   * @param path names of children from the root, with slashes between
   * @param fullName the variable's own name
   * @return its key
   */
  String addVariable(String path, String fullName) {
    String key = path + CheckpointNames.VALUE_SUFFIX;
    nodes.get(node(path)).addAttributes(tensor(fullName, key));
    return key;
  }

  /**
   * Adds a variable that an optimizer keeps for another.
   *
   * @param variable its path, which must have been added
   * @param optimizer the path of the optimizer
   * @return its key
   */
  String addSlot(String variable, String optimizer, String slot) {
    String key =
        variable + "/.OPTIMIZER_SLOT/" + optimizer + "/" + slot + CheckpointNames.VALUE_SUFFIX;
    TrackableObject.Builder owner = nodes.get(node(optimizer));
    SlotVariableReference.Builder reference =
        SlotVariableReference.newBuilder()
            .setOriginalVariableNodeId(node(variable))
            .setSlotName(slot)
            .setSlotVariableNodeId(nodes.size());
    nodes.add(TrackableObject.newBuilder().addAttributes(tensor(variable + "/" + slot, key)));
    owner.addSlotVariables(reference);
    return key;
  }

  TrackableObjectGraph graph() {
    TrackableObjectGraph.Builder graph = TrackableObjectGraph.newBuilder();
    nodes.forEach(graph::addNodes);
    return graph.build();
  }

  private static SerializedTensor tensor(String fullName, String key) {
    return SerializedTensor.newBuilder()
        .setName(CheckpointNames.VARIABLE_VALUE)
        .setFullName(fullName)
        .setCheckpointKey(key)
        .build();
  }

  private int node(String path) {
    Integer known = ids.get(path);
    if (known != null) {
      return known;
    }
    int slash = path.lastIndexOf('/');
    int parent = node(slash < 0 ? "" : path.substring(0, slash));
    int id = nodes.size();
    nodes.add(TrackableObject.newBuilder());
    ids.put(path, id);
    nodes
        .get(parent)
        .addChildren(
            ObjectReference.newBuilder().setNodeId(id).setLocalName(path.substring(slash + 1)));
    return id;
  }
}
