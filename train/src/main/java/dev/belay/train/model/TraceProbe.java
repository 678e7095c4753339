package dev.belay.train.model;

import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.imported.Dropout;
import dev.belay.graph.imported.ForwardSpec;
import dev.belay.graph.imported.ImportOptions;
import dev.belay.graph.imported.ImportedForward;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.savedmodel.model.FlatGraph.FlatFunction;
import dev.belay.savedmodel.model.FlatGraph.FlatTensor;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.train.step.CallProbe;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.tensorflow.Graph;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Owns a graph with several functions of a model, without dropout, and asks each for its outputs on
 * the same dummy batch, to find those that compute the same.
 */
final class TraceProbe implements AutoCloseable {
  private static final double FLOAT32 = 5e-5;
  private static final double HALF = 3e-2;
  private static final float NOISE = 0.05f;

  /** Bytes of a variable that is moved; larger ones cost time and hide nothing. */
  private static final int MOST_MOVED = 1 << 20;

  private static final Set<DataType> HALVES = Set.of(DataType.DT_HALF, DataType.DT_BFLOAT16);

  private final FlatModel model;
  private final Graph graph;
  private final ForwardModel forward;
  private final CallProbe probe;
  private final double tolerance;
  private final Map<FlatFunction, Map<String, float[]>> answers = new HashMap<>();
  private final Map<FlatFunction, String> failures = new HashMap<>();

  private TraceProbe(FlatModel model, Graph graph, ForwardModel forward, CallProbe probe) {
    this.model = model;
    this.graph = graph;
    this.forward = forward;
    this.probe = probe;
    this.tolerance =
        model.flat().graphDef().getNodeList().stream().anyMatch(TraceProbe::isHalf)
            ? HALF
            : FLOAT32;
  }

  /**
   * Weights are changed a little first: a layer that is initialized with zero would hide the layers
   * after it.
   *
   * @param reference must be finite then; if it is not, the weights stay as they are
   */
  static TraceProbe open(SavedModelContents contents, FlatModel model, FlatFunction reference)
      throws IOException {
    TraceProbe moved = open(contents, model, true);
    if (moved.isFinite(reference)) {
      return moved;
    }
    moved.close();
    return open(contents, model, false);
  }

  private static TraceProbe open(SavedModelContents contents, FlatModel model, boolean moved)
      throws IOException {
    Graph graph = new Graph();
    try {
      ForwardSpec spec = model.forwardSpec(model.flat().functions(), List.of());
      ForwardModel forward =
          ImportedForward.importInto(
              graph,
              spec,
              new ImportOptions(
                  Dropout.OFF_WHERE_RECOGNISED, 0, variable -> false, gradient -> true));
      CallProbe probe =
          CallProbe.open(
              graph,
              forward,
              variable -> {
                ByteBuffer value = contents.read(model.variables().get(variable.name()).variable());
                boolean moves = moved && model.trains(variable.name());
                return TensorPieces.of(moves ? moved(variable, value) : value);
              });
      return new TraceProbe(model, graph, forward, probe);
    } catch (Throwable e) {
      graph.close();
      throw e;
    }
  }

  private boolean isFinite(FlatFunction reference) {
    Map<String, float[]> values = answers.computeIfAbsent(reference, this::ask);
    for (float[] output : values.values()) {
      for (float value : output) {
        if (Float.isNaN(value)) {
          return false;
        }
      }
    }
    return !values.isEmpty();
  }

  private static ByteBuffer moved(GraphVariable variable, ByteBuffer value) {
    if (variable.spec().dtype() != DataType.DT_FLOAT || value.remaining() > MOST_MOVED) {
      return value;
    }
    Random random = new Random(variable.name().hashCode());
    ByteBuffer moved =
        ByteBuffer.allocate(value.remaining())
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(value.duplicate());
    for (int i = 0; i < moved.capacity(); i += Float.BYTES) {
      moved.putFloat(i, moved.getFloat(i) + (float) random.nextGaussian() * NOISE);
    }
    return moved.flip();
  }

  private static boolean isHalf(NodeDef node) {
    return node.getAttrMap().values().stream().anyMatch(value -> HALVES.contains(value.getType()));
  }

  /** Whether two outputs are the same on the batch, as far as their element type can tell. */
  boolean areSame(FlatFunction one, int output, FlatFunction other, int otherOutput) {
    Optional<Double> difference = difference(one, output, other, otherOutput);
    return difference.isPresent() && difference.get() <= tolerance;
  }

  /** The largest difference, relative to the largest element; empty if shapes differ. */
  Optional<Double> difference(FlatFunction one, int output, FlatFunction other, int otherOutput) {
    float[] values = answer(one, output);
    float[] others = answer(other, otherOutput);
    if (values == null || others == null || values.length != others.length) {
      return Optional.empty();
    }
    double largest = 0;
    double size = Float.MIN_NORMAL;
    for (int i = 0; i < values.length; i++) {
      if (Float.compare(values[i], others[i]) != 0) {
        double difference = Math.abs(values[i] - others[i]);
        largest = Math.max(largest, Double.isNaN(difference) ? Double.MAX_VALUE : difference);
      }
      size = Float.isFinite(others[i]) ? Math.max(size, Math.abs(others[i])) : size;
    }
    return Optional.of(largest / size);
  }

  /** Why TensorFlow could not run a function on the batch, if it could not. */
  Optional<String> failure(FlatFunction function) {
    return Optional.ofNullable(failures.get(function));
  }

  private float[] answer(FlatFunction function, int output) {
    return answers.computeIfAbsent(function, this::ask).get(function.outputs().get(output).name());
  }

  /** All results that are numbers with a fraction; nothing if the function does not run. */
  private Map<String, float[]> ask(FlatFunction function) {
    ForwardCall call = forward.call(FlatModel.callName(function));
    List<String> outputs =
        function.source().results().stream()
            .map(function.outputs()::get)
            .filter(tensor -> isReal(tensor.dtype()))
            .map(FlatTensor::name)
            .toList();
    Map<String, Integer> rows = new HashMap<>();
    for (FlatTensor input : function.inputs()) {
      EmbeddingTable.rows(model.flat(), input.tensor())
          .ifPresent(size -> rows.put(InputMapping.lastPart(input.name()), size));
    }
    Map<String, float[]> found = new HashMap<>();
    try {
      List<float[]> values = probe.ask(call, outputs, rows);
      for (int i = 0; i < outputs.size(); i++) {
        found.put(outputs.get(i), values.get(i));
      }
    } catch (RuntimeException e) {
      failures.put(function, String.valueOf(e.getMessage()));
    }
    return found;
  }

  private static boolean isReal(DataType dtype) {
    return dtype == DataType.DT_FLOAT || dtype == DataType.DT_DOUBLE || HALVES.contains(dtype);
  }

  @Override
  public void close() {
    probe.close();
    graph.close();
  }
}
