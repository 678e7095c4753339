package dev.belay.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.Fixtures;
import dev.belay.train.config.EvaluateConfig;
import dev.belay.train.config.GenerationConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.data.DataException;
import dev.belay.train.failure.ModelException;
import dev.belay.train.model.ModelSandbox;
import dev.belay.train.task.Classification;
import dev.belay.train.task.GeneratedText;
import dev.belay.train.task.Prediction;
import dev.belay.train.tokenize.TextPair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model that stays in memory, against {@code belay predict} on a file of the same texts. */
@Tag("long")
final class PredictorTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path VOCABULARY = Fixtures.path("bert_tf1_ckpt", "vocab.txt");
  private static final Path CLASSIFIER = Fixtures.path("savedmodel_hf_bert", "saved_model");

  /** More than a batch, of lengths that no order of the file brings together. */
  private static final List<String> TEXTS =
      IntStream.range(0, 11)
          .mapToObj(i -> "a b c d ".repeat(1 + i * 5 % 4).strip() + " " + i)
          .toList();

  @TempDir private Path folder;

  private static PredictorOptions options() {
    return PredictorOptions.defaults()
        .withTokenizer(VOCABULARY)
        .withMaxSeqLength(24)
        .withBatchSize(4)
        .withGeneration(GenerationConfig.defaults().withNumBeams(2).withMaxNewTokens(3))
        .withoutWarmUp();
  }

  private static List<Prediction> ofFile(ModelConfig model, PredictorOptions options, Path file)
      throws IOException {
    EvaluateConfig config =
        new EvaluateConfig(
            model,
            options.data(),
            options.machine(),
            List.of(file),
            options.labels(),
            options.generation(),
            options.nBest());
    List<Prediction> predictions = new ArrayList<>();
    ModelEvaluation.predict(config, ModelSandbox.TRUSTING, predictions::add, note -> {});
    return predictions;
  }

  private Path file(String name, List<?> rows) throws IOException {
    List<String> lines = new ArrayList<>();
    for (Object row : rows) {
      lines.add(JSON.writeValueAsString(row));
    }
    return Files.write(folder.resolve(name), lines);
  }

  /** Numbers by the bound of float32, for a batch of other texts sums in another order. */
  private static void assertSame(JsonNode expected, JsonNode found, String where) {
    if (expected.isNumber()) {
      double bound = 1e-5 * Math.max(1, Math.abs(expected.asDouble()));
      assertEquals(expected.asDouble(), found.asDouble(), bound, where);
    } else if (expected.isContainerNode()) {
      assertEquals(expected.size(), found.size(), where);
      if (expected.isArray()) {
        for (int i = 0; i < expected.size(); i++) {
          assertSame(expected.get(i), found.get(i), where + "/" + i);
        }
      } else {
        expected
            .properties()
            .forEach(
                field ->
                    assertSame(
                        field.getValue(),
                        found.path(field.getKey()),
                        where + "/" + field.getKey()));
      }
    } else {
      assertEquals(expected, found, where);
    }
  }

  private static void assertSame(List<?> expected, List<?> found) {
    assertSame(JSON.valueToTree(expected), JSON.valueToTree(found), "");
  }

  private void assertAsOfFile(ModelConfig model, PredictorOptions options, Class<?> type)
      throws IOException {
    List<Map<String, String>> rows = TEXTS.stream().map(text -> Map.of("text", text)).toList();
    List<Prediction> expected = ofFile(model, options, file("texts.jsonl", rows));
    try (Predictor predictor = Predictor.load(model, options)) {
      List<Prediction> found = predictor.predict(TEXTS);
      found.forEach(prediction -> assertInstanceOf(type, prediction));
      assertSame(expected, found);
      for (int i : new int[] {3, 8}) {
        assertSame(expected.subList(i, i + 1), List.of(predictor.predict(TEXTS.get(i))));
      }
    }
  }

  @Test
  void classesAreThoseOfPredictFromEightThreads() throws Exception {
    ModelConfig model = ModelConfig.of(CLASSIFIER);
    assertAsOfFile(model, options(), Classification.class);
    try (Predictor predictor = Predictor.load(model, options().withLabels(List.of("x", "y")))) {
      List<Classification> alone = predictor.predict(TEXTS, Classification.class);
      assertEquals(List.of("x", "y"), predictor.labels());
      ExecutorService threads = Executors.newFixedThreadPool(8);
      List<Future<List<Classification>>> answers = new ArrayList<>();
      for (int i = 0; i < 32; i++) {
        int first = i % TEXTS.size();
        Callable<List<Classification>> asked =
            () -> predictor.predict(TEXTS.subList(first, TEXTS.size()), Classification.class);
        answers.add(threads.submit(asked));
      }
      for (int i = 0; i < answers.size(); i++) {
        assertSame(alone.subList(i % TEXTS.size(), TEXTS.size()), answers.get(i).get());
      }
      threads.shutdown();
    }
  }

  @Test
  void pairsAndTokensAreRowsOfThatKind() throws IOException {
    ModelConfig model = ModelConfig.of(CLASSIFIER);
    List<TextPair> pairs = TEXTS.stream().map(text -> TextPair.of(text, "e f " + text)).toList();
    Path file =
        file(
            "pairs.jsonl",
            pairs.stream()
                .map(pair -> Map.of("text", pair.first(), "text_b", pair.second().orElseThrow()))
                .toList());
    try (Predictor predictor = Predictor.load(model, options())) {
      assertSame(ofFile(model, options(), file), predictor.predictPairs(pairs));
      List<Map<String, ?>> rows =
          List.of(
              Map.of("input_ids", new int[] {2, 40, 41, 3}, "attention_mask", List.of(1, 1, 1, 1)),
              Map.of("input_ids", List.of(2, 40, 3), "attention_mask", List.of(1, 1, 1)));
      assertSame(ofFile(model, options(), file("ids.jsonl", rows)), predictor.predictRows(rows));
      DataException mixed =
          assertThrows(
              DataException.class,
              () -> predictor.predictPairs(List.of(pairs.get(0), TextPair.of("alone"))));
      assertTrue(mixed.getMessage().startsWith("text 2: "), mixed.getMessage());
    }
  }

  @Test
  void questionsAreAnsweredInTheirOrder() throws IOException {
    Path model = Fixtures.path("question_answering");
    PredictorOptions options =
        PredictorOptions.defaults().withMaxSeqLength(48).withBatchSize(4).withoutWarmUp();
    List<Predictor.Question> questions = new ArrayList<>();
    List<Map<String, ?>> rows = new ArrayList<>();
    for (String text : TEXTS) {
      String context = (text + " the tide ").repeat(6);
      questions.add(new Predictor.Question("what is " + text, context));
      rows.add(
          Map.of(
              "id",
              String.valueOf(questions.size()),
              "question",
              "what is " + text,
              "context",
              context));
    }
    try (Predictor predictor = Predictor.load(model, options)) {
      assertSame(
          ofFile(ModelConfig.of(model), options, file("questions.jsonl", rows)),
          predictor.answer(questions));
      ModelException refused =
          assertThrows(ModelException.class, () -> predictor.predict("a text"));
      assertEquals(
          "the model answers questions about texts: use answer(questions)", refused.getMessage());
    }
  }

  @Test
  void languageModelsWriteAndFill() throws IOException {
    assertAsOfFile(
        ModelConfig.of(Fixtures.path("gpt2_tiny", "model.safetensors")),
        options(),
        GeneratedText.class);
    assertAsOfFile(
        ModelConfig.of(Fixtures.path("t5_tiny", "model.safetensors")),
        options(),
        GeneratedText.class);
  }

  @Test
  void whatDoesNotFitIsSaid() throws IOException {
    Predictor predictor = Predictor.load(CLASSIFIER, options());
    assertEquals(List.of(), predictor.predict(List.of()));
    ModelException otherTask =
        assertThrows(ModelException.class, () -> predictor.generate(List.of("a")));
    assertEquals(
        CLASSIFIER + ": the model predicts Classification, and not GeneratedText",
        otherTask.getMessage());
    List<String> texts = new ArrayList<>(List.of("a"));
    texts.add(null);
    DataException nothing = assertThrows(DataException.class, () -> predictor.predict(texts));
    assertTrue(nothing.getMessage().startsWith("text 2: "), nothing.getMessage());
    predictor.close();
    predictor.close();
    IllegalStateException closed =
        assertThrows(IllegalStateException.class, () -> predictor.predict("a"));
    assertEquals(CLASSIFIER + ": this predictor is closed", closed.getMessage());
  }

  @Test
  void aWarmUpChangesNoAnswer() throws IOException {
    PredictorOptions warm = options().withBatchSize(2);
    PredictorOptions warmed =
        new PredictorOptions(
            warm.data(),
            warm.machine(),
            warm.labels(),
            warm.generation(),
            warm.nBest(),
            warm.sandbox(),
            true);
    try (Predictor one = Predictor.load(CLASSIFIER, warm);
        Predictor other = Predictor.load(CLASSIFIER, warmed)) {
      assertSame(one.predict(TEXTS), other.predict(TEXTS));
    }
  }
}
