package dev.belay.graph.gradient;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.VariableSpec;
import dev.belay.graph.variable.Variables;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.nn.TopK;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NameAttrList;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

class NoGradientReportTest {
  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final GraphVariable weight =
      new Variables(tf).create(new VariableSpec("w", DataType.DT_FLOAT, Shape.of(4), true));
  private final Operand<TFloat32> w = weight.value().expect(TFloat32.class);

  @AfterEach
  void close() {
    graph.close();
  }

  @Test
  void allOpsOnTheWayAreNamedAndCounted() {
    Operand<TFloat32> mod = tf.withName("mod").math.floorMod(w, tf.constant(2f));
    Operand<TFloat32> other = tf.withName("other").math.floorMod(w, mod);
    Operand<TFloat32> top = topK(other);
    NoGradientReport report = report(tf.nn.l2Loss(top));
    assertEquals(
        Map.of("FloorMod", List.of("mod", "other"), "TopKV2", List.of("top")), report.ops());
    assertEquals(
        "The model cannot be trained through as it is. On the way from the loss to variables that"
            + " train are ops without a gradient: FloorMod x2 (mod, other); TopKV2 x1 (top). Freeze"
            + " the variables below them (--freeze), or train another function.",
        assertThrows(UntrainableModelException.class, report::requireEmpty).getMessage());
  }

  @Test
  void whatDoesNotLeadFromAVariableToTheLossIsNoTrouble() {
    topK(w); // not read by the loss
    Operand<TFloat32> side = tf.math.floorMod(tf.constant(new float[4]), tf.constant(2f));
    Operand<TFloat32> stopped = tf.stopGradient(tf.math.floorMod(w, tf.constant(2f)));
    Operand<TInt32> sizes =
        tf.range(tf.constant(0), tf.shape.size(tf.shape(w)), tf.constant(1)); // integers
    Operand<TFloat32> loss =
        tf.nn.l2Loss(
            tf.math.addN(
                List.of(
                    tf.math.mul(w, tf.math.add(side, stopped)),
                    tf.math.mul(w, tf.dtypes.cast(sizes, TFloat32.class)))));
    NoGradientReport report = report(loss);
    assertTrue(report.isEmpty(), report.toString());
    report.requireEmpty();
  }

  @Test
  void aLostGradientIsRefusedByName() {
    Operand<TFloat32> own = tf.withName("own").identity(w);
    NoGradientReport report =
        NoGradientReport.of(
            graph, tf.nn.l2Loss(own), List.of(weight), List.of(), Map.of("own", "HalfGradient"));
    assertEquals(
        "The model cannot be trained through as it is. The author gave these nodes a gradient of"
            + " their own, which was not saved: own (HalfGradient). Save the model again with"
            + " tf.saved_model.SaveOptions(experimental_custom_gradients=True), or accept the"
            + " natural gradient, which may differ from the author's, with"
            + " --accept-custom-gradient.",
        assertThrows(UntrainableModelException.class, report::requireEmpty).getMessage());
  }

  @Test
  void aVariableReadInsideALoopOrCallIsSeenByItsHandle() {
    Operand<?> hidden =
        tf.scope()
            .opBuilder("StatefulPartitionedCall", "call")
            .addInputList(new Output<?>[] {weight.handle()})
            .setAttr("Tin", new DataType[] {DataType.DT_RESOURCE})
            .setAttr("Tout", new DataType[] {DataType.DT_FLOAT})
            .setAttr(
                "f",
                AttrValue.newBuilder().setFunc(NameAttrList.newBuilder().setName("body")).build())
            .build()
            .output(0);
    NoGradientReport report = report(tf.nn.l2Loss(hidden.asOutput().expect(TFloat32.class)));
    assertEquals(Map.of("StatefulPartitionedCall", List.of("call")), report.ops());
  }

  private Operand<TFloat32> topK(Operand<TFloat32> x) {
    TopK<TFloat32> top = TopK.create(tf.scope().withName("top"), x, tf.constant(2));
    return top.values();
  }

  private NoGradientReport report(Operand<TFloat32> loss) {
    return NoGradientReport.of(graph, loss, List.of(weight), List.of(), Map.of());
  }
}
