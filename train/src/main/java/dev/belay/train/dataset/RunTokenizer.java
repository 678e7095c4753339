package dev.belay.train.dataset;

import dev.belay.train.config.DataConfig;
import dev.belay.train.data.DataException;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.DatasetReader;
import dev.belay.train.data.example.ExampleOptions;
import dev.belay.train.data.file.Row;
import dev.belay.train.tokenize.TextTokenizer;
import dev.belay.train.tokenize.TokenizerFinder;
import dev.belay.train.tokenize.folder.TokenizerFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;

/**
 * Owns the tokenizer of a run, if it has one; close it to free the native memory.
 *
 * <p>Without a named tokenizer, the one beside the model is used. Not to find one, or one that
 * Belay cannot use, is no error yet: pre-tokenised data need none, and text that needs one says so.
 */
final class RunTokenizer implements AutoCloseable {
  static final RunTokenizer NONE = new RunTokenizer(Optional.empty());

  private final Optional<TokenizerFiles> files;
  private final List<String> notes = new ArrayList<>();
  private Optional<TextTokenizer> tokenizer = Optional.empty();
  private Optional<TextTokenizer> uncut = Optional.empty();
  private String missing = TokenizerFinder.NOT_FOUND;

  private RunTokenizer(Optional<TokenizerFiles> files) {
    this.files = files;
  }

  /**
   * Finds a tokenizer and opens it.
   *
   * @param model the folder of the model
   * @param mostTokens the longest sequence
   * @param blocks whether texts stay whole to be put into blocks
   * @throws DataException if one is named and cannot be used
   */
  static RunTokenizer open(DataConfig config, Path model, int mostTokens, boolean blocks) {
    RunTokenizer opened =
        new RunTokenizer(
            config.tokenizer().isPresent()
                ? config.tokenizer().map(TokenizerFinder::given)
                : TokenizerFinder.near(model));
    if (opened.files.isPresent()) {
      try {
        opened.open(blocks ? mostTokens : opened.atMost(mostTokens));
      } catch (DataException e) {
        if (config.tokenizer().isPresent()) {
          throw e;
        }
        opened.missing = e.getMessage();
        opened.notes.add("not used as a tokenizer: " + e.getMessage());
      }
    }
    return opened;
  }

  private void open(int maxLength) {
    tokenizer = Optional.of(TextTokenizer.open(files.orElseThrow(), maxLength, Optional.empty()));
  }

  /** As Hugging Face's examples do, no longer than the tokenizer says. */
  private int atMost(int mostTokens) {
    OptionalInt own = modelMaxLength();
    if (own.isEmpty() || own.getAsInt() >= mostTokens) {
      return mostTokens;
    }
    notes.add(
        files.orElseThrow().settings()
            + ": model_max_length: sequences have at most "
            + own.getAsInt()
            + " tokens");
    return own.getAsInt();
  }

  /** The longest sequence that tokenizer_config.json allows, if it says so. */
  OptionalInt modelMaxLength() {
    return files.map(TokenizerFiles::modelMaxLength).orElse(OptionalInt.empty());
  }

  /** The tokenizer, if there is one that can be used. */
  Optional<TextTokenizer> tokenizer() {
    return tokenizer;
  }

  /** Its files, if there is one that can be used. */
  Optional<TokenizerFiles> files() {
    return tokenizer.flatMap(open -> files);
  }

  /** The reason why there is no tokenizer, as the end of a sentence. */
  String missing() {
    return missing;
  }

  /** Reads files that may hold text. */
  Dataset read(List<Path> paths, ExampleOptions options) {
    return read(paths, options, tokenizer);
  }

  /** Encodes rows that may hold text. */
  Dataset encode(List<Row> rows, ExampleOptions options) {
    return explaining(() -> DatasetReader.ofRows(rows, options, tokenizer));
  }

  /** Reads files whose texts stay whole. */
  Dataset readWhole(List<Path> paths, ExampleOptions options) {
    return read(paths, options, whole(options.maxLength()));
  }

  /** Encodes rows whose texts stay whole. */
  Dataset encodeWhole(List<Row> rows, ExampleOptions options) {
    return explaining(() -> DatasetReader.ofRows(rows, options, whole(options.maxLength())));
  }

  /** The tokenizer without a limit, opened at the first call. */
  private synchronized Optional<TextTokenizer> whole(int maxLength) {
    if (uncut.isEmpty() && tokenizer.isPresent()) {
      uncut = Optional.of(TextTokenizer.open(files.orElseThrow(), maxLength, Optional.empty()));
    }
    return uncut;
  }

  private Dataset read(List<Path> paths, ExampleOptions options, Optional<TextTokenizer> reading) {
    return explaining(() -> DatasetReader.read(paths, options, reading));
  }

  /** Says why there is no tokenizer where one is wanted. */
  private Dataset explaining(Supplier<Dataset> reading) {
    try {
      return reading.get();
    } catch (DataException e) {
      if (!e.getMessage().contains(TokenizerFinder.NOT_FOUND)) {
        throw e;
      }
      throw new DataException(e.getMessage().replace(TokenizerFinder.NOT_FOUND, missing), e);
    }
  }

  /** Decisions about the tokenizer, for people. */
  List<String> notes() {
    List<String> all = new ArrayList<>(notes);
    tokenizer.ifPresent(
        open -> {
          all.add("tokenizer: " + files.orElseThrow().definition());
          all.addAll(open.notes());
        });
    return all;
  }

  @Override
  public void close() {
    tokenizer.ifPresent(TextTokenizer::close);
    uncut.ifPresent(TextTokenizer::close);
  }
}
