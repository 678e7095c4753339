package dev.belay.graph.gradient;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.internal.GradientRegistry;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.VariableSpec;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.types.TFloat32;

class AuditedGradientsTest {
  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);

  @AfterEach
  void close() {
    graph.close();
  }

  @Test
  void allOfTheTableAreInTheNativeRegistry() {
    List<String> unknown =
        AuditedGradients.ops().stream().filter(op -> !GradientRegistry.hasGradient(op)).toList();
    assertEquals(List.of(), unknown);
  }

  @Test
  void anAttributeThatTheNativeGradientIgnoresIsRefusedByNameAndValue() {
    Operand<TFloat32> x = input(1, 2, 2, 6);
    Output<?> lrn =
        tf.scope()
            .opBuilder("LRN", "normed")
            .addInput(x.asOutput())
            .setAttr("depth_radius", 2)
            .build()
            .output(0);
    NoGradientReport report = report(x, lrn);
    assertEquals(
        Map.of("normed", "LRN: depth_radius is 2, right is only depth_radius 5"), report.wrong());
    assertEquals(
        "The model cannot be trained through as it is. The native runtime would give these nodes a"
            + " wrong gradient or fail: normed (LRN: depth_radius is 2, right is only depth_radius"
            + " 5). Freeze the variables below them (--freeze), or save the model without these"
            + " attributes.",
        assertThrows(UntrainableModelException.class, report::requireEmpty).getMessage());
  }

  @Test
  void aGradientThatNobodyTriedIsNotTrusted() {
    Operand<TFloat32> x = input(2, 3);
    Output<?> quantized =
        tf.scope()
            .opBuilder("QuantizeAndDequantizeV4", "quantized")
            .addInput(x.asOutput())
            .addInput(tf.constant(-1f).asOutput())
            .addInput(tf.constant(1f).asOutput())
            .build()
            .output(0);
    assertTrue(GradientRegistry.hasGradient("QuantizeAndDequantizeV4"));
    assertEquals(
        Map.of("QuantizeAndDequantizeV4", List.of("quantized")), report(x, quantized).ops());
  }

  private Operand<TFloat32> input(long... shape) {
    return tf.identity(tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(shape))));
  }

  private NoGradientReport report(Operand<TFloat32> from, Output<?> to) {
    VariableSpec spec = new VariableSpec("x", DataType.DT_FLOAT, Shape.scalar(), true);
    GraphVariable variable = new GraphVariable(spec, from.asOutput(), from.asOutput(), null, null);
    return NoGradientReport.of(graph, to, List.of(variable), List.of(), Map.of());
  }
}
