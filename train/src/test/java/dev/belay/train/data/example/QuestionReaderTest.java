package dev.belay.train.data.example;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.Fixtures;
import dev.belay.train.data.DataException;
import dev.belay.train.data.file.SquadFile;
import dev.belay.train.tokenize.TextTokenizer;
import dev.belay.train.tokenize.TokenizerFinder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Windows of questions against those that Hugging Face's fast tokenizers made. */
class QuestionReaderTest {
  private static final Path FIXTURE = Fixtures.path("question_answering");
  private static final Path QUESTIONS = FIXTURE.resolve("questions.json");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void windowsAreThoseOfHuggingFace(int number) throws IOException {
    JsonNode golden = Fixtures.json(FIXTURE.resolve("windows.json")).get(number);
    Dataset dataset =
        read(
            QUESTIONS,
            golden.get("tokenizer").asText(),
            golden.get("max_length").asInt(),
            golden.get("stride").asInt(),
            true);
    assertEquals(golden.get("windows").size(), dataset.size());
    for (int i = 0; i < dataset.size(); i++) {
      JsonNode expected = golden.get("windows").get(i);
      EncodedExample example = dataset.examples().get(i);
      Origin.Window window = (Origin.Window) example.origin();
      String place = "window " + i + " of " + expected.get("id");
      assertEquals(expected.get("id").asText(), window.question().id());
      assertArrayEquals(ints(expected.get("input_ids")), ints(example, 0), place);
      assertTrue(IntStream.of(ints(example, 1)).allMatch(mask -> mask == 1), place);
      assertArrayEquals(ints(expected.get("token_type_ids")), ints(example, 2), place);
      int[] tokens = IntStream.range(window.offset(), window.offset() + window.count()).toArray();
      assertEquals(expected.get("offset").asInt(), tokens[0], place);
      assertArrayEquals(
          ints(expected.get("starts")), IntStream.of(tokens).map(window::start).toArray(), place);
      assertArrayEquals(
          ints(expected.get("ends")), IntStream.of(tokens).map(window::end).toArray(), place);
      int[] span = ((FeatureRow.Ints) example.label().orElseThrow()).values();
      assertArrayEquals(ints(expected.get("span")), span, place);
    }
  }

  @Test
  void whatALabelStandsForIsTheAnswer() {
    Dataset dataset = read(QUESTIONS, "vocab.txt", 64, 20, true);
    int answered = 0;
    for (EncodedExample example : dataset.examples()) {
      Origin.Window window = (Origin.Window) example.origin();
      int[] span = ((FeatureRow.Ints) example.label().orElseThrow()).values();
      if (span[1] > 0) {
        String text = window.context().part(window.start(span[0]), window.end(span[1]));
        assertEquals(window.question().answers().orElseThrow().get(0).text(), text);
        answered++;
      }
    }
    assertTrue(answered >= 9, "all questions with an answer");
    assertEquals(
        List.of(
            QUESTIONS
                + ": 11 questions, 2 of them without an answer, in 29 windows of at most 64"
                + " tokens"),
        dataset.notes());
  }

  @Test
  void whatDoesNotFitIsSaid() throws IOException {
    String question = "word ".repeat(60).strip();
    Dataset dataset =
        read(write("\"" + question + "\"", "[]", "word ".repeat(80)), "vocab.txt", 40, 30, true);
    assertEquals(40, dataset.longest());
    assertTrue(
        dataset
            .notes()
            .contains("1 questions were cut to three quarters of the tokens of a window"),
        dataset.notes()::toString);
    assertTrue(
        dataset.notes().stream().anyMatch(note -> note.startsWith("--doc-stride 30 leaves")),
        dataset.notes()::toString);
  }

  @Test
  void anAnswerThatStandsElsewhereIsSaid() throws IOException {
    Dataset dataset =
        read(
            write("\"who\"", "[{\"text\": \"she\", \"answer_start\": 0}]", "it was she"),
            "vocab.txt",
            40,
            8,
            true);
    assertTrue(
        dataset.notes().stream()
            .anyMatch(note -> note.startsWith("1 answers are not what stands at their")),
        dataset.notes()::toString);
  }

  @Test
  void toPredictNoAnswersAreNeeded() throws IOException {
    Path file = write("\"who\"", "null", "it was she");
    assertTrue(read(file, "vocab.txt", 40, 8, false).examples().get(0).label().isEmpty());
    DataException refused =
        assertThrows(DataException.class, () -> read(file, "vocab.txt", 40, 8, true));
    assertEquals(
        file
            + ": question 1: question 'x' has no \"answers\"; expected a list of them, or"
            + " \"is_impossible\": true",
        refused.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"data\": 3}|:1: no questions: expected SQuAD's",
        "{\"version\": \"1.1\"}|:1: no questions: expected SQuAD's",
        "[]|a.json: no questions; expected at least one",
        "[{\"a\": 1}]|:1: no questions: expected SQuAD's",
        "{\"data\": [{\"paragraphs\": [{\"qas\": []}]}]}|: question 1: expected a string as"
            + " \"context\", found nothing",
        "{\"data\": [{\"paragraphs\": [{\"context\": \"a\", \"qas\": {}}]}]}|: question 1:"
            + " expected a list as \"qas\", found object",
        "{\"data\": [{\"paragraphs\": [{\"context\": \"a\", \"qas\": [{}]}]}]}|: question 1:"
            + " expected a string as \"id\", found nothing",
        "{\"data\": [{|:1: no sound JSON: Unexpected end-of-input",
        "{\"data\": []}|a.json: no questions; expected at least one",
      })
  void anotherFormIsRefused(String text, String expected) throws IOException {
    Path file = Files.writeString(folder.resolve("a.json"), text);
    DataException refused =
        assertThrows(DataException.class, () -> read(file, "vocab.txt", 40, 8, true));
    assertTrue(refused.getMessage().contains(expected), refused.getMessage());
  }

  @Test
  void anAnswerOutsideOfItsContextIsRefused() throws IOException {
    Path file = write("\"who\"", "[{\"text\": \"she\", \"answer_start\": 8}]", "it was she");
    DataException refused = assertThrows(DataException.class, () -> SquadFile.read(file));
    assertTrue(
        refused.getMessage().contains("'she' at character 8 does not lie in its context of 10"),
        refused.getMessage());
  }

  private Path write(String question, String answers, String context) throws IOException {
    return Files.writeString(
        folder.resolve("questions.json"),
        """
        {"data": [{"paragraphs": [{"context": "%s", "qas": [
          {"id": "x", "question": %s, "answers": %s}]}]}]}
        """
            .formatted(context, question, answers));
  }

  private static Dataset read(
      Path file, String tokenizer, int maxLength, int stride, boolean answered) {
    try (TextTokenizer opened =
        TextTokenizer.open(
            TokenizerFinder.given(FIXTURE.resolve(tokenizer)), maxLength, Optional.empty())) {
      ExampleOptions options =
          new ExampleOptions(
              Stream.of("input_ids", "attention_mask", "token_type_ids")
                  .map(FeatureRequest::ids)
                  .toList(),
              LabelRule.spans(answered),
              maxLength,
              OptionalInt.empty(),
              OptionalInt.of(0));
      return QuestionReader.read(List.of(file), options, opened, stride);
    }
  }

  private static int[] ints(EncodedExample example, int feature) {
    return ((FeatureRow.Ints) example.features().get(feature)).values();
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    Arrays.setAll(values, i -> array.get(i).asInt());
    return values;
  }
}
