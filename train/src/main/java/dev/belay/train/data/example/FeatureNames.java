package dev.belay.train.data.example;

import dev.belay.graph.forward.TensorNames;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The names that the field has for the same features, and the one name Belay uses for each. */
public final class FeatureNames {
  /** Token ids, [T]. */
  public static final String INPUT_IDS = TensorNames.INPUT_IDS;

  /** 1 for tokens, 0 for padding, [T]. */
  public static final String ATTENTION_MASK = TensorNames.ATTENTION_MASK;

  /** 0 for the first text, 1 for the second, [T]. */
  public static final String TOKEN_TYPE_IDS = TensorNames.TOKEN_TYPE_IDS;

  /** Input of a decoder: a start token, then its target, [T]. */
  public static final String DECODER_INPUT_IDS = TensorNames.DECODER_INPUT_IDS;

  /** The text itself. */
  public static final String TEXT = "text";

  /** The second text of a pair. */
  public static final String TEXT_B = "text_b";

  /** Usual column names for the two texts of a pair, and names that models use. */
  static final List<List<String>> TEXT_PAIRS =
      List.of(
          List.of(TEXT, TEXT_B),
          List.of(TEXT, "text_pair"),
          List.of("text_a", TEXT_B),
          List.of("sentence1", "sentence2"),
          List.of("premise", "hypothesis"),
          List.of("question1", "question2"),
          List.of("question", "sentence"),
          List.of("question", "passage"));

  private static final Map<String, String> CANONICAL =
      Map.ofEntries(
          Map.entry("input_word_ids", INPUT_IDS),
          Map.entry("token_ids", INPUT_IDS),
          Map.entry("ids", INPUT_IDS),
          Map.entry("input_mask", ATTENTION_MASK),
          Map.entry("mask", ATTENTION_MASK),
          Map.entry("input_type_ids", TOKEN_TYPE_IDS),
          Map.entry("segment_ids", TOKEN_TYPE_IDS),
          Map.entry("type_ids", TOKEN_TYPE_IDS),
          Map.entry("text_pair", TEXT_B));

  private static final Set<String> ONE_PER_TOKEN =
      Set.of(
          INPUT_IDS,
          ATTENTION_MASK,
          TOKEN_TYPE_IDS,
          "position_ids",
          "special_tokens_mask",
          "global_attention_mask");

  private static final Set<String> LENGTHS =
      Set.of(
          "length",
          "lengths",
          "seq_length",
          "seq_lengths",
          "seq_len",
          "seq_lens",
          "sequence_length",
          "sequence_lengths",
          "input_length",
          "input_lengths",
          "nwords");

  private FeatureNames() {}

  /** The name that Belay uses: {@code segment_ids} is {@code token_type_ids}. */
  public static String canonical(String name) {
    String lower = name.strip().toLowerCase(Locale.ROOT);
    return CANONICAL.getOrDefault(lower, lower);
  }

  /** Whether two names are those of the first and the second text of a pair. */
  public static boolean arePair(String first, String second) {
    return TEXT_PAIRS.contains(
        List.of(first.toLowerCase(Locale.ROOT), second.toLowerCase(Locale.ROOT)));
  }

  /** Whether a feature has one element for each token of input_ids. */
  public static boolean isPerToken(String feature) {
    return ONE_PER_TOKEN.contains(feature);
  }

  /** Whether a feature is the number of an example's tokens, by its name. */
  public static boolean isLength(String feature) {
    return LENGTHS.contains(feature);
  }

  /** Whether a feature belongs to the decoder's tokens, which have another length. */
  public static boolean isOfDecoder(String feature) {
    return feature.startsWith("decoder_");
  }

  /** Whether the elements of a feature are ids of the vocabulary. */
  public static boolean holdsTokenIds(String feature) {
    return feature.equals(INPUT_IDS) || feature.endsWith("_input_ids");
  }
}
