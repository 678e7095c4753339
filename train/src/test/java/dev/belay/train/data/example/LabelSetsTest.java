package dev.belay.train.data.example;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.belay.train.data.DataException;
import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.data.batch.BatchOptions;
import dev.belay.train.data.batch.BatchSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Any number of labels for an example: from a field of a table, or from a list. */
class LabelSetsTest {
  private static final LabelRule LEARNED =
      LabelRule.classSets(Optional.empty(), OptionalInt.empty());
  private static final String ROW = "{\"input_ids\":[7],\"labels\":";

  @TempDir Path folder;

  @Test
  void aRowOfOnesIsMadeOfNames() throws IOException {
    for (Path file :
        List.of(
            write("a.tsv", "input_ids\tlabels\n7\tsport | art\n7\t\n7\tart|news|art\n"),
            write("a.csv", "input_ids,labels\n7,sport|art\n7,\n7,art|news\n"),
            write(
                "a.jsonl",
                ROW + "[\"sport\",\"art\"]}\n" + ROW + "[]}\n" + ROW + "\"art|news\"}\n"))) {
      Dataset dataset = read(LEARNED, file);
      assertEquals(Optional.of(LabelMap.of(List.of("art", "news", "sport"))), dataset.labels());
      Batch batch = new BatchSource(dataset, BatchOptions.inOrder(3, 1)).epoch(0).next();
      BatchColumn.FloatMatrix labels = (BatchColumn.FloatMatrix) batch.labels().orElseThrow();
      assertEquals(3, labels.columns());
      assertArrayEquals(new float[] {1, 0, 1, 0, 0, 0, 1, 1, 0}, labels.values(), file.toString());
    }
  }

  @Test
  void numbersAreTheOutputsOfAHead() throws IOException {
    LabelRule rule = LabelRule.classSets(Optional.empty(), OptionalInt.of(3));
    Dataset dataset = read(rule, write("a.jsonl", ROW + "[2,0]}\n" + ROW + "2}\n"));
    assertEquals(Optional.of(LabelMap.of(List.of("0", "1", "2"))), dataset.labels());
    assertArrayEquals(new int[] {2, 0}, classes(dataset, 0));
    assertArrayEquals(new int[] {2}, classes(dataset, 1));
    // No label at all is one of the answers.
    assertArrayEquals(new int[0], classes(read(rule, write("b.jsonl", ROW + "[]}\n")), 0));
  }

  @Test
  void trainingDataWithoutAnyLabelAreRefused() throws IOException {
    assertRefused(
        "no row of the data has a label, and the classes are learned from them; expected at least"
            + " one: fill the label column",
        LEARNED,
        write("a.tsv", "input_ids\tlabels\n7\t\n"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "[\"art\",\"\"];a list of 2 texts",
        "\"art||news\";'''art||news'''",
        "{\"art\":1};an object"
      })
  void whatIsNoListOfLabelsIsRefused(String labels, String found) throws IOException {
    Path file = write("a.jsonl", ROW + "[\"art\"]}\n" + ROW + labels + "}\n");
    assertRefused(
        file
            + ":2: column 'labels': expected labels divided by |, or a list of labels, none of them"
            + " empty, found "
            + found,
        LEARNED,
        file);
  }

  @Test
  void anUnknownLabelIsRefusedWhereItStands() throws IOException {
    LabelRule rule =
        LabelRule.classSets(Optional.of(LabelMap.of(List.of("art", "news"))), OptionalInt.of(2));
    Path file = write("a.tsv", "input_ids\tlabels\n7\tart\n7\tart|newz\n");
    assertRefused(
        file + ":3: unknown label 'newz'; expected one of art, news; did you mean news?",
        rule,
        file);
    Path none = write("b.tsv", "input_ids\n7\n");
    assertRefused(
        none
            + ":1: missing column: expected a column 'labels' with any number of labels; found"
            + " columns: input_ids; name it with --label-column, or rename the column, or, if the"
            + " file has no header, give it one",
        rule,
        none);
  }

  private void assertRefused(String message, LabelRule rule, Path file) {
    assertEquals(message, assertThrows(DataException.class, () -> read(rule, file)).getMessage());
  }

  private static int[] classes(Dataset dataset, int example) {
    return ((FeatureRow.Ints) dataset.examples().get(example).label().orElseThrow()).values();
  }

  private static Dataset read(LabelRule rule, Path file) {
    List<FeatureRequest> features = List.of(FeatureRequest.ids("input_ids"));
    ExampleOptions options =
        new ExampleOptions(features, rule, 8, OptionalInt.empty(), OptionalInt.of(0));
    return DatasetReader.read(List.of(file), options, Optional.empty());
  }

  private Path write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }
}
