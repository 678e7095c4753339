package dev.belay.train.tokenize.folder;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Built-in behaviour of a tokenizer class of transformers.
 *
 * @param name without {@code Fast}
 * @param rule use of tokenizer.json
 * @param slowFiles files that it builds a tokenizer from where there is no tokenizer.json
 * @param types whether it returns token_type_ids
 * @param mask whether its mask token takes the blanks before it
 * @param special its special tokens by {@link SpecialTokens#NAMES}, as far as it has them
 * @param additional its further special tokens
 */
record TokenizerClass(
    String name,
    Rule rule,
    SlowFiles slowFiles,
    boolean types,
    Mask mask,
    Map<String, String> special,
    List<String> additional) {

  /** The class that takes tokenizer.json as it is. */
  static final String AS_IT_IS = "PreTrainedTokenizerFast";

  /** Use of tokenizer.json by a class; {@code classes-4.txt} and {@code classes-5.txt}. */
  enum Rule {
    FILE,
    BERT,
    BERT_CASE,
    BYTES,
    ROBERTA,
    T5,
    LLAMA,
    MPNET,
    GPT2,
    GPT_NEOX,
    ALBERT,
    XLM_ROBERTA,
    CAMEMBERT,
    DEBERTA,
    DEBERTA_V2,
    MBART,
    MBART50
  }

  /** Files that a class builds a tokenizer from without tokenizer.json. */
  enum SlowFiles {
    NONE,
    WORDPIECE,
    WORDPIECE_MPNET,
    WORDPIECE_FUNNEL,
    GPT2,
    ROBERTA,
    BLENDERBOT,
    DEBERTA;

    /** Whether the class makes objects of special tokens that are given by their texts. */
    boolean makesObjects() {
      return this != NONE && this != WORDPIECE && this != WORDPIECE_FUNNEL;
    }

    /** The definition that is read, if there is one. */
    Optional<TokenizerFiles.Kind> kind() {
      return switch (this) {
        case NONE -> Optional.empty();
        case WORDPIECE, WORDPIECE_MPNET, WORDPIECE_FUNNEL ->
            Optional.of(TokenizerFiles.Kind.VOCABULARY);
        case GPT2, ROBERTA, BLENDERBOT, DEBERTA -> Optional.of(TokenizerFiles.Kind.BYTE_PAIRS);
      };
    }
  }

  /** Classes whose mask token takes the blanks before it. */
  enum Mask {
    NO,
    CLASS,
    ALWAYS
  }

  /** Reads a line of a resource. */
  static TokenizerClass of(String line) {
    List<String> columns = List.of(line.split("\\s+"));
    int names = SpecialTokens.NAMES.size();
    List<String> tokens = columns.subList(5, 5 + names);
    Map<String, String> special = new java.util.LinkedHashMap<>();
    for (int i = 0; i < names; i++) {
      if (!tokens.get(i).equals("-")) {
        special.put(SpecialTokens.NAMES.get(i), tokens.get(i));
      }
    }
    return new TokenizerClass(
        columns.get(0),
        Rule.valueOf(constant(columns.get(1))),
        SlowFiles.valueOf(constant(columns.get(2))),
        columns.get(3).equals("yes"),
        Mask.valueOf(constant(columns.get(4))),
        special,
        List.copyOf(columns.subList(5 + names, columns.size())));
  }

  private static String constant(String word) {
    return word.toUpperCase(Locale.ROOT).replace('-', '_');
  }
}
