package dev.belay.train.tokenize.folder;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.ModelFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The files that define a tokenizer.
 *
 * @param definition tokenizer.json, vocab.txt or vocab.json
 * @param kind kind of the definition
 * @param config the tokenizer_config.json beside it
 */
public record TokenizerFiles(Path definition, Kind kind, Optional<Path> config) {
  /** Command that converts other files to tokenizer.json. */
  public static final String CONVERT =
      "AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER) in Python makes a"
          + " tokenizer.json, of sentencepiece's with the packages sentencepiece and protobuf";

  /** Contents of a definition. */
  public enum Kind {
    /** Hugging Face's tokenizer.json: the whole tokenizer. */
    TOKENIZER_JSON(ModelFiles.TOKENIZER),
    /** One token per line, the tokenizer itself being BERT's WordPiece. */
    VOCABULARY(ModelFiles.WORD_PIECES),
    /** Tokens with their ids, with merges.txt beside it: byte-level BPE of GPT-2 and RoBERTa. */
    BYTE_PAIRS(ModelFiles.BYTE_PAIRS);

    private final String fileName;

    Kind(String fileName) {
      this.fileName = fileName;
    }

    /** The name that Python's tokenizers look for. */
    public String fileName() {
      return fileName;
    }
  }

  /** Whether the definition is a tokenizer.json under another name. */
  boolean standsAlone() {
    return kind == Kind.TOKENIZER_JSON
        && !String.valueOf(definition.getFileName()).equals(kind.fileName());
  }

  /** The files beside the definition that change what it says. */
  public List<Path> beside() {
    if (standsAlone()) {
      return List.of();
    }
    List<Path> all = new ArrayList<>();
    all.add(settings());
    if (kind == Kind.BYTE_PAIRS) {
      all.add(BytePairFiles.merges(this));
    }
    all.add(folder().resolve(ModelFiles.SPECIAL_TOKENS));
    all.add(folder().resolve(ModelFiles.ADDED_TOKENS));
    return all.stream().filter(Files::isRegularFile).toList();
  }

  /** The tokenizer_config.json, or where it would lie. */
  public Path settings() {
    return config.orElse(folder().resolve(ModelFiles.TOKENIZER_CONFIG));
  }

  /** The longest sequence that tokenizer_config.json allows; empty if it says none. */
  public OptionalInt modelMaxLength() {
    JsonNode root = TokenizerFolder.read(this).settings().root();
    JsonNode most = root.path(root.has("model_max_length") ? "model_max_length" : "max_len");
    return most.isNumber() && most.doubleValue() >= 1 && most.doubleValue() <= Integer.MAX_VALUE
        ? OptionalInt.of(most.intValue())
        : OptionalInt.empty();
  }

  /** The folder of the definition and the other files. */
  public Path folder() {
    return definition.toAbsolutePath().getParent();
  }
}
