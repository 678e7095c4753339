package dev.belay.savedmodel.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.ndarray.Shape;

/**
 * Block of a tensor: the part of a partitioned variable that one server held.
 *
 * @param extents range in each dimension
 */
public record TensorSlice(List<Extent> extents) {

  /**
   * A range of one dimension.
   *
   * @param start its first index
   * @param length how many indices, or -1 for the whole dimension, whatever its size
   */
  public record Extent(long start, long length) {
    /** The whole dimension. */
    public static final Extent FULL = new Extent(0, -1);

    public Extent {
      boolean full = start == 0 && length == -1;
      if (!full && (start < 0 || length < 0)) {
        throw new IllegalArgumentException("no range: start " + start + ", length " + length);
      }
    }

    /** Returns whether this is the whole dimension, of unknown size. */
    public boolean isFull() {
      return length == -1;
    }
  }

  /** Receives the parts of a slice that are contiguous both in the slice and in the whole. */
  @FunctionalInterface
  public interface RunConsumer {
    /**
     * Receives one run.
     *
     * @param wholeStart index of the run's first element in the whole, row by row
     * @param sliceStart index of the run's first element in the slice, row by row
     * @param elements number of elements
     */
    void accept(long wholeStart, long sliceStart, long elements);
  }

  public TensorSlice {
    extents = List.copyOf(extents);
  }

  /** The slice from one start and length for each dimension, given in turn. */
  public static TensorSlice of(long... startsAndLengths) {
    List<Extent> extents = new ArrayList<>();
    for (int i = 0; i < startsAndLengths.length; i += 2) {
      extents.add(new Extent(startsAndLengths[i], startsAndLengths[i + 1]));
    }
    return new TensorSlice(extents);
  }

  /**
   * The shape of this slice of a tensor.
   *
   * @throws IllegalArgumentException if it does not lie within {@code whole}
   */
  public Shape shapeIn(Shape whole) {
    long[] lengths = resolve(whole).extents().stream().mapToLong(Extent::length).toArray();
    return Shape.of(lengths);
  }

  /**
   * The same slice with a length in every dimension.
   *
   * @throws IllegalArgumentException if it does not lie within {@code whole}
   */
  public TensorSlice resolve(Shape whole) {
    if (extents.size() != whole.numDimensions()) {
      throw new IllegalArgumentException("slice " + this + " of shape " + whole);
    }
    List<Extent> resolved = new ArrayList<>();
    for (int d = 0; d < extents.size(); d++) {
      Extent extent = extents.get(d);
      long size = whole.get(d);
      if (extent.isFull()) {
        extent = new Extent(0, size);
      } else if (extent.length() > size || extent.start() > size - extent.length()) {
        throw new IllegalArgumentException("slice " + this + " of shape " + whole);
      }
      resolved.add(extent);
    }
    return new TensorSlice(resolved);
  }

  /** Returns whether two slices with a length in every dimension have an element in common. */
  public boolean overlaps(TensorSlice other) {
    for (int d = 0; d < extents.size(); d++) {
      Extent mine = extents.get(d);
      Extent theirs = other.extents.get(d);
      if (mine.start() + mine.length() <= theirs.start()
          || theirs.start() + theirs.length() <= mine.start()) {
        return false;
      }
    }
    return true;
  }

  /** Visits all elements of this slice of {@code whole}, run by run, in the slice's order. */
  public void forEachRun(Shape whole, RunConsumer consumer) {
    TensorSlice slice = resolve(whole);
    int rank = whole.numDimensions();
    long[] wholeStrides = strides(whole);
    int first = firstOfRun(slice, whole);
    long run = 1;
    for (int d = first; d < rank; d++) {
      run *= slice.extents.get(d).length();
    }
    long runs = 1;
    for (int d = 0; d < first; d++) {
      runs *= slice.extents.get(d).length();
    }
    if (run == 0) {
      return;
    }
    for (long index = 0; index < runs; index++) {
      long rest = index;
      long wholeStart = first < rank ? slice.extents.get(first).start() * wholeStrides[first] : 0;
      for (int d = first - 1; d >= 0; d--) {
        Extent extent = slice.extents.get(d);
        wholeStart += (extent.start() + rest % extent.length()) * wholeStrides[d];
        rest /= extent.length();
      }
      consumer.accept(wholeStart, index * run, run);
    }
  }

  /**
   * Takes this slice out of a tensor.
   *
   * @param spec of the whole; numeric
   * @param whole its elements row by row; its position stays
   * @return the slice's elements row by row, little-endian
   * @throws IllegalArgumentException if it does not lie within the whole, or {@code whole} has not
   *     the bytes of {@code spec}
   */
  public ByteBuffer cutFrom(TensorSpec spec, ByteBuffer whole) {
    requireBytes(spec, whole);
    long width = spec.elementBytes();
    int bytes = Math.toIntExact(new TensorSpec(spec.dtype(), shapeIn(spec.shape())).bytes());
    ByteBuffer part = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    forEachRun(
        spec.shape(),
        (wholeStart, partStart, elements) ->
            part.put(
                (int) (partStart * width),
                whole,
                whole.position() + (int) (wholeStart * width),
                (int) (elements * width)));
    return part;
  }

  /**
   * Puts this slice into a tensor.
   *
   * @param spec of the whole; numeric
   * @param part the slice's elements row by row; its position stays
   * @param whole receives them; its position stays
   * @throws IllegalArgumentException if it does not lie within the whole, or a buffer has not the
   *     bytes that it must have
   */
  public void pasteInto(TensorSpec spec, ByteBuffer part, ByteBuffer whole) {
    requireBytes(spec, whole);
    requireBytes(new TensorSpec(spec.dtype(), shapeIn(spec.shape())), part);
    long width = spec.elementBytes();
    forEachRun(
        spec.shape(),
        (wholeStart, partStart, elements) ->
            whole.put(
                whole.position() + (int) (wholeStart * width),
                part,
                part.position() + (int) (partStart * width),
                (int) (elements * width)));
  }

  private static void requireBytes(TensorSpec spec, ByteBuffer buffer) {
    if (buffer.remaining() != spec.bytes()) {
      throw new IllegalArgumentException(
          spec + " has " + spec.bytes() + " bytes, got " + buffer.remaining());
    }
  }

  /** The dimension from which on a slice is one run: all dimensions after it are taken whole. */
  private static int firstOfRun(TensorSlice slice, Shape whole) {
    int first = Math.max(whole.numDimensions() - 1, 0);
    while (first > 0 && slice.extents.get(first).length() == whole.get(first)) {
      first--;
    }
    return first;
  }

  private static long[] strides(Shape shape) {
    long[] strides = new long[shape.numDimensions()];
    long stride = 1;
    for (int d = strides.length - 1; d >= 0; d--) {
      strides[d] = stride;
      stride *= shape.get(d);
    }
    return strides;
  }

  /** As TensorFlow writes it: {@code 0,150:-}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Extent extent : extents) {
      text.append(text.length() == 0 ? "" : ":");
      text.append(extent.isFull() ? "-" : extent.start() + "," + extent.length());
    }
    return text.toString();
  }
}
