package dev.belay.train.answer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.Fixtures;
import dev.belay.train.config.QuestionConfig;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.ExampleOptions;
import dev.belay.train.data.example.FeatureRequest;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.data.example.QuestionReader;
import dev.belay.train.data.file.SquadFile;
import dev.belay.train.tokenize.TextTokenizer;
import dev.belay.train.tokenize.TokenizerFinder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.ndarray.Shape;

/** Answers over all windows of a question against those by the rules of run_qa.py. */
class QuestionAnswersTest {
  private static final Path FIXTURE = Fixtures.path("question_answering");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void answersAreThoseOfHuggingFace(int number) throws IOException {
    JsonNode golden = Fixtures.json(FIXTURE.resolve("answers.json")).get(number);
    Dataset windows = windows(golden.get("negative").asBoolean());
    QuestionConfig rule =
        new QuestionConfig(
            12,
            golden.get("n_best_size").asInt(),
            golden.get("max_answer_length").asInt(),
            false,
            0);
    List<FoundAnswer> found = new ArrayList<>();
    QuestionAnswers answers = new QuestionAnswers(windows.examples(), rule, found::add);
    // Batches of three, so that questions go across them.
    for (int begin = 0; begin < windows.size(); begin += 3) {
      int end = Math.min(begin + 3, windows.size());
      answers.add(
          logits(golden.get("logits"), begin, end, windows.longest()),
          Shape.of(end - begin, windows.longest(), 2));
    }
    assertEquals(golden.get("answers").size(), found.size());
    for (int i = 0; i < found.size(); i++) {
      requireEqual(golden.get("answers").get(i), found.get(i));
    }
  }

  private static void requireEqual(JsonNode expected, FoundAnswer found) {
    String id = found.question().id();
    assertEquals(expected.get("id").asText(), id);
    assertEquals(expected.get("answer").asText(), found.best().text(), id);
    assertEquals(expected.get("difference").isNull(), found.noAnswerDifference().isEmpty(), id);
    assertEquals(
        expected.get("difference").asDouble(), found.noAnswerDifference().orElse(0.0), 1e-5, id);
    assertEquals(expected.get("n_best").size(), found.candidates().size(), id);
    for (int i = 0; i < found.candidates().size(); i++) {
      JsonNode candidate = expected.get("n_best").get(i);
      Candidate own = found.candidates().get(i);
      assertEquals(candidate.get("text").asText(), own.text(), id + ", candidate " + i);
      assertEquals(candidate.get("start").asInt(), own.start(), id + ", candidate " + i);
      assertEquals(candidate.get("end").asInt(), own.end(), id + ", candidate " + i);
      assertEquals(candidate.get("probability").asDouble(), own.probability(), 1e-6, id);
    }
  }

  /** [B, T, 2], as a model gives them; padding has the likeliest logits of all. */
  private static float[] logits(JsonNode all, int begin, int end, int tokens) {
    float[] values = new float[(end - begin) * tokens * 2];
    for (int row = begin; row < end; row++) {
      for (int side = 0; side < 2; side++) {
        JsonNode own = all.get(row).get(side);
        for (int token = 0; token < tokens; token++) {
          values[((row - begin) * tokens + token) * 2 + side] =
              token < own.size() ? (float) own.get(token).asDouble() : 100;
        }
      }
    }
    return values;
  }

  private Dataset windows(boolean mayLackAnswer) throws IOException {
    Path file = FIXTURE.resolve("questions.json");
    if (!mayLackAnswer) {
      file =
          Files.writeString(
              folder.resolve("questions.json"),
              Files.readString(file)
                  .replace("v2.0", "1.1")
                  .replace("\"is_impossible\": true", "\"is_impossible\": false")
                  .replace("\"answers\": []", "\"answers\": null"));
    }
    assertEquals(mayLackAnswer, SquadFile.read(file).mayLackAnswer());
    ExampleOptions options =
        new ExampleOptions(
            List.of(FeatureRequest.ids("input_ids")),
            LabelRule.spans(false),
            48,
            OptionalInt.empty(),
            OptionalInt.of(0));
    try (TextTokenizer tokenizer =
        TextTokenizer.open(
            TokenizerFinder.given(FIXTURE.resolve("vocab.txt")), 48, Optional.empty())) {
      return QuestionReader.read(List.of(file), options, tokenizer, 12);
    }
  }
}
