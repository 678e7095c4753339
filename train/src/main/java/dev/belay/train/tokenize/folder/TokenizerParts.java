package dev.belay.train.tokenize.folder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.ToIntFunction;

/** Parts of a tokenizer.json, as Python's classes make them. */
final class TokenizerParts {
  static final String ADD_PREFIX_SPACE = "add_prefix_space";
  static final String TRIM_OFFSETS = "trim_offsets";
  private static final String METASPACE = "Metaspace";

  private TokenizerParts() {}

  /** A tokenizer.json of which everything is still to be set. */
  static ObjectNode empty() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("version", "1.0").putNull("truncation").putNull("padding");
    root.putArray("added_tokens");
    root.putNull("normalizer").putNull("pre_tokenizer").putNull("post_processor");
    return root.putNull("decoder");
  }

  /** The split of GPT-2 and its bytes as letters. */
  static ObjectNode byteLevel(boolean addPrefixSpace) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("type", "ByteLevel")
        .put(ADD_PREFIX_SPACE, addPrefixSpace)
        .put(TRIM_OFFSETS, true)
        .put("use_regex", true);
  }

  /** Sentencepiece's mark before each word that blanks divide. */
  static ObjectNode words(boolean addPrefixSpace) {
    ObjectNode sequence = JsonNodeFactory.instance.objectNode().put("type", "Sequence");
    ArrayNode parts = sequence.putArray("pretokenizers");
    parts.addObject().put("type", "WhitespaceSplit");
    parts.add(metaspace(addPrefixSpace));
    return sequence;
  }

  static ObjectNode metaspace(boolean addPrefixSpace) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("type", METASPACE)
        .put("replacement", "\u2581")
        .put("prepend_scheme", addPrefixSpace ? "always" : "never")
        .put("split", true);
  }

  /** RoBERTa's post-processor. */
  static ObjectNode robertaProcessing(String separate, String classify, ToIntFunction<String> ids) {
    ObjectNode processor = JsonNodeFactory.instance.objectNode().put("type", "RobertaProcessing");
    processor.putArray("sep").add(separate).add(ids.applyAsInt(separate));
    processor.putArray("cls").add(classify).add(ids.applyAsInt(classify));
    return processor;
  }

  /**
   * A post-processor by templates such as {@code [CLS]:0 $A:0 [SEP]:0}; a piece without a number
   * has type 0.
   */
  static ObjectNode template(String single, String pair, ToIntFunction<String> ids) {
    ObjectNode processor = JsonNodeFactory.instance.objectNode().put("type", "TemplateProcessing");
    processor.putArray("single");
    processor.putArray("pair");
    processor.putObject("special_tokens");
    addPieces(processor, "single", single, ids);
    addPieces(processor, "pair", pair, ids);
    return processor;
  }

  private static void addPieces(
      ObjectNode processor, String name, String template, ToIntFunction<String> ids) {
    ArrayNode pieces = processor.withArray(name);
    for (String piece : template.strip().split(" +")) {
      int colon = piece.lastIndexOf(':');
      boolean typed = colon > 0 && piece.substring(colon + 1).matches("[0-9]");
      String text = typed ? piece.substring(0, colon) : piece;
      int type = typed ? piece.charAt(colon + 1) - '0' : 0;
      if (text.startsWith("$")) {
        pieces.addObject().putObject("Sequence").put("id", text.substring(1)).put("type_id", type);
      } else {
        pieces.addObject().putObject("SpecialToken").put("id", text).put("type_id", type);
        ObjectNode token = processor.withObjectProperty("special_tokens").putObject(text);
        token.put("id", text).putArray("ids").add(ids.applyAsInt(text));
        token.putArray("tokens").add(text);
      }
    }
  }

  /**
   * Writes the one word of older libraries, {@code add_prefix_space} of a Metaspace, by those that
   * newer ones know.
   */
  static void renewMetaspaces(JsonNode node) {
    if (node instanceof ObjectNode object
        && object.path("type").asText().equals(METASPACE)
        && object.has(ADD_PREFIX_SPACE)) {
      boolean adds = object.remove(ADD_PREFIX_SPACE).asBoolean();
      if (!object.has("prepend_scheme")) {
        object.put("prepend_scheme", adds ? "always" : "never");
      }
    }
    node.forEach(TokenizerParts::renewMetaspaces);
  }
}
