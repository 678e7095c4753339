package dev.belay.train.data.example;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.Fixtures;
import dev.belay.train.config.ColumnConfig;
import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import dev.belay.train.data.file.Cell;
import dev.belay.train.data.file.Row;
import dev.belay.train.tokenize.TextTokenizer;
import dev.belay.train.tokenize.TokenizerFinder;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ExampleEncoderTest {
  private static final Path FILE = Path.of("data.jsonl");
  private static final int MAX_LENGTH = 8;
  private static final List<FeatureRequest> TOKENS =
      List.of(FeatureRequest.ids("input_ids"), FeatureRequest.ids("attention_mask"));

  private static final TextTokenizer TOKENIZER =
      TextTokenizer.open(
          TokenizerFinder.given(Fixtures.path("tokenizer", "vocab.txt")),
          MAX_LENGTH,
          Optional.of(true));

  private static ExampleEncoder encoder(
      List<FeatureRequest> features, LabelRule labels, Optional<TextTokenizer> tokenizer) {
    ExampleOptions options =
        new ExampleOptions(features, labels, MAX_LENGTH, OptionalInt.of(1000), OptionalInt.of(0));
    return new ExampleEncoder(options, tokenizer, new LabelReader(labels, ColumnConfig.byName()));
  }

  private static Row row(long line, List<String> columns, Cell... cells) {
    return new Row(SourcePosition.line(FILE, line), columns, List.of(cells));
  }

  private static Cell ids(long... values) {
    return new Cell.Integers(values, true);
  }

  private static Cell number(long value) {
    return new Cell.Integers(new long[] {value}, false);
  }

  private static int[] ints(FeatureRow row) {
    return ((FeatureRow.Ints) row).values();
  }

  @Test
  void tokenIdsAreTakenAsTheyAre() {
    ExampleEncoder encoder = encoder(TOKENS, LabelRule.numbers(), Optional.empty());
    List<String> columns = List.of("input_ids", "label");
    List<EncodedExample> examples =
        encoder.encode(
            List.of(row(1, columns, ids(5, 6, 7), number(1)), row(2, columns, ids(8), number(0))));
    EncodedExample first = examples.get(0);
    assertArrayEquals(new int[] {5, 6, 7}, ints(first.features().get(0)));
    assertArrayEquals(new int[] {1, 1, 1}, ints(first.features().get(1)));
    FeatureRow.Floats label = (FeatureRow.Floats) first.label().orElseThrow();
    assertArrayEquals(new float[] {1}, label.values());
    assertEquals(3, first.length());
    assertEquals(3, first.tokens());
    assertEquals(2, examples.get(1).source().number());
    assertTrue(encoder.hasLabels());
    assertEquals(1, encoder.summaries().size(), "one for the layout of the file");
  }

  @Test
  void emptyAndCutTextsAreCounted() {
    ExampleEncoder encoder = encoder(TOKENS, LabelRule.none(), Optional.of(TOKENIZER));
    List<String> columns = List.of("text");
    List<EncodedExample> examples =
        encoder.encode(
            List.of(
                row(1, columns, new Cell.Text("hello world")),
                row(2, columns, new Cell.Text("  ")),
                row(3, columns, new Cell.Text("the clip ".repeat(MAX_LENGTH)))));
    assertEquals(4, examples.get(0).tokens());
    assertEquals(2, examples.get(1).tokens(), "only the special tokens");
    assertEquals(MAX_LENGTH, examples.get(2).tokens());
    assertEquals(1, encoder.empty());
    assertEquals(1, encoder.truncated());
    assertFalse(encoder.hasLabels());
  }

  @Test
  void rowsThatOnlyFillUpABatchAreLeftOut() {
    ExampleEncoder encoder = encoder(TOKENS, LabelRule.none(), Optional.empty());
    List<String> columns = List.of("input_ids", "is_real_example");
    List<EncodedExample> examples =
        encoder.encode(
            List.of(row(1, columns, ids(5), number(1)), row(2, columns, ids(0), number(0))));
    assertEquals(1, examples.size());
    assertEquals(1, encoder.padded());
  }

  @Test
  void allRowsOfAFileHaveTheSameColumns() {
    ExampleEncoder encoder = encoder(TOKENS, LabelRule.none(), Optional.of(TOKENIZER));
    Row first = row(1, List.of("text"), new Cell.Text("hello"));
    Row second = row(2, List.of("text", "text_b"), new Cell.Text("hello"), new Cell.Text("world"));
    String message =
        assertThrows(DataException.class, () -> encoder.encode(List.of(first, second)))
            .getMessage();
    assertTrue(message.startsWith(FILE + ":2: the row has "), message);
    assertTrue(message.contains(", and line 1 has none; expected the same columns"), message);
  }

  @Test
  void anInputHoldsNoMoreThanTheModelHasRoomFor() {
    FeatureRequest two = FeatureRequest.of("extra", "extra", ElementType.FLOAT, -1, 2);
    ExampleEncoder encoder = encoder(List.of(two), LabelRule.none(), Optional.empty());
    Cell three = new Cell.Decimals(new double[] {1, 2.5, 3}, true);
    assertEquals(
        FILE
            + ":1: column 'extra' has 3 elements; expected at most 2, as the model's input 'extra'"
            + " has room for",
        assertThrows(
                DataException.class, () -> encoder.encode(List.of(row(1, List.of("extra"), three))))
            .getMessage());
  }

  @Test
  void aTokenizerCutsAtTheLengthOfTheModel() {
    ExampleOptions shorter =
        new ExampleOptions(
            TOKENS, LabelRule.none(), MAX_LENGTH - 1, OptionalInt.empty(), OptionalInt.empty());
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new ExampleEncoder(
                shorter,
                Optional.of(TOKENIZER),
                new LabelReader(LabelRule.none(), ColumnConfig.byName())));
  }

  @Test
  void theSummaryNamesTheColumns() {
    ExampleEncoder encoder = encoder(TOKENS, LabelRule.none(), Optional.of(TOKENIZER));
    encoder.encode(List.of(row(1, List.of("idx", "text"), number(3), new Cell.Text("hello"))));
    assertEquals(Set.of(FILE + ": text from 'text'; not used: 'idx'"), encoder.summaries());
  }
}
