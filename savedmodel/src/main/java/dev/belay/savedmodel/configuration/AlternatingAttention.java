package dev.belay.savedmodel.configuration;

import dev.belay.savedmodel.names.ModelType;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Attention of ModernBERT, arXiv 2412.13663: some layers see all tokens, and the others those near
 * them; each kind has its own rotary positions.
 *
 * @param reach how far a token of the other layers sees, to either side
 * @param local numbers of those layers
 * @param globalPositions of the layers that see all tokens
 * @param localPositions of the others
 */
public record AlternatingAttention(
    int reach,
    Set<Integer> local,
    RotaryPositions globalPositions,
    RotaryPositions localPositions) {
  private static final String WINDOW = "local_attention";
  private static final String REACH = "sliding_window";
  private static final String EVERY = "global_attn_every_n_layers";
  private static final int DEFAULT_WINDOW = 128;
  private static final int DEFAULT_EVERY = 3;

  private static final RotaryPositions.Theta GLOBAL =
      new RotaryPositions.Theta("global_rope_theta", 160_000);
  private static final RotaryPositions.Theta LOCAL =
      new RotaryPositions.Theta("local_rope_theta", 10_000);

  public AlternatingAttention {
    local = Set.copyOf(local);
  }

  /** Of a file, whose problems are noted in the fields. */
  static AlternatingAttention read(ModelType type, Sizes sizes, Fields fields) {
    int window = fields.whole(WINDOW, DEFAULT_WINDOW);
    int reach = window / 2;
    if (window < 0) {
      fields.problem("'" + WINDOW + "' is " + window + ", not a number of tokens");
    }
    if (fields.whole(REACH, reach) != reach) {
      fields.problem("'" + REACH + "' is not half of '" + WINDOW + "', which is " + window);
    }
    if (fields.whole("head_dim", sizes.headSize()) != sizes.headSize()) {
      fields.problem("'head_dim' is not the hidden size divided by the attention heads");
    }
    return new AlternatingAttention(
        reach,
        local(sizes, fields),
        RotaryPositions.read(type, sizes, fields, LayerKinds.FULL, GLOBAL),
        RotaryPositions.read(type, sizes, fields, LayerKinds.SLIDING, LOCAL));
  }

  /** Files of transformers 5 name the kind of each layer, those of 4 how many have each. */
  private static Set<Integer> local(Sizes sizes, Fields fields) {
    List<String> kinds = fields.texts(LayerKinds.KEY);
    boolean counted = kinds.isEmpty() || fields.has(EVERY);
    int every = counted ? fields.whole(EVERY, DEFAULT_EVERY) : DEFAULT_EVERY;
    if (counted && (every == 0 || fields.isNull(EVERY))) {
      fields.problem("'" + EVERY + "' is not a number of layers");
      return Set.of();
    }
    Set<Integer> byNumber =
        IntStream.range(0, sizes.layers())
            .filter(layer -> layer % every != 0)
            .boxed()
            .collect(Collectors.toSet());
    if (kinds.isEmpty()) {
      return byNumber;
    }
    Set<Integer> named =
        LayerKinds.areOf(kinds, sizes, fields) ? LayerKinds.sliding(kinds) : byNumber;
    if (counted && !named.equals(byNumber)) {
      fields.problem(
          "'"
              + EVERY
              + "' is "
              + every
              + ", and '"
              + LayerKinds.KEY
              + "' says otherwise: transformers 4 reads the first, 5 the second; leave one out");
    }
    return named;
  }
}
