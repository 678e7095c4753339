package dev.belay.savedmodel.configuration;

import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.names.ModelType;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Attention of DeBERTa, arXiv 2006.03654: products of contents, and of contents with embeddings of
 * distances; with the other settings that its classes alone have.
 *
 * @param distances the embeddings of distances; empty: attention reads none
 * @param byKeys whether queries are multiplied by keys of distances, {@code c2p}
 * @param byQueries whether keys are multiplied by queries of distances, {@code p2c}
 * @param summands number of terms that the scores are scaled for, whether attention reads distances
 *     or not
 * @param shared whether distances are projected by the layers of the contents
 * @param normed whether the files have a norm of the distances
 * @param addsPositions whether embeddings of positions are added to those of words
 * @param convolution beside the first layer, if there is one
 * @param pooler of the head for whole examples
 * @param legacyHead whether hidden words are predicted by layers like BERT's
 */
public record DisentangledAttention(
    Optional<Distances> distances,
    boolean byKeys,
    boolean byQueries,
    int summands,
    boolean shared,
    boolean normed,
    boolean addsPositions,
    Optional<Convolution> convolution,
    Pooler pooler,
    boolean legacyHead) {

  /**
   * Distances that have an embedding.
   *
   * @param span half of the number of embeddings
   * @param buckets from which long distances share one; not positive: each has its own
   * @param farthest distance that has an embedding of its own, or would have it without buckets
   */
  public record Distances(int span, int buckets, int farthest) {}

  /**
   * Convolution over tokens.
   *
   * @param width number of tokens, odd
   * @param groups of numbers that are computed apart
   * @param activation after it
   */
  public record Convolution(int width, int groups, String activation) {}

  /**
   * Layer of the head for whole examples.
   *
   * @param dropout before it
   * @param activation after it
   */
  public record Pooler(double dropout, String activation) {}

  private static final String TYPES = "pos_att_type";
  private static final String WIDTH = "conv_kernel_size";
  private static final String GROUPS = "conv_groups";

  /** Of a file, whose problems are noted in the fields. */
  static DisentangledAttention read(ModelType type, Sizes sizes, Fields fields) {
    boolean first = type.family() == Family.DEBERTA;
    List<String> terms = terms(fields);
    boolean byKeys = terms.contains("c2p");
    boolean byQueries = terms.contains("p2c");
    requireParts(first, sizes, fields);
    double dropout = fields.number("pooler_dropout", 0);
    if (!(dropout >= 0 && dropout < 1)) {
      fields.problem("'pooler_dropout' is " + dropout + ", not from 0 to less than 1");
    }
    return new DisentangledAttention(
        fields.truth("relative_attention", false)
            ? Optional.of(distances(first, sizes, fields))
            : Optional.empty(),
        byKeys,
        byQueries,
        first ? 1 + terms.size() : 1 + (byKeys ? 1 : 0) + (byQueries ? 1 : 0),
        !first && fields.truth("share_att_key", false),
        !first && words(fields.text("norm_rel_ebd", "none")).contains("layer_norm"),
        fields.truth("position_biased_input", true),
        first ? Optional.empty() : convolution(sizes, fields),
        new Pooler(dropout, fields.text("pooler_hidden_act", "gelu")),
        fields.truth("legacy", true));
  }

  /** A list, or its words in one text. */
  private static List<String> terms(Fields fields) {
    return fields.isText(TYPES) ? words(fields.text(TYPES, "")) : fields.texts(TYPES);
  }

  private static List<String> words(String text) {
    return Arrays.stream(text.toLowerCase(Locale.ROOT).split("\\|", -1))
        .map(String::strip)
        .toList();
  }

  /** Layers of other widths exist in the class, and fit to nothing that they read. */
  private static void requireParts(boolean first, Sizes sizes, Fields fields) {
    if (!first && fields.whole("attention_head_size", sizes.headSize()) != sizes.headSize()) {
      fields.problem(
          "'attention_head_size' is not the hidden size divided by the attention heads, "
              + sizes.headSize());
    }
    if (fields.whole("pooler_hidden_size", sizes.hidden()) != sizes.hidden()) {
      fields.problem("'pooler_hidden_size' is not the hidden size, " + sizes.hidden());
    }
    if (!fields.truth("legacy", true) && sizes.embedding() != sizes.hidden()) {
      fields.problem("'legacy' is false, and 'embedding_size' is not the hidden size");
    }
  }

  private static Distances distances(boolean first, Sizes sizes, Fields fields) {
    int said = fields.whole("max_relative_positions", -1);
    int farthest = said < 1 ? sizes.positions() : said;
    int buckets = first ? -1 : fields.whole("position_buckets", -1);
    if (buckets > 0 && (buckets < 2 || farthest - 1 <= buckets / 2)) {
      fields.problem(
          "'position_buckets' is "
              + buckets
              + ", and the farthest distance "
              + farthest
              + ": expected 2 or more, and a distance of more than half of it and 1");
    }
    if (farthest < 1) {
      fields.problem("'max_relative_positions' is " + farthest + ", not a number of distances");
    }
    return new Distances(buckets > 0 ? buckets : farthest, buckets, farthest);
  }

  private static Optional<Convolution> convolution(Sizes sizes, Fields fields) {
    int width = fields.whole(WIDTH, 0);
    if (width <= 0) {
      return Optional.empty();
    }
    int groups = fields.whole(GROUPS, 1);
    if (width % 2 == 0) {
      fields.problem("'" + WIDTH + "' is " + width + ", an even number, which loses a token");
    }
    if (groups < 1 || sizes.hidden() % groups != 0) {
      fields.problem(
          "'" + GROUPS + "' is " + groups + ", not a divisor of the hidden size " + sizes.hidden());
    }
    return Optional.of(new Convolution(width, groups, fields.text("conv_act", "tanh")));
  }
}
