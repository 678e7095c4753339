package dev.belay.savedmodel.model;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.bundle.CheckpointNames;
import dev.belay.savedmodel.tensor.NamedTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.framework.TrackableObjectGraph;
import org.tensorflow.proto.framework.TrackableObjectGraph.TrackableObject;

/**
 * Finds the checkpoint keys of the objects of a model.
 *
 * <p>The checkpoint holds a separate object graph, whose node ids differ from the model's, so both
 * graphs are walked in parallel, by the names of children and of slot variables.
 */
final class CheckpointKeys {

  private final ObjectGraph model;
  private final TrackableObjectGraph checkpoint;

  /** The checkpoint object of each model object. */
  private final Map<Integer, Integer> same = new HashMap<>();

  private final Deque<Integer> open = new ArrayDeque<>();

  private CheckpointKeys(ObjectGraph model, TrackableObjectGraph checkpoint) {
    this.model = model;
    this.checkpoint = checkpoint;
  }

  /**
   * The checkpoint key of each object that has a variable's value; objects without one are absent.
   *
   * @param index the checkpoint's file, for messages
   */
  static Map<Integer, String> find(Path index, ObjectGraph model, NamedTensors tensors)
      throws IOException {
    CheckpointKeys keys = new CheckpointKeys(model, parse(index, tensors));
    if (keys.checkpoint.getNodesCount() > 0) {
      keys.walk(index);
    }
    return keys.keys();
  }

  private static TrackableObjectGraph parse(Path index, NamedTensors tensors) throws IOException {
    if (!tensors.names().contains(CheckpointNames.OBJECT_GRAPH)) {
      throw new CorruptModelException(
          index,
          "entries",
          "'" + CheckpointNames.OBJECT_GRAPH + "', which says what the keys are",
          "none");
    }
    List<byte[]> values = tensors.readStrings(CheckpointNames.OBJECT_GRAPH);
    if (values.size() != 1) {
      throw new CorruptModelException(
          index,
          "entry '" + CheckpointNames.OBJECT_GRAPH + "'",
          "one string",
          values.size() + " strings");
    }
    try {
      return TrackableObjectGraph.parseFrom(CodedInputStream.newInstance(values.get(0)));
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptModelException(
          index,
          "entry '" + CheckpointNames.OBJECT_GRAPH + "'",
          "a TrackableObjectGraph",
          e.getMessage());
    }
  }

  private void walk(Path index) throws CorruptModelException {
    match(index, 0, 0);
    while (!open.isEmpty()) {
      int id = open.remove();
      TrackableObject object = checkpoint.getNodes(same.get(id));
      Map<String, Integer> children = model.children(id);
      for (TrackableObject.ObjectReference child : object.getChildrenList()) {
        Integer mine = children.get(child.getLocalName());
        if (mine != null) {
          match(index, mine, child.getNodeId());
        }
      }
    }
    // Slots are named after their variable, so all variables must be matched first.
    for (Map.Entry<Integer, Integer> pair : List.copyOf(same.entrySet())) {
      matchSlots(index, pair.getKey(), checkpoint.getNodes(pair.getValue()));
    }
  }

  private void matchSlots(Path index, int id, TrackableObject object) throws CorruptModelException {
    Map<String, Integer> slots = new HashMap<>();
    for (TrackableObject.SlotVariableReference slot : object.getSlotVariablesList()) {
      slots.put(
          slot.getOriginalVariableNodeId() + "/" + slot.getSlotName(),
          slot.getSlotVariableNodeId());
    }
    for (TrackableObject.SlotVariableReference slot : model.node(id).getSlotVariablesList()) {
      Integer theirs =
          slots.get(same.get(slot.getOriginalVariableNodeId()) + "/" + slot.getSlotName());
      if (theirs != null) {
        match(index, slot.getSlotVariableNodeId(), theirs);
      }
    }
  }

  private void match(Path index, int mine, int theirs) throws CorruptModelException {
    if (theirs < 0 || theirs >= checkpoint.getNodesCount()) {
      throw new CorruptModelException(
          index, "object graph", "objects below " + checkpoint.getNodesCount(), "object " + theirs);
    }
    if (same.putIfAbsent(mine, theirs) == null) {
      open.add(mine);
    }
  }

  private Map<Integer, String> keys() {
    Map<Integer, String> keys = new HashMap<>();
    same.forEach(
        (mine, theirs) -> {
          for (TrackableObject.SerializedTensor tensor :
              checkpoint.getNodes(theirs).getAttributesList()) {
            if (tensor.getName().equals(CheckpointNames.VARIABLE_VALUE)) {
              keys.put(mine, tensor.getCheckpointKey());
            }
          }
        });
    return keys;
  }
}
