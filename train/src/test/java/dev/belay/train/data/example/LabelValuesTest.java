package dev.belay.train.data.example;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.config.ColumnConfig;
import dev.belay.train.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The meaning of labels in every spelling, and refusals of those with two meanings. */
class LabelValuesTest {
  private static final LabelRule THREE = LabelRule.classes(3);
  private static final ColumnConfig BY_NAME = ColumnConfig.byName();

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "csv;0,1,2,-100;0,1,2,-100",
        "csv;0.0,1.0,2.0,-100.0;0,1,2,-100",
        "csv;00,01,2e0,1;0,1,2,1",
        "csv;LABEL_2,LABEL_0;2,0",
        "tsv; 1 ,2;1,2",
        "jsonl;1.0,2;1,2",
        "jsonl;\"1.0\",\"2\";1,2",
        "json;2,[1];2,1"
      })
  void theNumberOfAnOutputMayBeWrittenInManyWays(String format, String labels, String expected)
      throws IOException {
    int[] found = classes(read(THREE, BY_NAME, rows(format, labels.split(","))));
    assertArrayEquals(numbers(expected), found);
  }

  @Test
  void trueIsOne() throws IOException {
    assertArrayEquals(
        new int[] {1, 0},
        classes(read(LabelRule.classes(2), BY_NAME, rows("jsonl", "true", "false"))));
    assertArrayEquals(
        new int[] {1}, classes(read(LabelRule.classes(2), BY_NAME, rows("csv", "True"))));
    LabelRule named = LabelRule.classes(LabelMap.configured(List.of("yes", "no")));
    assertArrayEquals(new int[] {1, 0}, classes(read(named, BY_NAME, rows("csv", "no", "yes"))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "1,0.5;label '0.5' could be a number to predict or the name of a class",
        "1,nan;label 'nan' among numbers could be a gap in the column",
        "1,True;label 'True' among numbers could be a gap in the column, a number or a class",
        "'pos,pos ';differs from 'pos' of an earlier row by blanks alone",
        "-100,-100;every label of the data is -100",
        "pos,;the label is empty; expected a class"
      })
  void whatCouldBeTwoThingsIsRefused(String labels, String message) throws IOException {
    assertRefused(message, LabelRule.classes(), BY_NAME, rows("csv", labels.split(",", -1)));
  }

  @Test
  void namesOfOutputsWithoutNamesAreAGuessThatIsTold() throws IOException {
    Path names = rows("csv", "pos", "neg", "neu");
    Dataset guessed = read(THREE, BY_NAME, names);
    assertArrayEquals(new int[] {2, 0, 1}, classes(guessed));
    assertTrue(
        guessed.notes().stream().anyMatch(note -> note.contains("their letters, neg, neu, pos; ")),
        guessed.notes().toString());
    LabelRule known = LabelRule.classes(LabelMap.of(List.of("pos", "neu", "neg")));
    for (LabelRule rule : List.of(LabelRule.classes(), known)) {
      assertTrue(
          read(rule, BY_NAME, names).notes().stream().noneMatch(note -> note.contains("letters")));
    }
    Path numbers = rows("csv", "2", "0", "1");
    assertTrue(
        read(THREE, BY_NAME, numbers).notes().stream().noneMatch(n -> n.contains("letters")));
  }

  @ParameterizedTest
  @CsvSource({
    "1;2;POSITIVE, 1, POSITIVE",
    "neutral;0;yes, 0, neutral",
    "LABEL_1;b;c, LABEL_1, b",
    "true;b;c, true, b"
  })
  void theNumberOfAnOutputAmongNamesIsRefused(String labels, String number, String name)
      throws IOException {
    String message =
        "label '" + number + "' could be the number of an output of the model, whose 3";
    assertRefused(message, THREE, BY_NAME, rows("csv", labels.split(";")));
    assertRefused("or a name as '" + name + "'", THREE, BY_NAME, rows("csv", labels.split(";")));
  }

  @Test
  void namesThatAreNumbersCouldBeOutputs() throws IOException {
    LabelRule stars = LabelRule.classes(LabelMap.configured(List.of("1", "2", "3")));
    assertRefused(
        "label '1' could be the name of output 0, as id2label of the model's config.json has it, or"
            + " the number of output 1",
        stars,
        BY_NAME,
        rows("csv", "1", "2"));
    assertArrayEquals(new int[] {0, 2}, classes(read(stars, BY_NAME, rows("csv", "1", "3"))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "jsonl;[1, 0, 1]/[0, 0, 0];0 2/",
        "jsonl;[1.0, 0.0, 1.0];0 2",
        "jsonl;[true, false, true];0 2",
        "tsv;[1, 0, 1]/1 1 0;0 2/0 1",
        "jsonl;[2, 0]/[];2 0/",
        "tsv;2|0/;2 0/"
      })
  void vectorsAndListsAreToldApart(String format, String labels, String expected)
      throws IOException {
    LabelRule rule = LabelRule.classSets(Optional.empty(), OptionalInt.of(3));
    Dataset dataset = read(rule, BY_NAME, rows(format, labels.split("/", -1)));
    String[] sets = expected.split("/", -1);
    for (int i = 0; i < sets.length; i++) {
      int[] found = ((FeatureRow.Ints) dataset.examples().get(i).label().orElseThrow()).values();
      assertArrayEquals(numbers(sets[i]), found, labels);
    }
  }

  @Test
  void listsOfTwoCouldBeEither() throws IOException {
    LabelRule two = LabelRule.classSets(Optional.empty(), OptionalInt.of(2));
    Path file = rows("jsonl", "[0, 1]", "[1, 0]");
    assertRefused(
        "the labels could be vectors of 0 and 1 with a place for each of 2 labels, or lists of the"
            + " labels' numbers; no row shows which: give --multi-hot on for vectors",
        two,
        BY_NAME,
        file);
    ColumnConfig hot = columns(List.of(), Optional.empty(), Optional.of(true));
    assertArrayEquals(new int[] {1, 0}, classes(read(two, hot, file)));
    LabelRule three = LabelRule.classSets(Optional.empty(), OptionalInt.of(3));
    assertRefused("nor lists of different labels", three, BY_NAME, rows("jsonl", "[0.5, 0, 1]"));
    assertRefused("of which -100 is none", three, BY_NAME, rows("jsonl", "[-100, 0, 1]"));
  }

  @Test
  void aColumnForEachLabel() throws IOException {
    Path file =
        Files.writeString(folder.resolve("a.csv"), "input_ids,art,news\n7,1,0\n7,0.0,1.0\n");
    LabelRule rule = LabelRule.classSets(Optional.empty(), OptionalInt.empty());
    ColumnConfig asked = columns(List.of("art", "news"), Optional.empty(), Optional.empty());
    Dataset dataset = read(rule, asked, file);
    assertEquals(List.of("art", "news"), dataset.labels().orElseThrow().names());
    assertArrayEquals(new int[] {0, 1}, classes(dataset));
    LabelRule other =
        LabelRule.classSets(Optional.of(LabelMap.of(List.of("news", "art"))), OptionalInt.of(2));
    assertRefused("could be meant by their order or by their names", other, asked, file);
  }

  @Test
  void labelsOfACausalModelAreMoved() throws IOException {
    LabelRule rule = LabelRule.nextTokens(OptionalInt.of(9));
    assertArrayEquals(new int[] {6, 7, -100}, causal(rule, Optional.empty(), "5, 6, 7"));
    assertArrayEquals(new int[] {-100, 7, -100}, causal(rule, Optional.empty(), "-100, -100, 7"));
    assertArrayEquals(
        new int[] {6, 7, -100},
        causal(rule, Optional.of(ColumnConfig.CausalLabels.SHIFTED), "6, 7, -100"));
    String message =
        assertThrows(DataException.class, () -> causal(rule, Optional.empty(), "6, 7, -100"))
            .getMessage();
    assertTrue(message.contains("(labels[t] == input_ids[t + 1])"), message);
    assertTrue(message.contains("--causal-labels shifted"), message);
    LabelRule unknown = LabelRule.words(Optional.empty(), OptionalInt.of(9));
    assertThrows(DataException.class, () -> causal(unknown, Optional.empty(), "5, 6, 7"));
    assertArrayEquals(new int[] {6, 7, -100}, causal(unknown, Optional.empty(), "6, 7, -100"));
  }

  private int[] causal(LabelRule rule, Optional<ColumnConfig.CausalLabels> asked, String labels)
      throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("lm.jsonl"),
            "{\"input_ids\": [5, 6, 7], \"labels\": [" + labels + "]}\n");
    return classes(read(rule, columns(List.of(), asked, Optional.empty()), file));
  }

  @Test
  void columnsThatWouldChangeTheNumbersAreRefused() throws IOException {
    LabelRule none = LabelRule.none();
    Path counted = row("\"position_ids\": [0, 1]");
    assertEquals(1, read(none, BY_NAME, counted).size());
    assertRefused(
        "column 'position_ids' is the input 'position_ids' of the model's Python class, which would"
            + " change its numbers, and the model here takes none; expected 0, 1, 2 and so on",
        none,
        BY_NAME,
        row("\"position_ids\": [1, 0]"));
    assertRefused("expected no such column", none, BY_NAME, row("\"token_type_ids\": [0, 0]"));
    assertRefused("expected ones", none, BY_NAME, row("\"decoder_attention_mask\": [0, 1]"));
  }

  @Test
  void columnsByOptionsAndDoubtfulOnes() throws IOException {
    LabelRule rule = LabelRule.classes(3);
    Path two = Files.writeString(folder.resolve("b.csv"), "input_ids,label,label_ids\n7,1,2\n");
    assertRefused(
        "several columns could be the label: 'label', 'label_ids'; expected one of them: name it"
            + " with --label-column",
        rule,
        BY_NAME,
        two);
    ColumnConfig named = columns(List.of("label_ids"), Optional.empty(), Optional.empty());
    assertArrayEquals(new int[] {2}, classes(read(rule, named, two)));
    ColumnConfig wrong = columns(List.of("stars"), Optional.empty(), Optional.empty());
    assertRefused("--label-column stars: there is no such column", rule, wrong, two);
    Path ragged =
        Files.writeString(
            folder.resolve("c.jsonl"),
            """
            {"input_ids": [7], "attention_mask": [1], "label": 1}
            {"input_ids": [7], "label": 1}
            """);
    assertRefused("the row has no attention_mask, and line 1 has one", rule, BY_NAME, ragged);
    Path ids = Files.writeString(folder.resolve("d.csv"), "ids,label\n7,1\n");
    assertRefused("could be token ids, or numbers of rows beside a text", rule, BY_NAME, ids);
  }

  private Path row(String more) throws IOException {
    return Files.writeString(
        folder.resolve("row.jsonl"), "{\"input_ids\": [7, 8], " + more + "}\n");
  }

  private Path rows(String format, String... labels) throws IOException {
    StringBuilder text = new StringBuilder();
    boolean json = format.startsWith("json");
    String between = format.equals("tsv") ? "\t" : ",";
    if (!json) {
      text.append("input_ids").append(between).append("label\n");
    }
    for (String label : labels) {
      text.append(
          json ? "{\"input_ids\": [7], \"label\": " + label + "}\n" : "7" + between + label + "\n");
    }
    return Files.writeString(folder.resolve("a." + format), text);
  }

  private static ColumnConfig columns(
      List<String> labels, Optional<ColumnConfig.CausalLabels> causal, Optional<Boolean> multiHot) {
    return new ColumnConfig(
        Optional.empty(), Optional.empty(), labels, Optional.empty(), causal, multiHot);
  }

  private static Dataset read(LabelRule rule, ColumnConfig columns, Path file) {
    Map<String, UnfedInput> unfed =
        Map.of(
            "position_ids", UnfedInput.COUNTED,
            "token_type_ids", UnfedInput.CHANGES,
            "decoder_attention_mask", UnfedInput.ONES);
    InputRules rules =
        new InputRules(columns, unfed, OptionalInt.empty(), OptionalInt.empty(), true);
    ExampleOptions options =
        new ExampleOptions(
            List.of(FeatureRequest.ids("input_ids")),
            rule,
            8,
            OptionalInt.of(9),
            OptionalInt.of(0),
            Optional.empty(),
            rules);
    return DatasetReader.read(List.of(file), options, Optional.empty());
  }

  private static int[] classes(Dataset dataset) {
    return dataset.examples().stream()
        .flatMapToInt(
            example -> Arrays.stream(((FeatureRow.Ints) example.label().orElseThrow()).values()))
        .toArray();
  }

  private static int[] numbers(String text) {
    return text.isEmpty()
        ? new int[0]
        : Arrays.stream(text.split("[ ,]")).mapToInt(Integer::parseInt).toArray();
  }

  private static void assertRefused(
      String expected, LabelRule rule, ColumnConfig columns, Path file) {
    String message =
        assertThrows(DataException.class, () -> read(rule, columns, file)).getMessage();
    assertTrue(message.contains(expected), message);
  }
}
