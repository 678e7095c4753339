package dev.belay.savedmodel.model.op;

/**
 * An input of a node in a graph: {@code node}, {@code node:1}, or {@code ^node} for a control
 * input.
 *
 * @param node that produces it
 * @param index which of the node's tensors
 * @param control whether it is a control input
 */
public record TensorName(String node, int index, boolean control) {

  /**
   * Reads an input as a graph, not a function, writes it.
   *
   * @throws IllegalArgumentException if it is not written so
   */
  public static TensorName parse(String input) {
    if (input.startsWith("^")) {
      return new TensorName(input.substring(1), 0, true);
    }
    int colon = input.lastIndexOf(':');
    if (colon < 0) {
      return new TensorName(input, 0, false);
    }
    return new TensorName(input.substring(0, colon), index(input, colon + 1), false);
  }

  /** The node that an input names, in a graph or in a function. */
  public static String nodeOf(String input) {
    int start = input.startsWith("^") ? 1 : 0;
    int colon = input.indexOf(':');
    return input.substring(start, colon < 0 ? input.length() : colon);
  }

  /** A tensor of a node as a graph writes it. */
  public static String of(String node, int index) {
    return index == 0 ? node : node + ":" + index;
  }

  /** Returns whether an input is a control input. */
  public static boolean isControl(String input) {
    return input.startsWith("^");
  }

  /**
   * Reads the number that ends an input.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static int index(String input, int start) {
    String digits = input.substring(start);
    if (digits.isEmpty() || digits.length() > 9 || !digits.chars().allMatch(TensorName::isDigit)) {
      throw new IllegalArgumentException("input '" + input + "'");
    }
    return Integer.parseInt(digits);
  }

  private static boolean isDigit(int character) {
    return character >= '0' && character <= '9';
  }
}
