package dev.belay.graph.probe;

import java.nio.Buffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;

/**
 * Small computation that shows whether a device computes correctly.
 *
 * @param name for people, such as {@code matmul}
 * @param operations types of the operations that it tests
 * @param feeds in each of its runs
 * @param setUp to be run once, before
 * @param update to be run once before the result is read; empty if the result is computed by its
 *     own read
 * @param check the expected result
 * @param flops floating point operations of one run; 0 if memory limits its speed
 */
public record Probe(
    String name,
    List<String> operations,
    List<Feed> feeds,
    List<Operation> setUp,
    Optional<Operation> update,
    Check check,
    double flops) {

  /**
   * A value for a placeholder.
   *
   * @param placeholder to feed
   * @param shape of the value
   * @param values the elements, a FloatBuffer or an IntBuffer on an array
   */
  public record Feed(Output<?> placeholder, Shape shape, Buffer values) {
    static Feed of(Output<?> placeholder, Shape shape, float... values) {
      return new Feed(placeholder, shape, FloatBuffer.wrap(values));
    }

    float[] floats() {
      return ((FloatBuffer) values).array();
    }

    int[] integers() {
      return ((IntBuffer) values).array();
    }
  }

  /**
   * Expected result of a computation.
   *
   * @param result float32
   * @param expected its first elements
   * @param tolerance largest difference allowed, as a part of the largest element expected
   */
  public record Check(Output<?> result, FloatBuffer expected, double tolerance) {
    static Check of(Output<?> result, float... expected) {
      return new Check(result, FloatBuffer.wrap(expected), TOLERANCE);
    }
  }

  /** Tolerance for float32 in sums of some thousand terms. */
  private static final double TOLERANCE = 1e-5;
}
