package dev.belay.train;

import dev.belay.train.config.DataConfig;
import dev.belay.train.data.DataException;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.DatasetReader;
import dev.belay.train.data.example.ExampleOptions;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.model.InputMapping;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.tokenize.TextTokenizer;
import dev.belay.train.tokenize.TokenizerFiles;
import dev.belay.train.tokenize.TokenizerFinder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Owns the tokenizer of a run and reads its data with it; close it to free the tokenizer.
 *
 * <p>A tokenizer is looked for beside the model where none is named. Not to find one is no error
 * yet: pre-tokenised data need none, and text that needs one says so.
 */
final class RunData implements AutoCloseable {
  private final DataConfig config;
  private final InputMapping inputs;
  private final OptionalInt vocabularySize;
  private final int maxSeqLength;
  private final Optional<TokenizerFiles> files;
  private final List<String> notes = new ArrayList<>();
  private final Optional<TextTokenizer> tokenizer;

  /**
   * Opens the tokenizer.
   *
   * @param model whose embedding table says how many ids there are
   */
  RunData(DataConfig config, TrainableModel model, InputMapping inputs) throws IOException {
    this.config = config;
    this.inputs = inputs;
    this.vocabularySize = model.vocabularySize();
    this.maxSeqLength =
        Math.min(config.maxSeqLength(), model.maxSeqLength().orElse(config.maxSeqLength()));
    this.files = inputs.wantsTokens() ? find(config, model.source().directory()) : Optional.empty();
    this.tokenizer = files.flatMap(this::open);
  }

  /** A vocabulary among a model's assets may be that of its own lookup table, not a tokenizer's. */
  private Optional<TextTokenizer> open(TokenizerFiles found) {
    try {
      return Optional.of(TextTokenizer.open(found, maxLength(), Optional.empty()));
    } catch (DataException e) {
      if (config.tokenizer().isPresent() || !found.definition().getParent().endsWith("assets")) {
        throw e;
      }
      notes.add("not used as a tokenizer: " + e.getMessage());
      return Optional.empty();
    }
  }

  private static Optional<TokenizerFiles> find(DataConfig config, Path model) {
    if (config.tokenizer().isPresent()) {
      return config.tokenizer().map(TokenizerFinder::given);
    }
    return TokenizerFinder.near(model);
  }

  /** No longer than the model's own inputs, or than what an exported one was trained with. */
  private int maxLength() {
    return options(LabelRule.none()).maxLength();
  }

  private ExampleOptions options(LabelRule labels) {
    OptionalInt padding =
        tokenizer == null || tokenizer.isEmpty()
            ? OptionalInt.empty()
            : tokenizer.get().paddingId();
    return new ExampleOptions(inputs.requests(), labels, maxSeqLength, vocabularySize, padding);
  }

  /** Reads files as one data set. */
  Dataset read(List<Path> paths, LabelRule labels) throws DataException {
    return DatasetReader.read(paths, options(labels), tokenizer);
  }

  /** The tokenizer's files, if there is one. */
  Optional<TokenizerFiles> tokenizerFiles() {
    return tokenizer.flatMap(open -> files);
  }

  /** What was decided about inputs and tokenizer. */
  List<String> notes() {
    List<String> all = new ArrayList<>(inputs.notes());
    all.addAll(notes);
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
  }
}
