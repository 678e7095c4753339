package dev.belay.tools.failure;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The useful part of what native TensorFlow says. Its messages name every node on the way, often
 * twice, with stacks of the program that made the graph.
 */
final class NativeMessage {
  /** TensorFlow's message for an index outside a table; the group is the number of rows. */
  static final Pattern OUTSIDE_TABLE = Pattern.compile("= -?\\d+ is not in \\[0, (\\d+)\\)");

  /** TensorFlow's message for the class of no label as an index. */
  static final Pattern IGNORED_CLASS =
      Pattern.compile("= (-100|\\[[^]]*-100[^]]*]) (is not in|does not index)");

  private static final int LONGEST = 400;
  private static final Pattern NODE = Pattern.compile("\\[?\\[?\\{\\{node ([^}]+)}}]?]?");
  private static final Pattern ROOT_ERROR = Pattern.compile("^\\(\\d+\\) [A-Za-z_ ]+: ");

  private NativeMessage() {}

  /** The first sentence that says what is wrong, and the first node that it names. */
  static String shorten(String message) {
    List<String> lines =
        message.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
    String what =
        lines.stream()
            .filter(line -> !line.startsWith("[[") && !line.endsWith("root error(s) found."))
            .findFirst()
            .map(line -> ROOT_ERROR.matcher(line).replaceFirst(""))
            .orElse("no message");
    if (what.length() > LONGEST) {
      what = what.substring(0, LONGEST) + "...";
    }
    Matcher node = NODE.matcher(message);
    boolean named = node.find();
    String sentence = NODE.matcher(what).replaceAll("").strip();
    return named ? sentence + " (node " + node.group(1) + ")" : sentence;
  }
}
