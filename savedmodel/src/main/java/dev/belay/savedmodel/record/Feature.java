package dev.belay.savedmodel.record;

import com.google.protobuf.ByteString;
import java.util.List;

/** One feature of an example: a list of integers, of floats or of byte strings. */
public final class Feature {

  /** Element type of a feature's list. */
  public enum Kind {
    /** {@code int64_list} */
    INT64,
    /** {@code float_list} */
    FLOAT,
    /** {@code bytes_list} */
    BYTES,
    /** No list: a feature that has no value in this example. */
    NONE
  }

  private final org.tensorflow.proto.example.Feature proto;

  Feature(org.tensorflow.proto.example.Feature proto) {
    this.proto = proto;
  }

  /** The element type of the list. */
  public Kind kind() {
    return switch (proto.getKindCase()) {
      case INT64_LIST -> Kind.INT64;
      case FLOAT_LIST -> Kind.FLOAT;
      case BYTES_LIST -> Kind.BYTES;
      case KIND_NOT_SET -> Kind.NONE;
    };
  }

  /** The number of values in the list. */
  public int size() {
    return switch (kind()) {
      case INT64 -> proto.getInt64List().getValueCount();
      case FLOAT -> proto.getFloatList().getValueCount();
      case BYTES -> proto.getBytesList().getValueCount();
      case NONE -> 0;
    };
  }

  /**
   * The integers; none if the feature has no value.
   *
   * @throws IllegalStateException if the list holds something else
   */
  public long[] int64s() {
    require(Kind.INT64);
    long[] values = new long[size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = proto.getInt64List().getValue(i);
    }
    return values;
  }

  /**
   * The floats; none if the feature has no value.
   *
   * @throws IllegalStateException if the list holds something else
   */
  public float[] floats() {
    require(Kind.FLOAT);
    float[] values = new float[size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = proto.getFloatList().getValue(i);
    }
    return values;
  }

  /**
   * The byte strings; none if the feature has no value.
   *
   * @throws IllegalStateException if the list holds something else
   */
  public List<byte[]> bytes() {
    require(Kind.BYTES);
    return proto.getBytesList().getValueList().stream().map(ByteString::toByteArray).toList();
  }

  private void require(Kind wanted) {
    if (kind() != wanted && kind() != Kind.NONE) {
      throw new IllegalStateException("feature holds " + kind() + ", asked for " + wanted);
    }
  }
}
