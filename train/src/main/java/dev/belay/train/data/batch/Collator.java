package dev.belay.train.data.batch;

import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.ElementType;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.example.ExampleOptions;
import dev.belay.train.data.example.FeatureNames;
import dev.belay.train.data.example.FeatureRequest;
import dev.belay.train.data.example.FeatureRow;
import dev.belay.train.data.example.LabelFormat;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.LabelRule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToIntFunction;

/**
 * Pads examples to one shape: token ids with the padding id, masks and types with 0, labels per
 * token with -100. Where examples have several texts, a batch has a row for each.
 *
 * <p>Rows of tokens are padded to the longest of the batch, rounded up to a multiple, but never
 * past the longest of the data: data of one length keep it. A model that takes no mask sees
 * padding, so for it nothing is rounded up.
 */
final class Collator {
  private final ExampleOptions options;
  private final int multiple;
  private final int longest;
  private final int classes;

  Collator(Dataset dataset, int padToMultiple) {
    this.options = dataset.options();
    this.longest = dataset.longest();
    this.classes = dataset.labels().map(LabelMap::size).orElse(0);
    boolean masked =
        options.features().stream()
            .anyMatch(request -> request.feature().equals(FeatureNames.ATTENTION_MASK));
    this.multiple = masked ? padToMultiple : 1;
  }

  Batch collate(BatchPosition position, BatchPosition next, List<EncodedExample> examples) {
    int tokens = tokenLength(examples);
    int decoderTokens = decoderLength(examples);
    Map<String, BatchColumn> features = new LinkedHashMap<>();
    List<EncodedExample> texts = texts(examples);
    for (int i = 0; i < options.features().size(); i++) {
      FeatureRequest request = options.features().get(i);
      List<FeatureRow> rows = rows(texts, i);
      int open =
          FeatureNames.isOfDecoder(request.feature())
              ? decoderTokens
              : FeatureNames.isPerToken(request.feature()) ? tokens : longest(rows);
      features.put(request.name(), column(request, rows, open));
    }
    int labelLength = decoderTokens > 0 ? decoderTokens : tokens;
    return new Batch(
        position,
        next,
        features,
        labels(examples, labelLength),
        examples.stream().mapToLong(EncodedExample::tokens).sum(),
        examples.stream().map(this::outputLength).toList(),
        examples.stream().map(EncodedExample::source).toList());
  }

  /** The first texts of all examples, then their second ones, and so on. */
  private static List<EncodedExample> texts(List<EncodedExample> examples) {
    List<EncodedExample> texts = new ArrayList<>(examples);
    for (int i = 1; i < examples.get(0).texts(); i++) {
      for (EncodedExample example : examples) {
        texts.add(example.text(i));
      }
    }
    return texts;
  }

  private static List<FeatureRow> rows(List<EncodedExample> examples, int feature) {
    List<FeatureRow> rows = new ArrayList<>(examples.size());
    for (EncodedExample example : examples) {
      rows.add(example.features().get(feature));
    }
    return rows;
  }

  private static int longest(List<FeatureRow> rows) {
    return rows.stream().mapToInt(FeatureRow::length).max().orElse(0);
  }

  /** T of the batch's token rows: what the model fixes, else rounded up. */
  private int tokenLength(List<EncodedExample> examples) {
    int longestOfBatch = examples.stream().mapToInt(EncodedExample::length).max().orElse(0);
    int rounded = Math.min(roundedUp(longestOfBatch), longest);
    return options.features().stream()
        .filter(request -> FeatureNames.isPerToken(request.feature()))
        .flatMapToInt(request -> request.staticLength().stream())
        .max()
        .orElse(rounded);
  }

  /** T of the decoder's rows; 0 if the model has no decoder. */
  private int decoderLength(List<EncodedExample> examples) {
    int length = 0;
    for (int i = 0; i < options.features().size(); i++) {
      FeatureRequest request = options.features().get(i);
      if (FeatureNames.isOfDecoder(request.feature())) {
        int own = request.staticLength().orElse(roundedUp(longest(rows(examples, i))));
        length = Math.max(length, own);
      }
    }
    return length;
  }

  /** Number of the example's own tokens with model outputs. */
  private int outputLength(EncodedExample example) {
    int decoder = 0;
    for (int i = 0; i < options.features().size(); i++) {
      if (FeatureNames.isOfDecoder(options.features().get(i).feature())) {
        decoder = Math.max(decoder, example.features().get(i).length());
      }
    }
    return decoder > 0 ? decoder : example.length();
  }

  private int roundedUp(int length) {
    return (length + multiple - 1) / multiple * multiple;
  }

  private BatchColumn column(FeatureRequest request, List<FeatureRow> rows, int open) {
    if (request.type() == ElementType.STRING) {
      return new BatchColumn.Texts(
          rows.stream().map(row -> ((FeatureRow.Text) row).value()).toList());
    }
    int columns = request.scalar() ? 1 : request.staticLength().orElse(open);
    if (request.type() == ElementType.FLOAT) {
      return floats(rows, columns);
    }
    if (request.padding().isPresent()) {
      int padding = request.padding().getAsInt();
      return ints(rows, columns, row -> hides(row) ? 0 : padding);
    }
    boolean ids = FeatureNames.holdsTokenIds(request.feature());
    int padding = ids ? options.paddingId().orElse(0) : 0;
    return ints(rows, columns, row -> padding);
  }

  /** A hidden token may attend to padding, so beside it nothing is left out. */
  private static boolean hides(int[] row) {
    return Arrays.stream(row).anyMatch(value -> value == 0);
  }

  private static BatchColumn.IntMatrix ints(
      List<FeatureRow> rows, int columns, ToIntFunction<int[]> padding) {
    int[] values = new int[Math.multiplyExact(rows.size(), columns)];
    for (int i = 0; i < rows.size(); i++) {
      int[] row = ((FeatureRow.Ints) rows.get(i)).values();
      System.arraycopy(row, 0, values, i * columns, row.length);
      Arrays.fill(values, i * columns + row.length, (i + 1) * columns, padding.applyAsInt(row));
    }
    return new BatchColumn.IntMatrix(rows.size(), columns, values);
  }

  private static BatchColumn.FloatMatrix floats(List<FeatureRow> rows, int columns) {
    float[] values = new float[Math.multiplyExact(rows.size(), columns)];
    for (int i = 0; i < rows.size(); i++) {
      if (rows.get(i) instanceof FeatureRow.Floats row) {
        System.arraycopy(row.values(), 0, values, i * columns, row.length());
      } else {
        int[] row = ((FeatureRow.Ints) rows.get(i)).values();
        for (int j = 0; j < row.length; j++) {
          values[i * columns + j] = row[j];
        }
      }
    }
    return new BatchColumn.FloatMatrix(rows.size(), columns, values);
  }

  /** 1 for each class that an example has, else 0, [B, C]. */
  private BatchColumn.FloatMatrix hot(List<FeatureRow> rows) {
    float[] values = new float[Math.multiplyExact(rows.size(), classes)];
    for (int i = 0; i < rows.size(); i++) {
      for (int number : ((FeatureRow.Ints) rows.get(i)).values()) {
        values[i * classes + number] = 1;
      }
    }
    return new BatchColumn.FloatMatrix(rows.size(), classes, values);
  }

  private Optional<BatchColumn> labels(List<EncodedExample> examples, int tokens) {
    LabelFormat format = options.labels().format();
    if (!format.isRead()) {
      return Optional.empty();
    }
    List<FeatureRow> rows = examples.stream().map(e -> e.label().orElseThrow()).toList();
    if (format.isSet()) {
      return Optional.of(hot(rows));
    }
    int width = format.width().orElse(tokens);
    return Optional.of(
        rows.get(0) instanceof FeatureRow.Floats
            ? floats(rows, width)
            : ints(rows, width, row -> LabelRule.IGNORED));
  }
}
