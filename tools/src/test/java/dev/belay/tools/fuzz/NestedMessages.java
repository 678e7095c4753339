package dev.belay.tools.fuzz;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** A meta graph with attributes in attributes: a list of functions with attributes, and so on. */
final class NestedMessages {
  /** From the outside: meta graph, graph, node, attribute and its value. */
  private static final int[] OUTSIDE = {2, 2, 1, 5, 2};

  /** A function, its attribute, the value of that. */
  private static final int[] LEVEL = {10, 2, 2};

  private NestedMessages() {}

  static byte[] of(int depth) {
    // Written from the inside out; deeper ones would take time squared.
    ByteString inner = ByteString.EMPTY;
    for (int i = Math.min(depth, 3_000); i >= 0; i--) {
      inner = inside(inner, LEVEL[i % LEVEL.length]);
    }
    for (int i = OUTSIDE.length - 1; i >= 0; i--) {
      inner = inside(inner, OUTSIDE[i]);
    }
    return inner.toByteArray();
  }

  private static ByteString inside(ByteString inner, int field) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      out.writeBytes(field, inner);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ByteString.copyFrom(bytes.toByteArray());
  }
}
