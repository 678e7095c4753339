package dev.belay.train.master;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.train.step.NativeTensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.TensorProto;
import org.tensorflow.proto.framework.TensorShapeProto;
import org.tensorflow.types.TString;

/** Tensors to and from {@code TensorProto}. */
final class TensorMessages {
  private TensorMessages() {}

  /** A message that shares the tensor's memory: only until the tensor is closed. */
  static TensorProto of(Tensor tensor) {
    TensorProto.Builder message =
        TensorProto.newBuilder().setDtype(tensor.dataType()).setTensorShape(shape(tensor.shape()));
    if (tensor instanceof TString texts) {
      texts
          .asBytes()
          .scalars()
          .forEach(text -> message.addStringVal(ByteString.copyFrom(text.getObject())));
      return message.build();
    }
    return message
        .setTensorContent(UnsafeByteOperations.unsafeWrap(NativeTensors.view(tensor)))
        .build();
  }

  private static TensorShapeProto shape(Shape shape) {
    TensorShapeProto.Builder message = TensorShapeProto.newBuilder();
    for (long size : shape.asArray()) {
      message.addDim(TensorShapeProto.Dim.newBuilder().setSize(size));
    }
    return message.build();
  }

  /** A tensor with the values of a message; the caller closes it. */
  static Tensor read(TensorProto message) {
    long[] sizes =
        message.getTensorShape().getDimList().stream()
            .mapToLong(TensorShapeProto.Dim::getSize)
            .toArray();
    Shape shape = Shape.of(sizes);
    ByteBuffer bytes =
        message.getTensorContent().isEmpty()
            ? repeated(message, Math.toIntExact(shape.size()))
            : message.getTensorContent().asReadOnlyByteBuffer();
    try {
      return NativeTensors.of(message.getDtype(), shape, TensorPieces.of(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Values in the field of their type, of which the last stands for all that follow. */
  private static ByteBuffer repeated(TensorProto message, int count) {
    DataType type = message.getDtype();
    List<? extends Number> values =
        switch (type) {
          case DT_FLOAT -> message.getFloatValList();
          case DT_DOUBLE -> message.getDoubleValList();
          case DT_INT32, DT_UINT8 -> message.getIntValList();
          case DT_INT64 -> message.getInt64ValList();
          case DT_HALF, DT_BFLOAT16 -> message.getHalfValList();
          case DT_BOOL -> message.getBoolValList().stream().map(value -> value ? 1 : 0).toList();
          default ->
              throw new IllegalArgumentException("a tensor of type " + type + " was fetched");
        };
    ByteBuffer bytes = ByteBuffer.allocate(count * 8).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      put(bytes, type, values.isEmpty() ? 0 : values.get(Math.min(i, values.size() - 1)));
    }
    return bytes.flip();
  }

  private static void put(ByteBuffer bytes, DataType type, Number value) {
    switch (type) {
      case DT_FLOAT -> bytes.putFloat(value.floatValue());
      case DT_DOUBLE -> bytes.putDouble(value.doubleValue());
      case DT_INT32 -> bytes.putInt(value.intValue());
      case DT_INT64 -> bytes.putLong(value.longValue());
      case DT_HALF, DT_BFLOAT16 -> bytes.putShort(value.shortValue());
      default -> bytes.put(value.byteValue());
    }
  }
}
