package dev.belay.savedmodel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.tensorflow.ndarray.Shape;

/**
 * Reads the goldens that numpy wrote: a zip of {@code .npy} files, version 1.0, little-endian, C
 * order. Names may hold slashes.
 */
public final class Npz {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  private static final int HEADER_LENGTH_AT = MAGIC.length;
  private static final int HEADER_AT = HEADER_LENGTH_AT + Short.BYTES;
  private static final String SUFFIX = ".npy";
  private static final Pattern HEADER =
      Pattern.compile(
          "\\{'descr': '([^']+)', 'fortran_order': False, 'shape': \\(([0-9, ]*)\\), \\}\\s*");

  private Npz() {}

  /**
   * An array of a golden.
   *
   * @param dtype as numpy writes it: {@code <f4}, {@code <i8}, {@code |b1}
   * @param shape its dimensions, fully defined
   * @param data its elements row by row, little-endian
   */
  public record Array(String dtype, Shape shape, ByteBuffer data) {

    /** The elements of a {@code <f4} array. */
    public float[] floats() {
      require("<f4");
      float[] values = new float[data.remaining() / Float.BYTES];
      elements().asFloatBuffer().get(values);
      return values;
    }

    /** The elements of a {@code <f8} array. */
    public double[] doubles() {
      require("<f8");
      double[] values = new double[data.remaining() / Double.BYTES];
      elements().asDoubleBuffer().get(values);
      return values;
    }

    /** The elements of an {@code <i4} array. */
    public int[] ints() {
      require("<i4");
      int[] values = new int[data.remaining() / Integer.BYTES];
      elements().asIntBuffer().get(values);
      return values;
    }

    /** The elements of an {@code <i8} or {@code <i4} array. */
    public long[] longs() {
      if (dtype.equals("<i4")) {
        return Arrays.stream(ints()).asLongStream().toArray();
      }
      require("<i8");
      long[] values = new long[data.remaining() / Long.BYTES];
      elements().asLongBuffer().get(values);
      return values;
    }

    private ByteBuffer elements() {
      return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    private void require(String wanted) {
      if (!dtype.equals(wanted)) {
        throw new IllegalStateException("array is " + dtype + ", asked for " + wanted);
      }
    }
  }

  /** All arrays of a file, in its order. */
  public static Map<String, Array> read(Path file) throws IOException {
    Map<String, Array> arrays = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        String name = entry.getName().substring(0, entry.getName().length() - SUFFIX.length());
        arrays.put(name, parse(file + ":" + name, zip.getInputStream(entry).readAllBytes()));
      }
    }
    return arrays;
  }

  private static Array parse(String what, byte[] bytes) throws IOException {
    if (!Arrays.equals(MAGIC, Arrays.copyOf(bytes, MAGIC.length))) {
      throw new IOException(what + ": not a .npy file of version 1.0");
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int headerLength = Short.toUnsignedInt(buffer.getShort(HEADER_LENGTH_AT));
    String header = new String(bytes, HEADER_AT, headerLength, StandardCharsets.ISO_8859_1);
    Matcher fields = HEADER.matcher(header);
    if (!fields.matches()) {
      throw new IOException(what + ": header not understood: " + header);
    }
    long[] dimensions =
        Arrays.stream(fields.group(2).split(","))
            .map(String::strip)
            .filter(dimension -> !dimension.isEmpty())
            .mapToLong(Long::parseLong)
            .toArray();
    ByteBuffer data =
        buffer.position(HEADER_AT + headerLength).slice().order(ByteOrder.LITTLE_ENDIAN);
    return new Array(fields.group(1), Shape.of(dimensions), data);
  }
}
