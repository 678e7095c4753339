package dev.belay.savedmodel.model.check;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.model.op.OpArguments;
import dev.belay.savedmodel.model.op.TensorName;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.OpDef;

/**
 * Validates a function: its body, in which inputs are written {@code argument}, {@code argument:1}
 * or {@code node:output:1}, and its results against its signature.
 */
final class FunctionCheck extends BodyCheck {
  private final FunctionDef function;
  private final Map<String, OpDef.ArgDef> arguments = new HashMap<>();

  FunctionCheck(Path file, FunctionDef function, Ops ops) {
    super(
        file,
        "function " + Names.show(function.getSignature().getName()) + ", ",
        function.getNodeDefList(),
        ops);
    this.function = function;
  }

  @Override
  void check() throws CorruptModelException {
    OpDef signature = function.getSignature();
    if (!Names.isFunction(signature.getName())) {
      throw refused("a name of printable characters", Names.show(signature.getName()));
    }
    for (OpDef.ArgDef argument : signature.getInputArgList()) {
      if (!Names.isArgument(argument.getName())
          || arguments.put(argument.getName(), argument) != null) {
        throw refused("arguments of different names", Names.show(argument.getName()));
      }
    }
    super.check();
    for (OpDef.ArgDef output : signature.getOutputArgList()) {
      checkOutput(output);
    }
    for (String control : function.getControlRetMap().values()) {
      if (!nodes.containsKey(control)) {
        throw refused("control outputs that exist", Names.show(control));
      }
    }
  }

  private void checkOutput(OpDef.ArgDef output) throws CorruptModelException {
    String source = function.getRetMap().get(output.getName());
    if (source == null) {
      throw refused("a source for output " + Names.show(output.getName()), "none");
    }
    NodeDef asked = NodeDef.newBuilder().setName("output " + output.getName()).build();
    DataType type = typeOf(asked, source);
    if (output.getType() != DataType.DT_INVALID
        && type != DataType.DT_INVALID
        && type != output.getType()) {
      throw refusal(asked, "a tensor of " + output.getType(), "'" + source + "' of " + type);
    }
  }

  @Override
  DataType typeOf(NodeDef node, String input) throws CorruptModelException {
    String[] parts = input.split(":", -1);
    OpDef.ArgDef argument = arguments.get(parts[0]);
    try {
      if (argument != null && parts.length <= 2) {
        return typeOfArgument(argument, parts.length == 2 ? TensorName.index(parts[1], 0) : 0);
      }
      Checked source = nodes.get(parts[0]);
      if (source != null && parts.length >= 2 && parts.length <= 3) {
        int index = parts.length == 3 ? TensorName.index(parts[2], 0) : 0;
        for (OpArguments.Argument output : source.outputs().arguments()) {
          if (output.name().equals(parts[1]) && index < output.types().size()) {
            return output.types().get(index);
          }
        }
      }
    } catch (IllegalArgumentException e) {
      throw refusal(node, "inputs such as 'argument' or 'node:output:0'", Names.show(input));
    }
    throw refusal(node, "inputs that exist", Names.show(input));
  }

  private static DataType typeOfArgument(OpDef.ArgDef argument, int index) {
    boolean several = !argument.getNumberAttr().isEmpty() || !argument.getTypeListAttr().isEmpty();
    if (index > 0 && !several) {
      throw new IllegalArgumentException("index " + index);
    }
    return argument.getType();
  }

  @Override
  boolean isArgument(String name) {
    return arguments.containsKey(name);
  }

  @Override
  boolean isFunction() {
    return true;
  }

  private CorruptModelException refused(String expected, String found) {
    return new CorruptModelException(file, place.substring(0, place.length() - 2), expected, found);
  }
}
