package dev.belay.savedmodel.model.check;

/**
 * Validates node names.
 *
 * <p>Source: {@code tensorflow/core/graph/tensor_id.cc}, {@code IsValidOpName} of {@code
 * graph_constructor.cc}: a letter, digit or dot, then letters, digits and {@code _ . - / \ >}.
 */
final class Names {
  static final int LONGEST = 8192;
  private static final String INNER = "_.-/\\>";

  private Names() {}

  static boolean isNode(String name) {
    if (name.isEmpty() || name.length() > LONGEST) {
      return false;
    }
    if (!isLetterOrDigit(name.charAt(0)) && name.charAt(0) != '.') {
      return false;
    }
    for (int i = 1; i < name.length(); i++) {
      if (!isLetterOrDigit(name.charAt(i)) && INNER.indexOf(name.charAt(i)) < 0) {
        return false;
      }
    }
    return true;
  }

  /** Arguments: as nodes, and they may begin with "_". */
  static boolean isArgument(String name) {
    return isNode(name.startsWith("_") ? "a" + name : name);
  }

  /** Functions: Python names them after their source, {@code __inference_<lambda>_24}. */
  static boolean isFunction(String name) {
    return !name.isEmpty()
        && name.length() <= LONGEST
        && name.chars().allMatch(c -> c > ' ' && c < 0x7f && c != ':' && c != '^');
  }

  private static boolean isLetterOrDigit(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  /** A name for messages: its beginning, with non-ASCII characters as dots. */
  static String show(String name) {
    String printable = name.replaceAll("[^\\x20-\\x7e]", "\u00b7");
    return "'" + (printable.length() > 200 ? printable.substring(0, 200) + "..." : printable) + "'";
  }
}
