package dev.belay.train.model;

import dev.belay.savedmodel.Npz;
import dev.belay.savedmodel.model.FlatGraph;
import dev.belay.savedmodel.model.FlatGraph.FlatFunction;
import dev.belay.savedmodel.model.FlatGraph.FlatTensor;
import dev.belay.savedmodel.model.FlatGraph.FlatVariable;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.savedmodel.model.SavedModelContents;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.ByteDataBuffer;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TType;

/** Runs a flat graph as it is, with the model's own values; closes its graph and session. */
final class FlatGraphRunner implements AutoCloseable {
  private final Graph graph = new Graph();
  private final Session session;
  private final Map<Integer, String> handles = new HashMap<>();

  FlatGraphRunner(SavedModelContents contents, FlatGraph flat, GraphDef nodes) throws IOException {
    graph.importGraphDef(withAssignments(nodes, flat));
    session = new Session(graph);
    for (FlatVariable variable : flat.variables()) {
      handles.put(variable.variable().id(), variable.handle());
      try (TType value = tensor(variable.variable(), contents.read(variable.variable()))) {
        session
            .runner()
            .feed(variable.handle() + "/value", value)
            .addTarget(variable.handle() + "/assign")
            .run();
      }
    }
    for (String initializer : flat.initializers()) {
      session.runner().addTarget(initializer).run();
    }
  }

  /** The results of a function by name; the caller closes them. */
  Result run(FlatFunction function, Map<String, Tensor> inputs) {
    Session.Runner runner = session.runner();
    for (FlatTensor input : function.inputs()) {
      String name = input.name().substring(input.name().lastIndexOf('/') + 1);
      if (!inputs.containsKey(name)) {
        throw new IllegalArgumentException("no input " + name + " in " + inputs.keySet());
      }
      runner.feed(input.tensor(), inputs.get(name));
    }
    function.outputs().forEach(output -> runner.fetch(output.tensor()));
    function.updates().forEach(runner::addTarget);
    return runner.run();
  }

  /** The floats of one output of a function. */
  float[] floats(FlatFunction function, String output, Map<String, Tensor> inputs) {
    int index = function.outputs().stream().map(FlatTensor::name).toList().indexOf(output);
    try (Result result = run(function, inputs)) {
      return floats((TFloat32) result.get(index));
    }
  }

  static float[] floats(TFloat32 tensor) {
    float[] values = new float[(int) tensor.size()];
    tensor.asRawTensor().data().asFloats().read(values);
    return values;
  }

  /** The value that an int64 scalar variable has now. */
  long scalar(int variable) {
    try (Result result = session.runner().fetch(handles.get(variable) + "/now").run()) {
      return ((TInt64) result.get(0)).getLong();
    }
  }

  private static GraphDef withAssignments(GraphDef nodes, FlatGraph flat) {
    GraphDef.Builder builder = nodes.toBuilder();
    for (FlatVariable variable : flat.variables()) {
      AttrValue type = AttrValue.newBuilder().setType(variable.variable().dtype()).build();
      builder
          .addNode(
              NodeDef.newBuilder()
                  .setName(variable.handle() + "/value")
                  .setOp("Placeholder")
                  .putAttr("dtype", type))
          .addNode(
              NodeDef.newBuilder()
                  .setName(variable.handle() + "/assign")
                  .setOp("AssignVariableOp")
                  .addInput(variable.handle())
                  .addInput(variable.handle() + "/value")
                  .putAttr("dtype", type))
          .addNode(
              NodeDef.newBuilder()
                  .setName(variable.handle() + "/now")
                  .setOp("ReadVariableOp")
                  .addInput(variable.handle())
                  .putAttr("dtype", type));
    }
    return builder.build();
  }

  static TType tensor(ModelVariable variable, ByteBuffer value) {
    return tensor(variable.dtype(), variable.shape(), value);
  }

  /** A golden as a tensor. */
  static TType tensor(Npz.Array array) {
    DataType type =
        switch (array.dtype()) {
          case "<f4" -> DataType.DT_FLOAT;
          case "<i4" -> DataType.DT_INT32;
          case "<i8" -> DataType.DT_INT64;
          default -> throw new IllegalArgumentException(array.dtype());
        };
    return tensor(type, array.shape(), array.data());
  }

  private static TType tensor(DataType type, Shape shape, ByteBuffer value) {
    byte[] bytes = new byte[value.remaining()];
    value.duplicate().order(ByteOrder.LITTLE_ENDIAN).get(bytes);
    ByteDataBuffer buffer = DataBuffers.of(bytes, true, false);
    return switch (type) {
      case DT_FLOAT -> Tensor.of(TFloat32.class, shape, buffer);
      case DT_INT32 -> Tensor.of(TInt32.class, shape, buffer);
      case DT_INT64 -> Tensor.of(TInt64.class, shape, buffer);
      default -> throw new IllegalArgumentException(type.name());
    };
  }

  /** Goldens under the names of inputs. */
  static Map<String, Tensor> feeds(Map<String, Npz.Array> goldens, Map<String, String> names) {
    Map<String, Tensor> feeds = new LinkedHashMap<>();
    names.forEach((input, golden) -> feeds.put(input, tensor(goldens.get(golden))));
    return feeds;
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
