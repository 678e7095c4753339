package dev.belay.savedmodel.configuration;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Kinds of attention that the layers of one model have, {@code layer_types}. */
final class LayerKinds {
  static final String KEY = "layer_types";
  static final String FULL = "full_attention";
  static final String SLIDING = "sliding_attention";
  private static final List<String> KNOWN = List.of(FULL, SLIDING);

  private LayerKinds() {}

  /** Whether there is a known kind for each layer; otherwise the fields note it. */
  static boolean areOf(List<String> kinds, Sizes sizes, Fields fields) {
    boolean right = kinds.size() == sizes.layers() && KNOWN.containsAll(kinds);
    if (!right) {
      fields.problem("'" + KEY + "' is " + kinds + ", not one of " + KNOWN + " for each layer");
    }
    return right;
  }

  /** Numbers of the layers with a window. */
  static Set<Integer> sliding(List<String> kinds) {
    return IntStream.range(0, kinds.size())
        .filter(layer -> kinds.get(layer).equals(SLIDING))
        .boxed()
        .collect(Collectors.toSet());
  }
}
