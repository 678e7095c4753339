package dev.belay.train.tokenize.folder;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The files that define a tokenizer.
 *
 * @param definition tokenizer.json, vocab.txt or vocab.json
 * @param kind which of them
 * @param config the tokenizer_config.json beside it
 */
public record TokenizerFiles(Path definition, Kind kind, Optional<Path> config) {
  /** How other files become a tokenizer.json. */
  public static final String CONVERT =
      "AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER) in Python makes a"
          + " tokenizer.json, of sentencepiece's with the packages sentencepiece and protobuf";

  /** Contents of a definition. */
  public enum Kind {
    /** Hugging Face's tokenizer.json: the whole tokenizer. */
    TOKENIZER_JSON("tokenizer.json"),
    /** One token per line, the tokenizer itself being BERT's WordPiece. */
    VOCABULARY("vocab.txt"),
    /** Tokens with their ids, with merges.txt beside it: byte-level BPE of GPT-2 and RoBERTa. */
    BYTE_PAIRS("vocab.json");

    private final String fileName;

    Kind(String fileName) {
      this.fileName = fileName;
    }

    /** The name that Python's tokenizers look for. */
    public String fileName() {
      return fileName;
    }
  }

  /** The folder of the definition, where the other files are looked for. */
  public Path folder() {
    return definition.toAbsolutePath().getParent();
  }
}
