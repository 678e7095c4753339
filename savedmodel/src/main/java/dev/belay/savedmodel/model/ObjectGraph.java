package dev.belay.savedmodel.model;

import dev.belay.savedmodel.CorruptModelException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tensorflow.proto.framework.SavedConcreteFunction;
import org.tensorflow.proto.framework.SavedObject;
import org.tensorflow.proto.framework.SavedObjectGraph;
import org.tensorflow.proto.framework.TrackableObjectGraph.TrackableObject;

/**
 * The Python objects of a TF2 model: a graph of nodes, the first of which is the model itself.
 * Every node that an edge or a function names exists.
 */
public final class ObjectGraph {
  /** The function of a resource that creates it. */
  public static final String CREATE_RESOURCE = "_create_resource";

  /** The function of a resource that fills it. */
  public static final String INITIALIZE = "_initialize";

  private final SavedObjectGraph proto;

  private ObjectGraph(SavedObjectGraph proto) {
    this.proto = proto;
  }

  /**
   * Validates an object graph.
   *
   * @param functions the names of the functions that exist
   * @throws CorruptModelException if the target of an edge or a function is missing
   */
  static ObjectGraph of(Path file, SavedObjectGraph proto, Set<String> functions)
      throws CorruptModelException {
    for (int id = 0; id < proto.getNodesCount(); id++) {
      String where = "object " + id;
      SavedObject node = proto.getNodes(id);
      for (TrackableObject.ObjectReference child : node.getChildrenList()) {
        requireNode(
            file, where + ", child '" + child.getLocalName() + "'", child.getNodeId(), proto);
      }
      for (TrackableObject.SlotVariableReference slot : node.getSlotVariablesList()) {
        requireNode(file, where + ", slot variable", slot.getSlotVariableNodeId(), proto);
        requireNode(file, where + ", slot variable", slot.getOriginalVariableNodeId(), proto);
      }
      for (String function : functionsOf(node)) {
        if (!functions.contains(function) || !proto.containsConcreteFunctions(function)) {
          throw new CorruptModelException(
              file, where, "a function of the library", "'" + function + "', which is not there");
        }
      }
    }
    for (Map.Entry<String, SavedConcreteFunction> function :
        proto.getConcreteFunctionsMap().entrySet()) {
      for (int bound : function.getValue().getBoundInputsList()) {
        requireNode(file, "captures of function '" + function.getKey() + "'", bound, proto);
      }
    }
    return new ObjectGraph(proto);
  }

  private static void requireNode(Path file, String where, int id, SavedObjectGraph proto)
      throws CorruptModelException {
    if (id < 0 || id >= proto.getNodesCount()) {
      throw new CorruptModelException(
          file, where, "an object below " + proto.getNodesCount(), "object " + id);
    }
  }

  /** The number of objects. */
  public int size() {
    return proto.getNodesCount();
  }

  /** An object by its id. */
  public SavedObject node(int id) {
    return proto.getNodes(id);
  }

  /** The children of an object by the name of the attribute that holds them. */
  public Map<String, Integer> children(int id) {
    Map<String, Integer> children = new LinkedHashMap<>();
    for (TrackableObject.ObjectReference child : proto.getNodes(id).getChildrenList()) {
      children.putIfAbsent(child.getLocalName(), child.getNodeId());
    }
    return children;
  }

  /** The traces of an object that is a function; none for any other object. */
  public static List<String> functionsOf(SavedObject node) {
    return switch (node.getKindCase()) {
      case FUNCTION -> node.getFunction().getConcreteFunctionsList();
      case BARE_CONCRETE_FUNCTION ->
          List.of(node.getBareConcreteFunction().getConcreteFunctionName());
      default -> List.of();
    };
  }

  /** The signature and captures of a function, if Python recorded them. */
  public Optional<SavedConcreteFunction> concreteFunction(String name) {
    return Optional.ofNullable(proto.getConcreteFunctionsMap().get(name));
  }

  /** All functions that an object can run, except those that save and restore. */
  Set<String> callableFunctions() {
    Set<String> names = new TreeSet<>();
    proto.getNodesList().forEach(node -> names.addAll(functionsOf(node)));
    for (SavedObject node : proto.getNodesList()) {
      node.getSaveableObjectsMap()
          .values()
          .forEach(
              saveable -> {
                names.removeAll(functionsOf(proto, saveable.getSaveFunction()));
                names.removeAll(functionsOf(proto, saveable.getRestoreFunction()));
              });
    }
    return names;
  }

  private static List<String> functionsOf(SavedObjectGraph proto, int id) {
    return id > 0 && id < proto.getNodesCount() ? functionsOf(proto.getNodes(id)) : List.of();
  }
}
