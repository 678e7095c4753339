package dev.belay.savedmodel.model.check;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.model.op.ConstantTensor;
import dev.belay.savedmodel.model.op.OpCatalogue;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.GradientDef;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.RegisteredGradient;

/**
 * Validates a graph and its functions before anything relies on them: names, ops, attributes,
 * inputs, types, constants, cycles, and that no function calls itself.
 *
 * <p>TensorFlow 2.10.1 checks much of this too, but late, and partly by ending the process.
 */
public final class GraphValidator {
  /** Memory limit for all constants that are written in compressed form. */
  private static final long MOST_CONSTANT_BYTES = 4L << 30;

  private final Path file;
  private final GraphDef graph;
  private final Map<String, FunctionDef> functions = new LinkedHashMap<>();

  private GraphValidator(Path file, GraphDef graph) {
    this.file = file;
    this.graph = graph;
  }

  /**
   * Validates a graph.
   *
   * @param file the graph's file, for messages
   * @throws CorruptModelException for the first error in it
   */
  public static void validate(Path file, GraphDef graph) throws CorruptModelException {
    new GraphValidator(file, graph).validate();
  }

  private void validate() throws CorruptModelException {
    for (FunctionDef function : graph.getLibrary().getFunctionList()) {
      String name = function.getSignature().getName();
      if (functions.put(name, function) != null) {
        throw new CorruptModelException(
            file, "function '" + name + "'", "one function of that name", "two");
      }
      if (OpCatalogue.get().find(name).isPresent()) {
        throw new CorruptModelException(
            file, "function '" + name + "'", "a name that no op of TensorFlow has", "an op's name");
      }
    }
    checkConstants();
    Ops ops = new Ops(functions);
    new BodyCheck(file, "", graph.getNodeList(), ops).check();
    for (FunctionDef function : functions.values()) {
      new FunctionCheck(file, function, ops).check();
    }
    checkGradients();
    new CallCycles(file, functions).check();
  }

  private void checkConstants() throws CorruptModelException {
    long bytes = 0;
    for (NodeDef node : graph.getNodeList()) {
      bytes += constantBytes("node '" + node.getName() + "'", node, bytes);
    }
    for (FunctionDef function : functions.values()) {
      String where = "function '" + function.getSignature().getName() + "', node '";
      for (NodeDef node : function.getNodeDefList()) {
        bytes += constantBytes(where + node.getName() + "'", node, bytes);
      }
    }
  }

  private long constantBytes(String where, NodeDef node, long before) throws CorruptModelException {
    long bytes = 0;
    for (Map.Entry<String, AttrValue> attribute : node.getAttrMap().entrySet()) {
      try {
        if (attribute.getValue().hasTensor()) {
          bytes += ConstantTensor.check(attribute.getValue().getTensor());
        }
        for (var tensor : attribute.getValue().getList().getTensorList()) {
          bytes += ConstantTensor.check(tensor);
        }
      } catch (IllegalArgumentException e) {
        throw new CorruptModelException(
            file,
            where + ", attribute '" + attribute.getKey() + "'",
            "a constant whose values are those of its type and shape",
            e.getMessage());
      }
    }
    if (before + bytes > MOST_CONSTANT_BYTES) {
      throw new CorruptModelException(
          file, where, "constants of less than 4 GB in all", before + bytes + " bytes");
    }
    return bytes;
  }

  private void checkGradients() throws CorruptModelException {
    for (RegisteredGradient gradient : graph.getLibrary().getRegisteredGradientsList()) {
      requireFunction(
          "gradient of '" + gradient.getRegisteredOpType() + "'", gradient.getGradientFunc());
    }
    for (GradientDef gradient : graph.getLibrary().getGradientList()) {
      String where = "gradient of function '" + gradient.getFunctionName() + "'";
      requireFunction(where, gradient.getFunctionName());
      requireFunction(where, gradient.getGradientFunc());
    }
  }

  private void requireFunction(String where, String name) throws CorruptModelException {
    if (!functions.containsKey(name)) {
      throw new CorruptModelException(
          file, where, "a function of the library", "'" + name + "', which is not there");
    }
  }
}
