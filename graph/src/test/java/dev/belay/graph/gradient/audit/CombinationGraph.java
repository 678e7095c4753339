package dev.belay.graph.gradient.audit;

import dev.belay.graph.gradient.audit.Combination.Argument;
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
import org.tensorflow.Operand;
import org.tensorflow.OperationBuilder;
import org.tensorflow.Output;
import org.tensorflow.TensorFlow;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
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
 * @param placeholders name of a placeholder to what is fed to it
 * @param variables name of a variable to the tensor by which the gradient is taken
 * @param outputs floating-point results of the op
 */
record CombinationGraph(
    GraphDef graphDef,
    Map<String, Value> placeholders,
    Map<String, String> variables,
    List<String> outputs) {
  private static final Map<String, OpDef> OPS =
      TensorFlow.registeredOpList().getOpList().stream()
          .collect(Collectors.toMap(OpDef::getName, op -> op));
  private static final Set<DataType> FLOATS =
      Set.of(DataType.DT_FLOAT, DataType.DT_DOUBLE, DataType.DT_HALF, DataType.DT_BFLOAT16);

  /** Builds it with another type than the combination's, such as the wider one of a reference. */
  static CombinationGraph of(Combination combination, DataType type) {
    try (Graph graph = new Graph()) {
      return new Builder(graph, combination, type).build();
    }
  }

  /** The graph while it is built. */
  private static final class Builder {
    private final Graph graph;
    private final Ops tf;
    private final Combination combination;
    private final DataType type;
    private final Map<String, Value> placeholders = new LinkedHashMap<>();
    private final Map<String, String> variables = new LinkedHashMap<>();

    Builder(Graph graph, Combination combination, DataType type) {
      this.graph = graph;
      this.tf = Ops.create(graph);
      this.combination = combination;
      this.type = type;
    }

    CombinationGraph build() {
      OperationBuilder builder = tf.scope().opBuilder(combination.op(), "op");
      for (Argument argument : combination.arguments()) {
        List<Output<?>> tensors = new ArrayList<>();
        for (int i = 0; i < argument.tensors().size(); i++) {
          String name = argument.name() + (argument.isList() ? "_" + i : "");
          tensors.add(tensor(name, argument.tensors().get(i)).asOutput());
        }
        if (argument.isList()) {
          builder.addInputList(tensors.toArray(new Output<?>[0]));
        } else {
          builder.addInput(tensors.get(0));
        }
      }
      OpDef definition = OPS.get(combination.op());
      for (OpDef.AttrDef attribute : definition.getAttrList()) {
        String value = combination.attributes().get(attribute.getName());
        if (value != null) {
          set(builder, attribute, value);
        }
      }
      GraphOperation op = (GraphOperation) builder.build();
      List<String> outputs = new ArrayList<>();
      for (int i = 0; i < op.numOutputs(); i++) {
        boolean wanted = combination.outputs().isEmpty() || combination.outputs().contains(i);
        if (wanted && FLOATS.contains(op.output(i).dataType())) {
          outputs.add("op:" + i);
        }
      }
      return new CombinationGraph(graph.toGraphDef(), placeholders, variables, outputs);
    }

    private Operand<?> tensor(String name, Value value) {
      return switch (value.kind()) {
        case VARIABLE -> variable(name, value, type);
        case FLOAT32_VARIABLE -> variable(name, value, DataType.DT_FLOAT);
        case CONSTANT -> cast(name, doubles(value), type);
        case INT32 -> tf.withName(name).constant(value.shape(), DataBuffers.of(ints(value)));
        case INT64 ->
            tf.withName(name)
                .constant(
                    value.shape(),
                    DataBuffers.of(
                        Arrays.stream(value.elements()).mapToLong(e -> (long) e).toArray()));
        case FED_INT32 -> {
          placeholders.put(name, value);
          yield tf.withName(name)
              .placeholder(TInt32.class, Placeholder.shape(value.declared()));
        }
        case BOOL ->
            tf.withName(name)
                .math
                .greater(doubles(value), tf.constant(0.5));
      };
    }

    private Operand<TFloat64> doubles(Value value) {
      return tf.constant(value.shape(), DataBuffers.of(value.elements()));
    }

    private Operand<?> variable(String name, Value value, DataType of) {
      placeholders.put(name, value);
      Operand<?> cast =
          cast(
              name + "_cast",
              tf.withName(name).placeholder(TFloat64.class, Placeholder.shape(value.declared())),
              of);
      variables.put(name, cast.asOutput().op().name());
      return cast;
    }

    private Operand<?> cast(String name, Operand<?> of, DataType to) {
      return tf.scope()
          .opBuilder("Cast", name)
          .addInput(of.asOutput())
          .setAttr("DstT", to)
          .build()
          .output(0);
    }

    private static int[] ints(Value value) {
      return Arrays.stream(value.elements()).mapToInt(element -> (int) element).toArray();
    }

    private static void set(OperationBuilder builder, OpDef.AttrDef attribute, String text) {
      String name = attribute.getName();
      String inner = text.replaceAll("[\\[\\]]", "");
      String[] parts = inner.isEmpty() ? new String[0] : inner.split(",");
      switch (attribute.getType()) {
        case "int" -> builder.setAttr(name, Long.parseLong(text));
        case "float" -> builder.setAttr(name, Float.parseFloat(text));
        case "bool" -> builder.setAttr(name, Boolean.parseBoolean(text));
        case "string" -> builder.setAttr(name, text.equals("''") ? "" : text);
        case "type" -> builder.setAttr(name, DataType.valueOf(text));
        case "shape" ->
            builder.setAttr(
                name, Shape.of(Arrays.stream(parts).mapToLong(Long::parseLong).toArray()));
        case "list(float)" -> {
          float[] floats = new float[parts.length];
          for (int i = 0; i < parts.length; i++) {
            floats[i] = Float.parseFloat(parts[i]);
          }
          builder.setAttr(name, floats);
        }
        case "list(int)" ->
            builder.setAttr(name, Arrays.stream(parts).mapToLong(Long::parseLong).toArray());
        default -> throw new IllegalArgumentException(attribute.getType());
      }
    }
  }
}
