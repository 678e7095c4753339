package dev.belay.savedmodel.model.inline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.belay.savedmodel.model.op.ConstantTensor;
import dev.belay.savedmodel.model.op.Scalar;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.NodeDef;

/** Arithmetic on what steers a graph must be TensorFlow's, not Java's longs. */
class ConstantEvaluatorTest {

  @Property
  void int32WrapsAround(@ForAll int a, @ForAll int b) {
    assertEquals(Optional.of(integer(a + b)), binary("AddV2", integer(a), integer(b)));
    assertEquals(Optional.of(integer(a - b)), binary("Sub", integer(a), integer(b)));
    assertEquals(Optional.of(integer(a * b)), binary("Mul", integer(a), integer(b)));
    assertEquals(Optional.of(Scalar.of(a < b)), binary("Less", integer(a), integer(b)));
    assertEquals(Optional.of(Scalar.of(a >= b)), binary("GreaterEqual", integer(a), integer(b)));
  }

  @Property
  void floatsAreRoundedAsFloats(@ForAll float a, @ForAll float b) {
    assertEquals(Optional.of(real(a + b)), binary("Add", real(a), real(b)));
    assertEquals(Optional.of(real(a * b)), binary("Mul", real(a), real(b)));
    assertEquals(Optional.of(Scalar.of(a > b)), binary("Greater", real(a), real(b)));
  }

  @Property
  void aScalarIsReadAsItIsWritten(
      @ForAll int number, @ForAll float fraction, @ForAll boolean flag) {
    for (Scalar scalar : new Scalar[] {integer(number), real(fraction), Scalar.of(flag)}) {
      assertEquals(Optional.of(scalar), ConstantTensor.scalar(scalar.toProto()));
    }
  }

  @Test
  void logicAndCasts() {
    Scalar yes = Scalar.of(true);
    Scalar no = Scalar.of(false);
    assertEquals(Optional.of(no), binary("LogicalAnd", yes, no));
    assertEquals(Optional.of(yes), binary("LogicalOr", yes, no));
    assertEquals(Optional.of(no), unary("LogicalNot", yes, DataType.DT_BOOL));
    assertEquals(Optional.of(integer(1)), unary("Cast", yes, DataType.DT_INT32));
    assertEquals(Optional.of(integer(-2)), unary("Cast", real(-2.9f), DataType.DT_INT32));
    assertEquals(Optional.empty(), unary("Cast", real(1e20f), DataType.DT_INT32));
  }

  @Test
  void whatItDoesNotKnowIsNotKnown() {
    assertEquals(Optional.empty(), binary("Pow", integer(2), integer(3)));
    assertEquals(Optional.empty(), binary("AddV2", integer(2), real(3)));
    NodeDef node = NodeDef.newBuilder().setOp("Neg").addInput("unknown").build();
    assertEquals(Optional.empty(), ConstantEvaluator.evaluate(node, Map.of()));
  }

  private static Optional<Scalar> binary(String op, Scalar a, Scalar b) {
    NodeDef node =
        NodeDef.newBuilder().setOp(op).addInput("a").addInput("b").addInput("^c").build();
    return ConstantEvaluator.evaluate(node, Map.of("a", a, "b", b));
  }

  private static Optional<Scalar> unary(String op, Scalar a, DataType type) {
    NodeDef node =
        NodeDef.newBuilder()
            .setOp(op)
            .addInput("a")
            .putAttr("DstT", AttrValue.newBuilder().setType(type).build())
            .build();
    return ConstantEvaluator.evaluate(node, Map.of("a", a));
  }

  private static Scalar integer(int value) {
    return Scalar.of(DataType.DT_INT32, (long) value);
  }

  private static Scalar real(float value) {
    return Scalar.of(DataType.DT_FLOAT, (double) value);
  }
}
