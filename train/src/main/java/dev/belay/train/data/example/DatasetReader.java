package dev.belay.train.data.example;

import dev.belay.train.data.DataException;
import dev.belay.train.data.file.Cell;
import dev.belay.train.data.file.DataFile;
import dev.belay.train.data.file.DataFolder;
import dev.belay.train.data.file.Row;
import dev.belay.train.data.file.RowReader;
import dev.belay.train.tokenize.TextTokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** Reads files into a {@link Dataset}: the one call that a run makes for its data. */
public final class DatasetReader {
  /** Rows that are tokenized together. */
  private static final int CHUNK_ROWS = 2048;

  /** A chunk of long texts is closed earlier, to bound its memory. */
  private static final int CHUNK_CHARACTERS = 1 << 23;

  /** Memory below this is not worth a word. */
  private static final long LARGE_BYTES = 256L << 20;

  private final ExampleOptions options;
  private final Optional<TextTokenizer> tokenizer;
  private final ExampleEncoder encoder;
  private final LabelReader labels;
  private final CausalLabels causal;
  private final Optional<SentenceRows> sentences;
  private final BitSet given = new BitSet(); // rows that came with labels of their tokens
  private final List<EncodedExample> examples = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  private DatasetReader(ExampleOptions options, Optional<TextTokenizer> tokenizer) {
    this.options = options;
    this.tokenizer = tokenizer;
    this.labels = new LabelReader(options.labels(), options.rules().columns());
    this.causal = new CausalLabels(options);
    boolean ofSentences = options.labels().format().isOfSentences();
    this.sentences = ofSentences ? Optional.of(new SentenceRows(options)) : Optional.empty();
    this.encoder =
        new ExampleEncoder(
            ofSentences ? SentenceRows.ofOneText(options) : options, tokenizer, labels);
  }

  /**
   * Reads files in their order and encodes every row.
   *
   * @param files of the formats of {@link DataFile}, or folders of .parquet files
   * @param options requirements of the model and the run
   * @param tokenizer for files that hold text
   * @throws DataException if a file cannot be read, has no row, or a row is not what is wanted
   */
  public static Dataset read(
      List<Path> files, ExampleOptions options, Optional<TextTokenizer> tokenizer) {
    DatasetReader reader = new DatasetReader(options, tokenizer);
    DataFolder.files(files).forEach(reader::readFile);
    return reader.finish();
  }

  /**
   * Encodes rows that a program gives.
   *
   * @param rows at least one
   * @throws DataException if a row is not what is wanted
   */
  public static Dataset ofRows(
      List<Row> rows, ExampleOptions options, Optional<TextTokenizer> tokenizer) {
    DatasetReader reader = new DatasetReader(options, tokenizer);
    reader.examples.addAll(reader.encode(rows));
    return reader.finish();
  }

  private void readFile(Path file) {
    int before = examples.size();
    try (RowReader rows = DataFile.open(file, options.labels().format().textForm())) {
      List<Row> chunk = new ArrayList<>();
      int characters = 0;
      for (Optional<Row> row = rows.next(); row.isPresent(); row = rows.next()) {
        chunk.add(row.get());
        characters += characters(row.get());
        if (chunk.size() == CHUNK_ROWS || characters > CHUNK_CHARACTERS) {
          examples.addAll(encode(chunk));
          chunk.clear();
          characters = 0;
        }
      }
      examples.addAll(encode(chunk));
      notes.addAll(rows.notes());
    }
    if (examples.size() == before) {
      throw new DataException(
          file
              + ": the file has no rows; expected at least one example (behind the header, if"
              + " any)");
    }
    if (options.labels().format().mayBeCausal() && encoder.hasLabels()) {
      given.set(before, examples.size());
    }
  }

  private List<EncodedExample> encode(List<Row> rows) {
    return sentences.isPresent() ? sentences.get().encode(encoder, rows) : encoder.encode(rows);
  }

  /** Number of texts that were read. */
  private int texts() {
    return examples.size() * sentences.map(SentenceRows::textsOfExample).orElse(1);
  }

  private static int characters(Row row) {
    int count = 0;
    for (Cell cell : row.cells()) {
      count += cell instanceof Cell.Text text ? text.value().length() : 0;
    }
    return count;
  }

  private Dataset finish() {
    if (examples.isEmpty()) {
      throw new DataException("no data file was given; expected at least one");
    }
    Optional<LabelMap> map = labels.learn();
    if (labels.mustFinish()) {
      boolean ofWords = options.labels().format().splitsWords();
      // Rows of token ids come with the numbers of their classes.
      examples.replaceAll(
          example -> ofWords && example.origin() == Origin.NONE ? example : finished(example));
    }
    shiftLabels();
    labels.assumedOrder(map).ifPresent(notes::add);
    notes.addAll(0, sentences.map(SentenceRows::summaries).orElseGet(encoder::summaries));
    if (encoder.padded() > 0) {
      notes.add(encoder.padded() + " rows left out: is_real_example is 0");
    }
    if (encoder.truncated() > 0) {
      notes.add(
          encoder.truncated()
              + " of "
              + texts()
              + " texts were cut to "
              + options.maxLength()
              + " tokens");
    }
    tokenizer.flatMap(TextTokenizer::ambiguity).ifPresent(notes::add);
    if (encoder.empty() > 0) {
      notes.add(encoder.empty() + " of " + texts() + " texts are empty");
    }
    if (encoder.merged() > 0) {
      notes.add(
          encoder.merged()
              + " of "
              + examples.size()
              + " prompts end inside a token that their completion begins; as in TRL, the loss"
              + " leaves out as many tokens as the prompt alone has");
    }
    if (encoder.unmasked() > 0) {
      notes.add(
          encoder.unmasked()
              + " rows end in padding and have no attention_mask: the model sees all their tokens,"
              + " as in Python; give an attention_mask to hide the padding");
    }
    if (encoder.cutWords() > 0) {
      notes.add(
          encoder.cutWords()
              + " words at the ends of those texts are not seen, and their labels do not count");
    }
    long bytes = examples.stream().mapToLong(DatasetReader::bytes).sum();
    if (bytes > LARGE_BYTES) {
      notes.add(examples.size() + " examples take about " + (bytes >> 20) + " MB of memory");
    }
    return new Dataset(options, List.copyOf(examples), map, List.copyOf(notes));
  }

  private EncodedExample finished(EncodedExample example) {
    return example.withLabel(labels.finished((FeatureRow.Ints) example.label().orElseThrow()));
  }

  /** Puts the labels of a causal language model where its logits say them. */
  private void shiftLabels() {
    int[] ofTokens =
        given.stream()
            .filter(i -> options.wantsTokens() && examples.get(i).origin() == Origin.NONE)
            .toArray();
    for (int i : ofTokens) {
      causal.add(examples.get(i));
    }
    if (causal.areUnshifted()) {
      for (int i : ofTokens) {
        examples.set(i, CausalLabels.shifted(examples.get(i)));
      }
    }
    if (options.labels().format().isCausal()) {
      examples.forEach(causal::requireSeen);
    }
  }

  /** About what an example takes: its objects, and the rows that it does not share. */
  private static long bytes(EncodedExample example) {
    long bytes = 160;
    for (FeatureRow row : example.features()) {
      bytes += row instanceof FeatureRow.Text text ? 40L + 2L * text.value().length() : 0;
    }
    if (example.origin() instanceof Origin.Words words) {
      bytes += 60L * words.words().size() + 4L * example.length();
    }
    for (EncodedExample other : example.others()) {
      bytes += bytes(other);
    }
    return bytes + 4L * example.length();
  }
}
