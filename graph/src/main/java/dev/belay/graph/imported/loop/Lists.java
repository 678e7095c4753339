package dev.belay.graph.imported.loop;

import java.util.ArrayList;
import java.util.List;
import org.tensorflow.GraphOperation;
import org.tensorflow.OperationBuilder;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.types.TInt32;

/** Adds ops of arrays of one element type to a graph. */
final class Lists {
  private final Ops tf;
  private final DataType type;

  Lists(Ops tf, DataType type) {
    this.tf = tf;
    this.type = type;
  }

  Output<?> zerosLike(Output<?> tensor) {
    return tf.zerosLike(tensor).asOutput();
  }

  Output<?> pushBack(Output<?> list, Output<?> item) {
    return one(op("TensorListPushBack", list, item));
  }

  List<Output<?>> popBack(Output<?> list, Output<?> elementShape) {
    return outputs(op("TensorListPopBack", list, elementShape));
  }

  Output<?> getItem(Output<?> list, Output<?> index, Output<?> elementShape) {
    return one(op("TensorListGetItem", list, index, elementShape));
  }

  Output<?> setItem(Output<?> list, Output<?> index, Output<?> item) {
    return one(op("TensorListSetItem", list, index, item));
  }

  Output<?> reserve(Output<?> length) {
    return one(
        op("TensorListReserve", anyShape(), length).setAttr("shape_type", DataType.DT_INT32));
  }

  /** The elements of a list as one tensor of a shape. */
  Output<?> stack(Output<?> list, Output<?> shape) {
    return one(op("TensorListStack", list, elementShape(shape)).setAttr("num_elements", -1));
  }

  /** Some elements of a list as one tensor of a shape. */
  Output<?> gather(Output<?> list, Output<?> indices, Output<?> shape) {
    return one(op("TensorListGather", list, indices, elementShape(shape)));
  }

  Output<?> scatter(Output<?> list, Output<?> items, Output<?> indices) {
    return one(op("TensorListScatterIntoExistingList", list, items, indices));
  }

  /** The elements of a list, of such lengths, one after the other in a tensor of a shape. */
  Output<?> concat(Output<?> list, Output<?> shape, Output<?> lengths) {
    Output<?> any =
        tf.concat(
                List.of(tf.constant(new int[] {-1}), elementShape(shape).expect(TInt32.class)),
                tf.constant(0))
            .asOutput();
    return one(
        op("TensorListConcatV2", list, any, lengths).setAttr("shape_type", DataType.DT_INT32));
  }

  private Output<?> elementShape(Output<?> shape) {
    return tf.slice(
            shape.expect(TInt32.class), tf.constant(new int[] {1}), tf.constant(new int[] {-1}))
        .asOutput();
  }

  Output<?> unstack(Output<?> tensor) {
    return one(
        op("TensorListFromTensor", tensor, anyShape()).setAttr("shape_type", DataType.DT_INT32));
  }

  Output<?> split(Output<?> tensor, Output<?> lengths) {
    return one(
        op("TensorListSplit", tensor, anyShape(), lengths)
            .setAttr("shape_type", DataType.DT_INT32));
  }

  Output<?> resize(Output<?> list, Output<?> length) {
    return one(
        tf.scope()
            .opBuilder("TensorListResize", "TensorListResize")
            .addInput(list)
            .addInput(length));
  }

  private Output<?> anyShape() {
    return tf.constant(-1).asOutput();
  }

  private OperationBuilder op(String op, Output<?>... inputs) {
    OperationBuilder builder = tf.scope().opBuilder(op, op);
    for (Output<?> input : inputs) {
      builder.addInput(input);
    }
    return builder.setAttr("element_dtype", type);
  }

  private static Output<?> one(OperationBuilder builder) {
    return builder.build().output(0);
  }

  private static List<Output<?>> outputs(OperationBuilder builder) {
    GraphOperation operation = (GraphOperation) builder.build();
    List<Output<?>> outputs = new ArrayList<>();
    for (int i = 0; i < operation.numOutputs(); i++) {
      outputs.add(operation.output(i));
    }
    return outputs;
  }
}
