package dev.belay.savedmodel.weights;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.bundle.CheckpointNames;
import dev.belay.savedmodel.tensor.NamedTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.proto.framework.TrackableObjectGraph;
import org.tensorflow.proto.framework.TrackableObjectGraph.TrackableObject;
import org.tensorflow.proto.framework.TrackableObjectGraph.TrackableObject.SlotVariableReference;

/**
 * Keys of a TF2 checkpoint, as its object graph describes them: the variables' full names, and the
 * slots of optimizers.
 *
 * @param fullNames the variable's name by key
 * @param slots of optimizers
 */
record CheckpointObjects(Map<String, String> fullNames, List<Slot> slots) {

  /**
   * A variable that an optimizer keeps for another one.
   *
   * @param key of the slot
   * @param name such as "m"
   * @param variable key of the variable that it belongs to
   */
  record Slot(String key, String name, String variable) {}

  /**
   * Reads the objects.
   *
   * @param index the checkpoint's file, for messages
   * @throws CorruptModelException if the object graph is invalid
   */
  static CheckpointObjects read(Path index, NamedTensors tensors) throws IOException {
    List<byte[]> values = tensors.readStrings(CheckpointNames.OBJECT_GRAPH);
    TrackableObjectGraph graph;
    try {
      graph =
          TrackableObjectGraph.parseFrom(
              CodedInputStream.newInstance(values.size() == 1 ? values.get(0) : new byte[] {-1}));
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptModelException(
          index,
          "entry '" + CheckpointNames.OBJECT_GRAPH + "'",
          "a TrackableObjectGraph",
          e.getMessage());
    }
    Map<String, String> fullNames = new LinkedHashMap<>();
    for (TrackableObject node : graph.getNodesList()) {
      for (TrackableObject.SerializedTensor tensor : node.getAttributesList()) {
        if (tensor.getName().equals(CheckpointNames.VARIABLE_VALUE)
            && tensors.names().contains(tensor.getCheckpointKey())) {
          fullNames.put(tensor.getCheckpointKey(), tensor.getFullName());
        }
      }
    }
    List<Slot> slots = new ArrayList<>();
    for (TrackableObject node : graph.getNodesList()) {
      for (SlotVariableReference slot : node.getSlotVariablesList()) {
        Optional<String> key = key(graph, slot.getSlotVariableNodeId());
        Optional<String> variable = key(graph, slot.getOriginalVariableNodeId());
        if (key.isPresent() && variable.isPresent()) {
          slots.add(new Slot(key.get(), slot.getSlotName(), variable.get()));
        }
      }
    }
    slots.addAll(namedSlots(fullNames));
    return new CheckpointObjects(fullNames, slots);
  }

  private static Optional<String> key(TrackableObjectGraph graph, int node) {
    if (node < 0 || node >= graph.getNodesCount()) {
      return Optional.empty();
    }
    return graph.getNodes(node).getAttributesList().stream()
        .filter(tensor -> tensor.getName().equals(CheckpointNames.VARIABLE_VALUE))
        .map(TrackableObject.SerializedTensor::getCheckpointKey)
        .findFirst();
  }

  /** Keras' newer optimizers keep their slots in one list, under names such as Adam/m/NAME. */
  private static List<Slot> namedSlots(Map<String, String> fullNames) {
    Map<String, String> keys = new LinkedHashMap<>();
    fullNames.forEach((key, name) -> keys.putIfAbsent(name, key));
    List<Slot> slots = new ArrayList<>();
    fullNames.forEach(
        (key, name) -> {
          String[] words = name.split("/", 3);
          if (words.length == 3 && keys.containsKey(words[2]) && key.contains("_variables/")) {
            slots.add(new Slot(key, words[1], keys.get(words[2])));
          }
        });
    return slots;
  }
}
