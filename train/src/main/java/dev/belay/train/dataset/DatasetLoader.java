package dev.belay.train.dataset;

import dev.belay.train.config.ColumnConfig;
import dev.belay.train.config.ConfigException;
import dev.belay.train.config.DataConfig;
import dev.belay.train.config.LanguageConfig;
import dev.belay.train.data.DataException;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.ExampleOptions;
import dev.belay.train.data.example.InputRules;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.data.example.QuestionReader;
import dev.belay.train.data.example.SummaryToken;
import dev.belay.train.data.example.TargetRule;
import dev.belay.train.data.file.Row;
import dev.belay.train.data.file.SquadFile;
import dev.belay.train.data.language.Masking;
import dev.belay.train.data.language.TextBlocks;
import dev.belay.train.model.InputMapping;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.tokenize.TextTokenizer;
import dev.belay.train.tokenize.Vocabulary;
import dev.belay.train.tokenize.folder.TokenizerFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Owns the tokenizer of a run and reads its data with it; close it to free the tokenizer. */
public final class DatasetLoader implements AutoCloseable {
  /** More tokens than a text has. */
  private static final int WHOLE = Integer.MAX_VALUE / 4;

  private final DataConfig config;
  private final InputMapping inputs;
  private final OptionalInt vocabularySize;
  private final int longest;
  private final int maxSeqLength;
  private final boolean namesLength;
  private final Optional<TargetRule> targets;
  private final InputRules rules;
  private final Optional<SummaryToken> summaryToken;
  private final OptionalInt modelPadding;
  private final RunTokenizer tokenizer;

  /**
   * Opens the tokenizer.
   *
   * @param model determines the number of ids and the padding id
   */
  public DatasetLoader(DataConfig config, TrainableModel model, InputMapping inputs)
      throws IOException {
    this.config = config;
    this.inputs = inputs;
    this.vocabularySize = model.vocabularySize();
    this.longest = model.maxSeqLength().orElse(Integer.MAX_VALUE);
    OptionalInt said = config.hasUsualLength() ? model.usualLength() : OptionalInt.empty();
    this.namesLength = said.isPresent();
    this.maxSeqLength = Math.min(said.orElse(config.maxSeqLength()), longest);
    this.targets = model.targets();
    this.rules =
        new InputRules(
            config.columns(),
            model.unfedInputs(),
            model.tokenTypes(),
            model.paddingId(),
            model.generates());
    this.summaryToken = model.summaryToken();
    this.modelPadding = model.paddingId();
    boolean blocks = config.language().blockSize().isPresent();
    this.tokenizer =
        inputs.wantsTokens()
            ? RunTokenizer.open(
                config, model.source().directory(), blocks ? WHOLE : maxLength(), blocks)
            : RunTokenizer.NONE;
  }

  /** No longer than the model's own inputs, or than what an exported one was trained with. */
  private int maxLength() {
    return options(LabelRule.none()).maxLength();
  }

  private ExampleOptions options(LabelRule labels) {
    OptionalInt padding =
        modelPadding.isPresent() || tokenizer == null || tokenizer.tokenizer().isEmpty()
            ? modelPadding
            : tokenizer.tokenizer().get().paddingId();
    return new ExampleOptions(
        inputs.requests(), labels, maxSeqLength, vocabularySize, padding, targets, rules);
  }

  /** Reads files as one data set. */
  public Dataset read(List<Path> paths, LabelRule labels) throws DataException {
    OptionalInt blockSize = config.language().blockSize();
    requireColumns(labels);
    if (blockSize.isEmpty() && labels.format().isOfQuestions()) {
      return readQuestions(paths, options(labels));
    }
    if (blockSize.isEmpty()) {
      return complete(tokenizer.read(paths, options(labels)));
    }
    if (!labels.format().isMadeOfTokens()) {
      throw new ConfigException(
          List.of("--block-size is for --head causal-lm and masked-lm: leave it out"));
    }
    requireBlockSize(blockSize.getAsInt());
    // Labels of blocks are made of the blocks: no other kind reads those that the data have.
    LabelRule asGiven = LabelRule.hiddenTokens(labels.classCount());
    Dataset texts = tokenizer.read(paths, options(asGiven).withMaxLength(WHOLE));
    return TextBlocks.of(texts, blockSize.getAsInt(), labels);
  }

  /** Refuses options of columns for data without columns. */
  private void requireColumns(LabelRule labels) {
    ColumnConfig columns = config.columns();
    List<String> problems = new ArrayList<>();
    if (labels.format().isOfQuestions() && !columns.equals(ColumnConfig.byName())) {
      problems.add(
          "--text-column and similar options: question data have the field names of SQuAD; "
              + "remove these options");
    }
    if (columns.causalLabels().isPresent() && !labels.format().mayBeCausal()) {
      problems.add(
          "--causal-labels "
              + columns.causalLabels().get().option()
              + " is for causal language models: leave it out");
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
  }

  private void requireBlockSize(int blockSize) {
    int most = Math.min(longest, tokenizer.modelMaxLength().orElse(Integer.MAX_VALUE));
    if (blockSize > most) {
      throw new ConfigException(
          List.of(
              "--block-size "
                  + blockSize
                  + ": the "
                  + (most < longest ? "tokenizer's model_max_length allows" : "model takes")
                  + " at most "
                  + most
                  + " tokens"));
    }
  }

  private Dataset readQuestions(List<Path> paths, ExampleOptions options) {
    TextTokenizer open = questionTokenizer();
    int length = Math.min(options.maxLength(), open.maxLength());
    return QuestionReader.read(
        paths, options.withMaxLength(length), open, config.question().docStride());
  }

  /** Encodes questions that a program asks, for answers to them. */
  public Dataset encodeQuestions(List<SquadFile.Paragraph> paragraphs) {
    TextTokenizer open = questionTokenizer();
    ExampleOptions options = options(LabelRule.spans(false));
    int length = Math.min(options.maxLength(), open.maxLength());
    return QuestionReader.ofParagraphs(
        paragraphs, options.withMaxLength(length), open, config.question().docStride());
  }

  private TextTokenizer questionTokenizer() {
    TextTokenizer open = required("questions are texts, and ");
    if (open.cutsLeft()) {
      throw new DataException(
          tokenizer.files().orElseThrow().settings()
              + ": truncation_side: expected right for questions, whose contexts are divided from"
              + " left to right, found left; set it to right");
    }
    return open;
  }

  /** Encodes rows that a program gives. */
  public Dataset encode(List<Row> rows, LabelRule labels) {
    return complete(tokenizer.encode(rows, options(labels)));
  }

  private Dataset complete(Dataset data) {
    return summaryToken.map(token -> token.require(data)).orElse(data);
  }

  /** Encodes prompts of a language model, none of them cut. */
  public Dataset encodePrompts(List<Row> rows) {
    return tokenizer.encodeWhole(rows, options(LabelRule.none()).withMaxLength(WHOLE));
  }

  /**
   * The tokenizer.
   *
   * @param what its use, as the start of a sentence
   * @throws DataException if there is none
   */
  public TextTokenizer required(String what) {
    return tokenizer.tokenizer().orElseThrow(() -> new DataException(what + tokenizer.missing()));
  }

  /** Reads prompts of a language model, none of them cut. */
  public Dataset readPrompts(List<Path> paths) {
    return tokenizer.readWhole(paths, options(LabelRule.none()).withMaxLength(WHOLE));
  }

  private Vocabulary vocabularyWithMask() {
    Vocabulary vocabulary =
        required("a masked language model hides words behind the tokenizer's mask, and ")
            .vocabulary();
    if (vocabulary.mask().isEmpty()) {
      throw new DataException(
          tokenizer.files().orElseThrow().definition()
              + ": a masked language model needs a token that hides a word, [MASK] or <mask>, and"
              + " this tokenizer has none: take the model's own tokenizer");
    }
    return vocabulary;
  }

  /** The id of the mask token. */
  public int maskId() {
    return vocabularyWithMask().mask().orElseThrow();
  }

  /** The tokenizer, if there is one. */
  Optional<TextTokenizer> tokenizer() {
    return tokenizer.tokenizer();
  }

  /**
   * Rule for hiding tokens from a model in these data.
   *
   * @param seed of the choice
   * @throws DataException if the tokenizer has no mask token, or does not fit the options or the
   *     model
   */
  Masking masking(long seed) {
    LanguageConfig language = config.language();
    Vocabulary vocabulary = vocabularyWithMask();
    Path file = tokenizer.files().orElseThrow().definition();
    if (language.wholeWordMask() && !vocabulary.marksInner()) {
      throw new DataException(
          file
              + ": --whole-word-mask on needs a WordPiece vocabulary, whose inner pieces begin with"
              + " ##, and this is another: leave it out");
    }
    if (vocabularySize.isPresent() && vocabulary.size() > vocabularySize.getAsInt()) {
      throw new DataException(
          file
              + ": the tokenizer has "
              + vocabulary.size()
              + " tokens, the model "
              + vocabularySize.getAsInt()
              + ": take the model's own tokenizer");
    }
    return new Masking(
        vocabulary,
        new Masking.Rule(language.mlmProbability(), language.wholeWordMask(), seed),
        inputs.requests());
  }

  /** The tokenizer's files, if there is one. */
  public Optional<TokenizerFiles> tokenizerFiles() {
    return tokenizer.files();
  }

  /** Decisions about inputs and tokenizer. */
  public List<String> notes() {
    List<String> all = new ArrayList<>(inputs.notes());
    int limit = tokenizer.modelMaxLength().orElse(Integer.MAX_VALUE);
    if (namesLength && limit >= maxSeqLength) {
      all.add("texts are cut to " + maxSeqLength + " tokens, as the files of the model say it");
    }
    if (!namesLength && config.maxSeqLength() > longest && inputs.wantsTokens()) {
      all.add(
          "--max-seq-length "
              + config.maxSeqLength()
              + ": the model takes at most "
              + longest
              + " tokens, and longer texts are cut to that");
    }
    all.addAll(tokenizer.notes());
    return all;
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
