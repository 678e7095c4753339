package dev.belay.graph.gradient.audit;

import dev.belay.graph.gradient.audit.Combination.Argument;
import dev.belay.graph.gradient.audit.Combination.Derived;
import dev.belay.graph.gradient.audit.Combination.Input;
import dev.belay.graph.gradient.audit.Combination.Kind;
import dev.belay.graph.gradient.audit.Combination.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.OperationBuilder;
import org.tensorflow.Output;
import org.tensorflow.TensorFlow;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Constant;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.OpDef;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;

/**
 * The graph of a combination: a float64 placeholder for each variable, its cast to the type, the
 * op.
 *
 * @param graphDef the graph
 * @param fed name of a placeholder to what is fed to it
 * @param variables name of a variable to the tensor by which the gradient is taken
 * @param outputs floating-point results of the op
 * @param isWide whether all that is computed is float64
 */
record CombinationGraph(
    GraphDef graphDef,
    Map<String, Value> fed,
    Map<String, String> variables,
    List<String> outputs,
    boolean isWide) {
  private static final Map<String, OpDef> OPS =
      TensorFlow.registeredOpList().getOpList().stream()
          .collect(Collectors.toMap(OpDef::getName, op -> op));
  private static final Set<DataType> FLOATS =
      Set.of(DataType.DT_FLOAT, DataType.DT_DOUBLE, DataType.DT_HALF, DataType.DT_BFLOAT16);

  /** Builds it in another type than the combination's, such as the wider one of a reference. */
  static CombinationGraph of(Combination combination, DataType type) {
    try (Graph graph = new Graph()) {
      return new Builder(Ops.create(graph), type).build(graph, combination);
    }
  }

  /** The graph while it is built. */
  private static final class Builder {
    private final Ops tf;
    private final DataType type;
    private final Map<String, Value> fed = new LinkedHashMap<>();
    private final Map<String, String> variables = new LinkedHashMap<>();

    Builder(Ops tf, DataType type) {
      this.tf = tf;
      this.type = type;
    }

    CombinationGraph build(Graph graph, Combination combination) {
      OperationBuilder builder = tf.scope().opBuilder(combination.op(), "op");
      for (Argument argument : combination.arguments()) {
        List<Output<?>> tensors = tensors(argument.name(), argument.inputs(), argument.isList());
        if (argument.isList()) {
          builder.addInputList(tensors.toArray(new Output<?>[0]));
        } else {
          builder.addInput(tensors.get(0));
        }
      }
      GraphOperation op = finish(builder, combination.op(), combination.attributes());
      List<String> outputs = new ArrayList<>();
      boolean isWide =
          type == DataType.DT_DOUBLE
              && fed.values().stream().noneMatch(value -> value.kind() == Kind.FLOAT32_VARIABLE);
      for (int i = 0; i < op.numOutputs(); i++) {
        boolean isWanted = combination.outputs().isEmpty() || combination.outputs().contains(i);
        if (isWanted && FLOATS.contains(op.output(i).dataType())) {
          outputs.add("op:" + i);
          isWide &= op.output(i).dataType() == DataType.DT_DOUBLE;
        }
      }
      return new CombinationGraph(graph.toGraphDef(), fed, variables, outputs, isWide);
    }

    private List<Output<?>> tensors(String name, List<Input> inputs, boolean areSeveral) {
      List<Output<?>> tensors = new ArrayList<>();
      for (int i = 0; i < inputs.size(); i++) {
        tensors.add(tensor(areSeveral ? name + "_" + i : name, inputs.get(i)));
      }
      return tensors;
    }

    private Output<?> tensor(String name, Input input) {
      if (input instanceof Derived derived) {
        OperationBuilder builder = tf.scope().opBuilder(derived.op(), name + "_of");
        tensors(name, derived.inputs(), true).forEach(builder::addInput);
        return finish(builder, derived.op(), derived.attributes()).output(0);
      }
      Value value = (Value) input;
      return switch (value.kind()) {
        case VARIABLE -> variable(name, value, type);
        case FLOAT32_VARIABLE -> variable(name, value, DataType.DT_FLOAT);
        case CONSTANT -> cast(name, doubles(value).asOutput(), type);
        case INT32 ->
            tf.withName(name).constant(value.shape(), DataBuffers.of(ints(value))).asOutput();
        case INT64 ->
            tf.withName(name).constant(value.shape(), DataBuffers.of(longs(value))).asOutput();
        case FED_INT32 -> {
          fed.put(name, value);
          yield tf.withName(name)
              .placeholder(TInt32.class, Placeholder.shape(value.declared()))
              .asOutput();
        }
        case BOOL -> tf.withName(name).math.greater(doubles(value), tf.constant(0.5)).asOutput();
      };
    }

    private Constant<TFloat64> doubles(Value value) {
      return tf.constant(value.shape(), DataBuffers.of(value.elements()));
    }

    private Output<?> variable(String name, Value value, DataType to) {
      fed.put(name, value);
      Output<?> wide =
          tf.withName(name)
              .placeholder(TFloat64.class, Placeholder.shape(value.declared()))
              .asOutput();
      Output<?> cast = cast(name + "_cast", wide, to);
      variables.put(name, cast.op().name());
      return cast;
    }

    private Output<?> cast(String name, Output<?> wide, DataType to) {
      return tf.scope()
          .opBuilder("Cast", name)
          .addInput(wide)
          .setAttr("DstT", to)
          .build()
          .output(0);
    }

    private static int[] ints(Value value) {
      return Arrays.stream(value.elements()).mapToInt(element -> (int) element).toArray();
    }

    private static long[] longs(Value value) {
      return Arrays.stream(value.elements()).mapToLong(element -> (long) element).toArray();
    }

    private static GraphOperation finish(
        OperationBuilder builder, String op, Map<String, String> attributes) {
      for (OpDef.AttrDef attribute : OPS.get(op).getAttrList()) {
        String value = attributes.get(attribute.getName());
        if (value != null) {
          set(builder, attribute, value);
        }
      }
      return (GraphOperation) builder.build();
    }

    private static void set(OperationBuilder builder, OpDef.AttrDef attribute, String text) {
      String name = attribute.getName();
      String inner = text.replaceAll("[\\[\\]]", "");
      String[] parts = inner.isEmpty() ? new String[0] : inner.split(",");
      switch (attribute.getType()) {
        case "int" -> builder.setAttr(name, Long.parseLong(text));
        case "float" -> builder.setAttr(name, Float.parseFloat(text));
        case "bool" -> builder.setAttr(name, Boolean.parseBoolean(text));
        case "string" -> builder.setAttr(name, text);
        case "type" -> builder.setAttr(name, DataType.valueOf(text));
        case "shape" -> builder.setAttr(name, Shape.of(longs(parts)));
        case "list(int)" -> builder.setAttr(name, longs(parts));
        case "list(float)" -> {
          float[] floats = new float[parts.length];
          for (int i = 0; i < parts.length; i++) {
            floats[i] = Float.parseFloat(parts[i]);
          }
          builder.setAttr(name, floats);
        }
        default -> throw new IllegalArgumentException(attribute.getType());
      }
    }

    private static long[] longs(String[] parts) {
      return Arrays.stream(parts).mapToLong(Long::parseLong).toArray();
    }
  }
}
