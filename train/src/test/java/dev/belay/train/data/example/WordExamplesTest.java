package dev.belay.train.data.example;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.Fixtures;
import dev.belay.train.data.DataException;
import dev.belay.train.tokenize.TextTokenizer;
import dev.belay.train.tokenize.TokenizerFinder;
import dev.belay.train.tokenize.WordTokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Texts with a label for each word; words that become several tokens: "hel", "##lo" and so on. */
class WordExamplesTest {
  private static final LabelRule LEARNED = LabelRule.words(Optional.empty(), OptionalInt.empty());
  private static final int NONE = LabelRule.IGNORED;

  private static final TextTokenizer TOKENIZER =
      TextTokenizer.open(
          TokenizerFinder.given(Fixtures.path("tokenizer", "vocab.txt")), 8, Optional.of(true));

  @TempDir Path folder;

  @Test
  void theFirstTokenOfAWordHasItsLabel() throws IOException {
    WordTokens split = TOKENIZER.encodeWords(List.of("hello", "xhello", "world"));
    int[] whole = TOKENIZER.encode("hello xhello world").inputIds();
    assertArrayEquals(whole, split.tokens().inputIds(), "words of Latin letters split alike");
    int[] owners = split.wordOf();
    assertTrue(IntStream.of(owners).filter(word -> word == 1).count() > 1, "several tokens");

    for (Path file :
        List.of(
            write("a.tsv", "text\tlabels\nhello xhello  world\tO B-X I-X\n"),
            write(
                "a.jsonl",
                "{\"tokens\":[\"hello\",\"xhello\",\"world\"],\"ner_tags\":[\"O\",\"B-X\",\"I-X\"]}\n"))) {
      Dataset dataset = read(LEARNED, file);
      assertEquals(Optional.of(LabelMap.of(List.of("B-X", "I-X", "O"))), dataset.labels());
      EncodedExample example = dataset.examples().get(0);
      assertArrayEquals(whole, ints(example.features().get(0)));
      int[] labels = ints(example.label().orElseThrow());
      for (int i = 0; i < owners.length; i++) {
        boolean first = owners[i] >= 0 && owners[i - 1] != owners[i];
        assertEquals(first ? List.of(2, 0, 1).get(owners[i]) : NONE, labels[i], "token " + i);
      }
    }
  }

  @Test
  void wordsThatAreCutOffAreCounted() throws IOException {
    String text = words(20, "hello");
    Dataset dataset =
        read(LEARNED, write("a.tsv", "text\tlabel\n" + text + "\t" + words(20, "O") + "\n"));
    assertTrue(
        dataset
            .notes()
            .contains(
                "14 words at the ends of those texts are not seen, and their labels do not count"),
        dataset.notes().toString());
    Origin.Words origin = (Origin.Words) dataset.examples().get(0).origin();
    assertEquals(6, origin.seen());
    assertEquals(20, origin.words().size());
  }

  @Test
  void wordsWithoutLabelsArePredictedFor() throws IOException {
    Dataset dataset = read(LabelRule.wordsAlone(), write("a.tsv", "text\nhello world\n"));
    assertEquals(Optional.empty(), dataset.examples().get(0).label());
    assertEquals(Optional.empty(), dataset.labels());
  }

  @Test
  void rowsOfTokensKeepTheNumbersOfTheirClasses() throws IOException {
    Path file = write("a.jsonl", "{\"input_ids\":[22,793,23],\"labels\":[-100,1,-100]}\n");
    Dataset dataset = read(LEARNED, file);
    assertArrayEquals(
        new int[] {NONE, 1, NONE}, ints(dataset.examples().get(0).label().orElseThrow()));
    assertEquals(Optional.empty(), dataset.labels());
  }

  @Test
  void whatDoesNotFitIsRefused() throws IOException {
    Path fewer = write("a.tsv", "text\tlabels\nhello world\tO\n");
    assertRefused(
        fewer
            + ":2: column 'labels' has 1 labels; expected one per word, 2: words and labels are"
            + " divided by single or more blanks, or are lists",
        LEARNED,
        fewer);
    Path empty = write("b.tsv", "text\tlabels\n \tO\n");
    assertRefused(empty + ":2: column 'text' has no words; expected at least one", LEARNED, empty);
    Path unknown = write("c.tsv", "text\tlabels\nhello\tB-Y\n");
    assertRefused(
        unknown + ":2: unknown label 'B-Y'; expected one of O, B-X; did you mean B-X?",
        LabelRule.words(Optional.of(LabelMap.of(List.of("O", "B-X"))), OptionalInt.of(2)),
        unknown);
    Path none = write("d.tsv", "text\nhello\n");
    assertRefused(
        none
            + ":1: missing column: expected a column 'labels' with one class per word; found"
            + " columns: text; name it with --label-column, or rename the column, or, if the file"
            + " has no header, give it one",
        LEARNED,
        none);
  }

  private void assertRefused(String message, LabelRule rule, Path file) {
    assertEquals(message, assertThrows(DataException.class, () -> read(rule, file)).getMessage());
  }

  private static String words(int count, String word) {
    return IntStream.range(0, count).mapToObj(i -> word).collect(Collectors.joining(" "));
  }

  private static Dataset read(LabelRule rule, Path file) {
    List<FeatureRequest> features = List.of(FeatureRequest.ids("input_ids"));
    ExampleOptions options =
        new ExampleOptions(features, rule, 8, OptionalInt.empty(), OptionalInt.of(0));
    return DatasetReader.read(List.of(file), options, Optional.of(TOKENIZER));
  }

  private static int[] ints(FeatureRow row) {
    return ((FeatureRow.Ints) row).values();
  }

  private Path write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }
}
