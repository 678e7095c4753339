package dev.belay.graph;

import dev.belay.graph.imported.ForwardSpec;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.VariableSpec;
import dev.belay.graph.variable.Variables;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.VarHandleOp;
import org.tensorflow.op.random.RandomUniform;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TType;

/**
 * A classifier as a SavedModel's graph has it: a table that is gathered from, dropout, a dense
 * layer, a pooler that nothing reads, a counter that the training call moves. Two calls, {@code
 * train} and {@code serve}, on the same variables.
 */
public final class SmallModel {
  public static final int VOCABULARY = 11;
  public static final int HIDDEN = 6;
  public static final int CLASSES = 3;
  private static final float RATE = 0.25f;

  private final Map<String, VariableSpec> specs = new LinkedHashMap<>();

  /** The flat graph. */
  public ForwardSpec spec() {
    declare("table", true, VOCABULARY, HIDDEN);
    declare("dense/kernel", true, HIDDEN, CLASSES);
    declare("dense/bias", true, CLASSES);
    declare("pooler/kernel", true, HIDDEN, HIDDEN);
    specs.put("calls", new VariableSpec("calls", DataType.DT_INT64, Shape.scalar(), false));
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      List<ForwardSpec.BoundVariable> variables = new ArrayList<>();
      Map<String, Operand<? extends TType>> handles = new LinkedHashMap<>();
      specs.forEach(
          (name, spec) -> {
            String node = "var." + variables.size();
            handles.put(name, handle(tf.withName(node), spec));
            variables.add(new ForwardSpec.BoundVariable(spec, node));
          });
      List<ForwardSpec.Call> calls =
          List.of(call(tf, handles, "train", true), call(tf, handles, "serve", false));
      GraphDef graphDef = graph.toGraphDef();
      return new ForwardSpec(graphDef, calls, variables, List.of(), List.of(), List.of());
    }
  }

  /** Gives every variable a value that depends on its name only. */
  public static void restore(Session session, Variables variables) {
    for (GraphVariable variable : variables) {
      float[] values = new float[(int) variable.spec().shape().size()];
      Random random = new Random(variable.name().hashCode());
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian() * 0.5f;
      }
      try (Tensor value =
          variable.spec().dtype() == DataType.DT_INT64
              ? TInt64.scalarOf(0)
              : TensorData.of(variable.spec().shape(), values)) {
        session.runner().feed(variable.newValue(), value).addTarget(variable.assign()).run();
      }
    }
  }

  private void declare(String name, boolean trainable, long... shape) {
    specs.put(name, new VariableSpec(name, DataType.DT_FLOAT, Shape.of(shape), trainable));
  }

  private static Operand<? extends TType> handle(Ops tf, VariableSpec spec) {
    VarHandleOp.Options shared = VarHandleOp.sharedName(spec.name());
    return spec.dtype() == DataType.DT_INT64
        ? tf.varHandleOp(TInt64.class, spec.shape(), shared)
        : tf.varHandleOp(TFloat32.class, spec.shape(), shared);
  }

  private static ForwardSpec.Call call(
      Ops tf, Map<String, Operand<? extends TType>> handles, String name, boolean training) {
    Placeholder<TInt32> ids =
        tf.withName(name + ".ids").placeholder(TInt32.class, Placeholder.shape(Shape.of(-1, -1)));
    Operand<TFloat32> rows =
        tf.resourceGather(handles.get("table"), ids, TFloat32.class); // [B, S, H]
    Operand<TFloat32> hidden = tf.withName(name + ".hidden").math.tanh(rows);
    if (training) {
      hidden = dropout(tf, hidden);
    }
    Operand<TFloat32> pooled = tf.reduceMax(hidden, tf.constant(1)); // [B, H]
    Operand<TFloat32> kernel = tf.readVariableOp(handles.get("dense/kernel"), TFloat32.class);
    Operand<TFloat32> bias = tf.readVariableOp(handles.get("dense/bias"), TFloat32.class);
    tf.withName(name + ".logits").math.add(tf.linalg.matMul(pooled, kernel), bias);
    tf.linalg.matMul(
        pooled, tf.readVariableOp(handles.get("pooler/kernel"), TFloat32.class)); // unread
    List<String> updates = new ArrayList<>();
    if (training) {
      Op counted =
          tf.withName(name + ".count").assignAddVariableOp(handles.get("calls"), tf.constant(1L));
      updates.add(counted.op().name());
    }
    return new ForwardSpec.Call(
        name,
        List.of(new ForwardSpec.NamedTensor("ids", name + ".ids")),
        List.of(
            new ForwardSpec.NamedTensor("logits", name + ".logits"),
            new ForwardSpec.NamedTensor("hidden", name + ".hidden")),
        updates,
        training);
  }

  private static Operand<TFloat32> dropout(Ops tf, Operand<TFloat32> x) {
    Operand<TFloat32> scaled = tf.math.mul(x, tf.constant(1 / (1 - RATE)));
    Operand<TFloat32> drawn = RandomUniform.create(tf.scope(), tf.shape(x), TFloat32.class);
    Operand<TBool> kept = tf.math.greaterEqual(drawn, tf.constant(RATE));
    return tf.math.mul(scaled, tf.dtypes.cast(kept, TFloat32.class));
  }
}
