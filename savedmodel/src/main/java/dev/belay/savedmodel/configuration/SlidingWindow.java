package dev.belay.savedmodel.configuration;

import dev.belay.savedmodel.names.ModelType;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Window of a decoder, outside of which tokens do not see earlier ones.
 *
 * @param tokens how many each token sees, itself among them
 * @param layers numbers of the layers that have it; empty: no layer has
 */
public record SlidingWindow(int tokens, Set<Integer> layers) {
  private static final String WINDOW = "sliding_window";
  private static final int DEFAULT_TOKENS = 4096;
  private static final int DEFAULT_FULL_LAYERS = 28;

  public SlidingWindow {
    layers = Set.copyOf(layers);
  }

  /** Of a file, whose problems are noted in the fields. */
  static SlidingWindow read(ModelType type, Sizes sizes, Fields fields) {
    int tokens = fields.isNull(WINDOW) ? 0 : fields.whole(WINDOW, DEFAULT_TOKENS);
    Set<Integer> none = Set.of();
    return switch (type) {
      case MISTRAL -> new SlidingWindow(tokens, tokens > 0 ? from(0, sizes) : none);
      case QWEN2 -> {
        boolean slides = fields.truth("use_sliding_window", false) && tokens > 0;
        int full = fields.whole("max_window_layers", DEFAULT_FULL_LAYERS);
        List<String> types = fields.texts(LayerKinds.KEY);
        if (types.isEmpty()) {
          yield new SlidingWindow(tokens, slides ? from(full, sizes) : none);
        }
        check(types, sizes, slides, fields);
        yield new SlidingWindow(tokens, LayerKinds.sliding(types));
      }
      default -> new SlidingWindow(0, none);
    };
  }

  private static void check(List<String> types, Sizes sizes, boolean slides, Fields fields) {
    if (LayerKinds.areOf(types, sizes, fields) && types.contains(LayerKinds.SLIDING) && !slides) {
      fields.problem(
          "'"
              + LayerKinds.KEY
              + "' has "
              + LayerKinds.SLIDING
              + ", and use_sliding_window or sliding_window says none");
    }
  }

  private static Set<Integer> from(int first, Sizes sizes) {
    return IntStream.range(Math.max(first, 0), sizes.layers()).boxed().collect(Collectors.toSet());
  }
}
