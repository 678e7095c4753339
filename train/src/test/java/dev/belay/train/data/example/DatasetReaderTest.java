package dev.belay.train.data.example;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.Fixtures;
import dev.belay.train.data.DataException;
import dev.belay.train.tokenize.TextTokenizer;
import dev.belay.train.tokenize.TokenizerFinder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetReaderTest {
  private static final List<FeatureRequest> BERT =
      List.of(
          FeatureRequest.ids("input_ids"),
          FeatureRequest.ids("attention_mask"),
          FeatureRequest.ids("token_type_ids"));

  private static final TextTokenizer TOKENIZER =
      TextTokenizer.open(
          TokenizerFinder.given(Fixtures.path("tokenizer", "vocab.txt")), 16, Optional.of(true));

  @TempDir Path folder;

  @Test
  void textBecomesTheThreeRowsOfBert() throws IOException {
    Path file = write("a.tsv", "idx\tsentence\tlabel\n0\thello world\tpos\n1\tthe clip\tneg\n");
    Dataset dataset = read(options(BERT, LabelRule.classes()), file);
    assertEquals(Optional.of(LabelMap.of(List.of("neg", "pos"))), dataset.labels());
    EncodedExample first = dataset.examples().get(0);
    assertArrayEquals(new int[] {22, 793, 759, 23}, ints(first, 0));
    assertArrayEquals(new int[] {1, 1, 1, 1}, ints(first, 1));
    assertArrayEquals(new int[] {0, 0, 0, 0}, ints(first, 2));
    assertEquals(1, label(first));
    assertEquals(0, label(dataset.examples().get(1)));
    assertEquals(4, first.length());
    assertEquals(4, first.tokens());
    assertEquals(2, first.source().number());
    assertSame(
        first.features().get(1), dataset.examples().get(1).features().get(1), "masks are shared");
    assertEquals(
        List.of(file + ": text from 'sentence', label from 'label'; not used: 'idx'"),
        dataset.notes());
  }

  /** A model that computes its loss counts classes by its own numbers, whichever the data have. */
  @Test
  void classesOfAModelWithoutNamesAreItsNumbers() throws IOException {
    LabelRule rule = LabelRule.classes().ofOutputs();
    Path file = write("a.tsv", "text\tlabel\nhello\t3\nworld\t1\n");
    Dataset dataset = read(options(BERT, rule), file);
    assertEquals(Optional.empty(), dataset.labels());
    assertEquals(3, label(dataset.examples().get(0)));
    assertEquals(1, label(dataset.examples().get(1)));
    for (String name : List.of("pos", "-1", "99999999999999999999")) {
      Path named = write("b.tsv", "text\tlabel\nhello\t" + name + "\n");
      assertMessage(
          named
              + ":2: label '"
              + name
              + "' is not the number of a class of the model; expected 0 to 1048575, since the model"
              + " computes the loss by its own numbers; for names, "
              + LabelMap.NAME_THEM,
          options(BERT, rule),
          named);
    }
  }

  @Test
  void pairsGoByTheNamesOfTheField() throws IOException {
    for (String header :
        List.of(
            "text\ttext_b", "sentence1\tsentence2", "premise\thypothesis", "question\tsentence")) {
      Path file = write("a.tsv", header + "\tlabel\nhello\tworld\t0\n");
      EncodedExample example = read(options(BERT, LabelRule.classes()), file).examples().get(0);
      assertArrayEquals(new int[] {22, 793, 23, 759, 23}, ints(example, 0), header);
      assertArrayEquals(new int[] {0, 0, 0, 1, 1}, ints(example, 2), header);
    }
  }

  @Test
  void emptyTextsAreCounted() throws IOException {
    Path file = write("a.tsv", "text\tlabel\nhello\t0\n\t1\n  \t0\n");
    Dataset dataset = read(options(BERT, LabelRule.classes()), file);
    assertTrue(dataset.notes().contains("2 of 3 texts are empty"), dataset.notes().toString());
  }

  @Test
  void listsOfNumbersBesideATextAreRefused() throws IOException {
    for (String ids : List.of("[7, 8]", "\"7 8\"", "[7.0, 8.0]")) {
      Path file = write("a.jsonl", "{\"ids\": " + ids + ", \"text\": \"hello\", \"label\": 1}\n");
      assertMessage(
          file
              + ":1: column 'ids' holds lists of numbers, as token ids, beside a text ('text');"
              + " expected one of them: name the token ids input_ids, or the text with"
              + " --text-column",
          options(BERT, LabelRule.classes()),
          file);
    }
    Path rows = write("a.jsonl", "{\"ids\": 7, \"text\": \"hello\", \"label\": 1}\n");
    assertEquals(1, read(options(BERT, LabelRule.classes()), rows).examples().size());
  }

  @Test
  void severalTextColumnsAreRefused() throws IOException {
    Path file = write("a.tsv", "text\tpremise\thypothesis\tlabel\na\tb\tc\t0\n");
    assertMessage(
        file
            + ":1: several columns could be the text: 'text', or 'premise' and 'hypothesis';"
            + " expected one of them: name it with --text-column, for pairs --text-pair-column too"
            + " (found columns: text, premise, hypothesis, label)",
        options(BERT, LabelRule.classes()),
        file);
  }

  @Test
  void missingColumnsAreRefusedWithThoseFound() throws IOException {
    Path noLabel = write("a.tsv", "text\tlable\nhello\t1\n");
    assertMessage(
        noLabel
            + ":1: missing column: expected a column 'label'; found columns: text, lable; name it"
            + " with --label-column, or rename the column, or, if the file has no header, give it"
            + " one",
        options(BERT, LabelRule.classes()),
        noLabel);
    Path noText = write("b.csv", "review,label\nhello,1\n");
    assertMessage(
        noText
            + ":1: missing column: expected a text column: text (or sentence), for pairs text and"
            + " text_b; or input_ids for pre-tokenised data; found columns: review, label; name it"
            + " with --text-column, or rename the column",
        options(BERT, LabelRule.classes()),
        noText);
    Path line = write("c.jsonl", "{\"text\": \"a\", \"label\": 1}\n{\"text\": \"a\"}\n");
    assertMessage(
        line
            + ":2: missing column: expected a column 'label'; found columns: text; name it with"
            + " --label-column, or rename the keys",
        options(BERT, LabelRule.classes()),
        line);
    List<FeatureRequest> more =
        List.of(FeatureRequest.ids("input_ids"), FeatureRequest.ids("position_ids"));
    Path ids = write("d.jsonl", "{\"input_ids\": [1, 2]}\n");
    assertMessage(
        ids
            + ":1: missing column: expected a column 'position_ids' for the model's input of that"
            + " name; found columns: input_ids",
        options(more, LabelRule.none()),
        ids);
  }

  @Test
  void textWithoutTokenizerIsRefused() throws IOException {
    Path file = write("a.tsv", "text\nhello\n");
    DataException e =
        assertThrows(
            DataException.class,
            () ->
                DatasetReader.read(
                    List.of(file), options(BERT, LabelRule.none()), Optional.empty()));
    assertTrue(
        e.getMessage()
            .contains(
                "file has text ('text'), but no tokenizer lies beside the model; expected"
                    + " tokenizer.json"),
        e.getMessage());
  }

  @Test
  void preTokenisedColumnsGoByAllNamesOfTheField() throws IOException {
    Path bert =
        write(
            "a.jsonl",
            """
            {"input_word_ids": [5, 6, 7, 0], "input_mask": [1, 1, 1, 0], "segment_ids": [0, 1, 1, 0], "label_ids": 1}
            {"input_word_ids": [5, 6], "input_mask": [1, 1], "segment_ids": [0, 0], "label_ids": [0], "is_real_example": 0}
            {"ids": [8], "mask": [1.0], "type_ids": [1], "label": "1", "is_real_example": 1}
            """);
    Dataset dataset = read(options(BERT, LabelRule.classes(2)), bert);
    assertEquals(2, dataset.size());
    assertArrayEquals(new int[] {5, 6, 7, 0}, ints(dataset.examples().get(0), 0));
    assertArrayEquals(new int[] {0, 1, 1, 0}, ints(dataset.examples().get(0), 2));
    assertEquals(3, dataset.examples().get(0).tokens());
    assertEquals(4, dataset.examples().get(0).length());
    assertArrayEquals(new int[] {8}, ints(dataset.examples().get(1), 0));
    assertEquals(1, label(dataset.examples().get(1)));
    assertTrue(dataset.notes().contains("1 rows left out: is_real_example is 0"));
  }

  @Test
  void preTokenisedColumnsOfTsvAreListsInAnySpelling() throws IOException {
    Path file =
        write("a.tsv", "input_ids\tlabels\n[5, 6, 7]\t-100 1 2\n5 6\t[0,0]\n5,6\t-100,-100\n");
    Dataset dataset =
        read(options(BERT, LabelRule.words(Optional.empty(), OptionalInt.of(3))), file);
    assertArrayEquals(new int[] {5, 6, 7}, ints(dataset.examples().get(0), 0));
    assertArrayEquals(new int[] {-100, 1, 2}, labels(dataset.examples().get(0)));
    assertArrayEquals(new int[] {5, 6}, ints(dataset.examples().get(2), 0));
    assertArrayEquals(new int[] {1, 1}, ints(dataset.examples().get(2), 1));
  }

  /** Hugging Face's models see every token of a row that comes without a mask. */
  @Test
  void withoutAMaskAllTokensAreSeen() throws IOException {
    Path file = write("a.jsonl", "{\"input_ids\": [0, 5, 0, 6, 0, 0]}\n{\"input_ids\": [0, 5]}\n");
    ExampleOptions known =
        new ExampleOptions(BERT, LabelRule.none(), 16, OptionalInt.empty(), OptionalInt.of(0));
    Dataset dataset = read(known, file);
    assertArrayEquals(new int[] {1, 1, 1, 1, 1, 1}, ints(dataset.examples().get(0), 1));
    assertTrue(
        dataset
            .notes()
            .contains(
                "1 rows end in padding and have no attention_mask: the model sees all their tokens,"
                    + " as in Python; give an attention_mask to hide the padding"),
        dataset.notes().toString());
  }

  @Test
  void idsOutsideTheVocabularyAreRefused() throws IOException {
    ExampleOptions options =
        new ExampleOptions(BERT, LabelRule.none(), 16, OptionalInt.of(300), OptionalInt.empty());
    Path file = write("a.jsonl", "{\"input_ids\": [1, 299]}\n{\"input_ids\": [1, 2, 300]}\n");
    assertMessage(
        file
            + ":2: column 'input_ids', element 2: id 300 is outside the vocabulary; expected 0 to"
            + " 299; were the ids made with another tokenizer than the model's?",
        options,
        file);
    Path negative = write("b.jsonl", "{\"input_ids\": [-1]}\n");
    assertMessage(negative + ":1: column 'input_ids', element 0: id -1", options, negative);
    Path huge = write("c.jsonl", "{\"input_ids\": [99999999999999999999999]}\n");
    assertMessage("expected whole numbers of 32 bits", options, huge);
    Path text = write("d.tsv", "text\nhello world\n");
    assertMessage(
        text + ":2: column 'text', element 1: id 793 is outside the vocabulary", options, text);
  }

  @Test
  void rowsThatDoNotFitTogetherAreRefused() throws IOException {
    ExampleOptions options = options(BERT, LabelRule.none());
    refuses(
        options,
        "{\"input_ids\": [1, 2], \"attention_mask\": [1]}",
        "column 'attention_mask' has 1 elements; expected 2, as input_ids has");
    refuses(
        options,
        "{\"input_ids\": [1, 2], \"attention_mask\": [1, 2]}",
        "the attention mask holds 2; expected 1 for tokens and 0 for padding");
    refuses(
        options,
        "{\"input_ids\": []}",
        "column 'input_ids' is empty; expected at least one token id");
    refuses(
        options, "{\"input_ids\": \"hello\"}", "column 'input_ids': expected whole numbers, as in");
    refuses(options, "{\"input_ids\": [1.5]}", "expected whole numbers (1.5 is none), found [1.5]");
    refuses(options, "{\"input_ids\": {\"a\": 1}}", "expected whole numbers, found an object");
    refuses(
        options,
        "{\"input_ids\": [1], \"token_type_ids\": [-1]}",
        "holds -1; expected numbers from 0");
    refuses(
        options,
        "{\"input_ids\": [" + "1,".repeat(16) + "1]}",
        "column 'input_ids' has 17 tokens; expected at most 16: raise --max-seq-length");
    ExampleOptions tokens = options(BERT, LabelRule.words(Optional.empty(), OptionalInt.of(2)));
    refuses(
        tokens,
        "{\"input_ids\": [1, 2], \"labels\": [1]}",
        "column 'labels' has 1 labels; expected one per token, 2, with -100 where none counts");
    refuses(
        tokens, "{\"input_ids\": [1], \"labels\": [2]}", "holds class 2; expected 0 to 1, or -100");
    refuses(tokens, "{\"input_ids\": [1], \"labels\": [-1]}", "holds class -1");
  }

  @Test
  void aStaticInputBoundsTheLength() {
    List<FeatureRequest> fixed =
        List.of(FeatureRequest.of("ids", "input_ids", ElementType.INTEGER, -1, 12));
    assertEquals(12, options(fixed, LabelRule.none()).maxLength());
    assertThrows(
        DataException.class, () -> FeatureRequest.of("x", "x", ElementType.FLOAT, -1, 2, 3));
    assertThrows(
        DataException.class,
        () -> FeatureRequest.of("x", "x", ElementType.FLOAT, (long[]) null),
        "a shape of unknown rank");
  }

  @Test
  void aModelThatTakesTextGetsTheText() throws IOException {
    List<FeatureRequest> string =
        List.of(FeatureRequest.of("inputs", "inputs", ElementType.STRING, -1));
    Path file = write("a.csv", "text,label\n\"Hello, \uD83D\uDE00\",1\n");
    Dataset dataset =
        DatasetReader.read(List.of(file), options(string, LabelRule.classes()), Optional.empty());
    assertEquals(
        new FeatureRow.Text("Hello, \uD83D\uDE00"), dataset.examples().get(0).features().get(0));
    assertEquals(0, dataset.examples().get(0).length());
  }

  @Test
  void aTextInputTakesTheColumnOfItsOwnNameFirst() throws IOException {
    List<FeatureRequest> string =
        List.of(FeatureRequest.of("review", "text", ElementType.STRING, -1));
    Path both = write("both.csv", "text,review,label\na title,good,1\n");
    assertEquals(
        new FeatureRow.Text("good"),
        DatasetReader.read(List.of(both), options(string, LabelRule.classes()), Optional.empty())
            .examples()
            .get(0)
            .features()
            .get(0));
    Path other = write("other.csv", "comment,label\ngood,1\n");
    assertMessage(
        "missing column: expected a column 'review' for the model's text input of that name; found"
            + " columns: comment, label; name it with --text-column, or rename the column",
        options(string, LabelRule.classes()),
        other);
  }

  @Test
  void otherInputsTakeTheColumnOfTheirName() throws IOException {
    List<FeatureRequest> requests =
        List.of(
            FeatureRequest.of(
                "decoder_input_ids", "decoder_input_ids", ElementType.INTEGER, -1, -1),
            FeatureRequest.of("age", "age", ElementType.FLOAT, -1),
            FeatureRequest.of("vector", "vector", ElementType.FLOAT, -1, 2));
    Path file =
        write("a.jsonl", "{\"decoder_input_ids\": [1, 2], \"age\": 3, \"vector\": [1, 2.5]}\n");
    List<FeatureRow> rows =
        read(options(requests, LabelRule.none()), file).examples().get(0).features();
    assertArrayEquals(new int[] {1, 2}, ((FeatureRow.Ints) rows.get(0)).values());
    assertArrayEquals(new float[] {3}, ((FeatureRow.Floats) rows.get(1)).values());
    assertArrayEquals(new float[] {1, 2.5f}, ((FeatureRow.Floats) rows.get(2)).values());
    Path wide =
        write("b.jsonl", "{\"decoder_input_ids\": [1], \"age\": [3, 4], \"vector\": [1]}\n");
    assertMessage(
        "column 'age' has 2 elements; expected one, as the model's input 'age' has room for",
        options(requests, LabelRule.none()),
        wide);
  }

  @Test
  void unknownLabelsAtEvaluationAreRefused() throws IOException {
    Path file = write("dev.tsv", "text\tlabel\nhello\tpos\nworld\tpso\n");
    assertMessage(
        file + ":3: unknown label 'pso'; expected one of neg, pos",
        options(BERT, LabelRule.classes(LabelMap.of(List.of("neg", "pos")))),
        file);
    Path empty = write("b.tsv", "text\tlabel\nhello\t\n");
    assertMessage(
        empty + ":2: column 'label': the label is empty",
        options(BERT, LabelRule.classes()),
        empty);
  }

  @Test
  void numbersAreReadForRegression() throws IOException {
    Path file = write("a.tsv", "text\tlabel\nhello\t-2.5\nworld\t3\n");
    Dataset dataset = read(options(BERT, LabelRule.numbers()), file);
    assertArrayEquals(
        new float[] {-2.5f},
        ((FeatureRow.Floats) dataset.examples().get(0).label().orElseThrow()).values());
    for (String bad : List.of("NaN", "1e99", "good", "")) {
      Path refused = write("b.tsv", "text\tlabel\nhello\t" + bad + "\n");
      assertThrows(
          DataException.class, () -> read(options(BERT, LabelRule.numbers()), refused), bad);
    }
  }

  @Test
  void filesFollowEachOtherAndEachMustHaveRows() throws IOException {
    Path first = write("a.tsv", "text\tlabel\nhello\tb\n");
    Path second = write("b.jsonl", "{\"label\": \"a\", \"text\": \"world\"}\n");
    Dataset dataset = read(options(BERT, LabelRule.classes()), first, second);
    assertEquals(
        List.of(first, second), dataset.examples().stream().map(e -> e.source().file()).toList());
    assertEquals(List.of(1, 0), dataset.examples().stream().map(DatasetReaderTest::label).toList());
    Path header = write("c.tsv", "text\tlabel\n");
    assertMessage(
        header + ": the file has no rows; expected at least one example",
        options(BERT, LabelRule.classes()),
        first,
        header);
    assertThrows(DataException.class, () -> read(options(BERT, LabelRule.classes())));
  }

  @Test
  void aTextOfAMegabyteIsCutAndSaid() throws IOException {
    Path file =
        write("a.tsv", "text\tlabel\n" + "hello world ".repeat(100_000) + "\t1\nhello\t0\n");
    Dataset dataset = read(options(BERT, LabelRule.classes()), file);
    assertEquals(16, dataset.examples().get(0).length());
    assertEquals(16, dataset.longest());
    assertTrue(
        dataset.notes().contains("1 of 2 texts were cut to 16 tokens"), dataset.notes().toString());
  }

  private void refuses(ExampleOptions options, String line, String expected) throws IOException {
    Path file = write("refused.jsonl", line + "\n");
    assertMessage(file + ":1: ", options, file);
    assertMessage(expected, options, file);
  }

  private static ExampleOptions options(List<FeatureRequest> features, LabelRule labels) {
    return new ExampleOptions(features, labels, 16, OptionalInt.empty(), OptionalInt.empty());
  }

  private static Dataset read(ExampleOptions options, Path... files) {
    return DatasetReader.read(Arrays.asList(files), options, Optional.of(TOKENIZER));
  }

  private Path write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private static int[] ints(EncodedExample example, int feature) {
    return ((FeatureRow.Ints) example.features().get(feature)).values();
  }

  private static int[] labels(EncodedExample example) {
    return ((FeatureRow.Ints) example.label().orElseThrow()).values();
  }

  private static int label(EncodedExample example) {
    assertEquals(1, labels(example).length);
    return labels(example)[0];
  }

  private static void assertMessage(String expected, ExampleOptions options, Path... files) {
    String message = assertThrows(DataException.class, () -> read(options, files)).getMessage();
    assertTrue(message.contains(expected), message);
  }
}
