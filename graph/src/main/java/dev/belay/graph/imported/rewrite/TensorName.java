package dev.belay.graph.imported.rewrite;

import java.util.Collection;
import java.util.List;

/** Spelling of an input in a GraphDef: {@code node}, {@code node:1} or {@code ^node}. */
public final class TensorName {
  private TensorName() {}

  /** Returns whether an input is a control input. */
  public static boolean isControl(String input) {
    return input.startsWith("^");
  }

  /** The node that an input names. */
  public static String node(String input) {
    int from = isControl(input) ? 1 : 0;
    int colon = input.indexOf(':');
    return input.substring(from, colon < 0 ? input.length() : colon);
  }

  /** The nodes that inputs name. */
  public static List<String> nodes(Collection<String> inputs) {
    return inputs.stream().map(TensorName::node).toList();
  }

  /** The index of the node's output, 0 for a bare name. */
  public static int index(String tensor) {
    int colon = tensor.indexOf(':');
    return colon < 0 ? 0 : Integer.parseInt(tensor.substring(colon + 1));
  }

  public static String of(String node, int index) {
    return index == 0 ? node : node + ":" + index;
  }

  /** One spelling for one tensor: {@code node:0} is {@code node}. */
  public static String canonical(String tensor) {
    return tensor.endsWith(":0") ? tensor.substring(0, tensor.length() - 2) : tensor;
  }
}
