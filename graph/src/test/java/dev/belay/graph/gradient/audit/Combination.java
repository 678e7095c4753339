package dev.belay.graph.gradient.audit;

import java.util.List;
import java.util.Map;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/**
 * One op with one choice of inputs and attributes: a single way of differentiating it.
 *
 * @param op as TensorFlow names it
 * @param text the choice, as a line of the catalogue spells it
 * @param type of its floating-point inputs
 * @param arguments in the op's order
 * @param attributes by name, as text; those that follow from the inputs are left out
 * @param outputs those that a loss depends on; empty for all that are floating-point
 * @param expected gradients by the names of variables where the op has a kink, for an incoming
 *     gradient of ones: what TF Python gives; empty where a central difference can tell
 */
record Combination(
    String op,
    String text,
    DataType type,
    List<Argument> arguments,
    Map<String, String> attributes,
    List<Integer> outputs,
    Map<String, double[]> expected) {

  /** An input of the op, or a list of them. */
  record Argument(String name, List<Input> inputs, boolean isList) {}

  /** What is read: a tensor, or the result of another op. */
  sealed interface Input {}

  /**
   * The first result of an op.
   *
   * @param attributes as those of a combination
   */
  record Derived(String op, Map<String, String> attributes, List<Input> inputs) implements Input {}

  /** A tensor that goes in. */
  static final class Value implements Input {
    private final Kind kind;
    private final Shape shape;
    private final Shape declared;
    private final double[] elements;

    Value(Kind kind, Shape shape, Shape declared, double[] elements) {
      this.kind = kind;
      this.shape = shape;
      this.declared = declared;
      this.elements = elements;
    }

    /** What its elements are, and what the graph knows of it. */
    Kind kind() {
      return kind;
    }

    Shape shape() {
      return shape;
    }

    /** Its shape as the graph knows it. */
    Shape declared() {
      return declared;
    }

    /** Its elements, open to change: whoever moves one moves it back. */
    double[] elements() {
      return elements;
    }
  }

  /** What goes in, by the letter that stands for it in the catalogue. */
  enum Kind {
    /** Floating-point; the gradient is taken by it. */
    VARIABLE('f'),
    /** Always float32, whatever the type of the others; the gradient is taken by it. */
    FLOAT32_VARIABLE('r'),
    /** Floating-point, known to the graph. */
    CONSTANT('g'),
    INT32('i'),
    INT64('l'),
    /** Fed, so that the graph does not know its value. */
    FED_INT32('I'),
    BOOL('b');

    private final char letter;

    Kind(char letter) {
      this.letter = letter;
    }

    static Kind of(char letter) {
      for (Kind kind : values()) {
        if (kind.letter == letter) {
          return kind;
        }
      }
      throw new IllegalArgumentException("no kind of tensor is called " + letter);
    }
  }

  @Override
  public String toString() {
    return op + " " + text + " " + type;
  }
}
