package dev.belay.train.tokenize;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The files that define a tokenizer.
 *
 * @param definition tokenizer.json or vocab.txt
 * @param kind which of the two
 * @param config the tokenizer_config.json beside it
 */
public record TokenizerFiles(Path definition, Kind kind, Optional<Path> config) {

  /** What the definition is. */
  public enum Kind {
    /** Hugging Face's tokenizer.json: the whole tokenizer. */
    TOKENIZER_JSON,
    /** One token per line, the tokenizer itself being BERT's WordPiece. */
    VOCABULARY
  }
}
