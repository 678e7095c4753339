package dev.belay.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.Agreement;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.weights.SentenceModules;
import dev.belay.savedmodel.weights.WeightTarget;
import dev.belay.train.config.ConfigException;
import dev.belay.train.config.EvaluateConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.event.RunEvent;
import dev.belay.train.model.ModelSandbox;
import dev.belay.train.task.Embedding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders of sentence-transformers give the vectors, losses and metrics that PyTorch computes. */
@Tag("long")
final class SentenceEmbeddingTest {
  @TempDir private Path folder;

  private TrainConfig config(String name, Map<String, String> changes) {
    Path heldOut = Fixtures.path("sentence_embeddings", name, "held_out.jsonl");
    Map<String, String> evaluated = new HashMap<>(Map.of("validation-file", heldOut.toString()));
    evaluated.putAll(changes);
    return EmbeddingRuns.config(folder, name, evaluated);
  }

  private static void assertVectors(JsonNode golden, Path model, Path texts) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(texts)) {
      lines.add(new ObjectMapper().readTree(line).get("text").asText());
    }
    try (Predictor predictor = Predictor.load(model, PredictorOptions.defaults().withoutWarmUp())) {
      List<Embedding> found = predictor.predict(lines, Embedding.class);
      assertEquals(golden.size(), found.size());
      for (int i = 0; i < golden.size(); i++) {
        for (int j = 0; j < golden.get(i).size(); j++) {
          assertEquals(golden.get(i).get(j).asDouble(), found.get(i).embedding().get(j), 1e-5);
        }
      }
    }
  }

  private static void assertMetrics(JsonNode golden, Map<String, Double> found) {
    golden
        .properties()
        .forEach(
            metric ->
                assertEquals(
                    metric.getValue().asDouble(),
                    found.get(metric.getKey()),
                    1e-4,
                    metric.getKey()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert", "roberta", "mpnet", "distilbert"})
  void trainsAsSentenceTransformers(String name) throws IOException {
    Path fixture = Fixtures.path("sentence_embeddings", name);
    JsonNode golden = Fixtures.json(fixture.resolve("goldens.json"));
    Path held = fixture.resolve("held_out.jsonl");
    assertVectors(golden.get("vectors"), fixture.resolve("model"), held);
    List<RunEvent.Trained> steps = new ArrayList<>();
    TrainingRun.Result result =
        TrainingRun.execute(
            config(name, Map.of()),
            List.of(),
            event -> {
              if (event instanceof RunEvent.Trained step) {
                steps.add(step);
              }
            });
    assertMetrics(golden.get("metrics"), result.startMetrics());
    assertMetrics(golden.get("metrics_after"), result.finalMetrics());
    assertEquals(5, steps.size());
    for (int i = 0; i < 5; i++) {
      double loss = golden.get("loss").get(i).asDouble();
      Agreement.assertClose(loss, steps.get(i).loss(), 1e-5, "loss of step " + (i + 1));
      double norm = golden.get("norm").get(i).asDouble();
      Agreement.assertClose(norm, steps.get(i).gradNorm(), 1e-4, "norm of step " + (i + 1));
    }
    assertVectors(golden.get("vectors_after"), folder.resolve("run"), held);
    EvaluateConfig again =
        EvaluateConfig.fromOptions(
            Map.of("model", folder.resolve("run").toString(), "file", held.toString()));
    assertMetrics(
        golden.get("metrics_after"),
        ModelEvaluation.evaluate(again, ModelSandbox.TRUSTING).metrics());
    Path written = folder.resolve("written");
    ModelExport.export(folder.resolve("run"), WeightTarget.HUGGINGFACE, written);
    assertEquals(SentenceModules.read(fixture.resolve("model")), SentenceModules.read(written));
    assertVectors(golden.get("vectors_after"), written, held);
  }

  /**
   * A session that holds the rows of the words in a run holds those of every text of an example.
   */
  @Test
  void rowsOfWordsInAllTextsAreHeld() throws IOException {
    Path texts = folder.resolve("texts.jsonl");
    Files.writeString(
        texts,
        """
        {"text": "a cat", "positive": "dog ran", "negative": "a mat"}
        {"text": "the cat", "positive": "the bird", "negative": "a dog ran"}
        """);
    List<List<Double>> losses = new ArrayList<>();
    for (String full : List.of("on", "off")) {
      List<Double> steps = new ArrayList<>();
      losses.add(steps);
      Map<String, String> changes = new HashMap<>(Map.of("train-file", texts.toString()));
      changes.put("validation-file", texts.toString());
      changes.put("full-vocabulary", full);
      changes.put("num-train-epochs", "3");
      changes.put("output-dir", folder.resolve(full).toString());
      TrainingRun.execute(
          config("bert", changes),
          List.of(),
          event -> {
            if (event instanceof RunEvent.Trained step) {
              steps.add((double) step.loss());
            } else if (event instanceof RunEvent.Started begun) {
              boolean held =
                  begun.notes().stream().anyMatch(note -> note.startsWith("vocabulary: "));
              assertEquals(full.equals("off"), held, begun.notes().toString());
            }
          });
    }
    for (int i = 0; i < losses.get(0).size(); i++) {
      Agreement.assertClose(losses.get(0).get(i), losses.get(1).get(i), 1e-6, "step " + (i + 1));
    }
    assertEquals(3, losses.get(1).size());
  }

  @Test
  void optionsReplaceWhatTheFilesSay() throws IOException {
    Path plain = folder.resolve("plain");
    Files.createDirectories(plain);
    Path model = Fixtures.path("sentence_embeddings", "bert", "model");
    for (String file : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      Files.copy(model.resolve(file), plain.resolve(file));
    }
    TrainConfig config =
        config(
            "bert",
            Map.of(
                "model", plain.toString(),
                "head", "sentence-embedding",
                "pooling", "last",
                "normalize", "off",
                "max-seq-length", "16",
                "max-steps", "1"));
    TrainingRun.Result result = TrainingRun.execute(config, List.of(), event -> {});
    assertEquals(
        new SentenceModules(SentenceModules.Pooling.LAST, false, OptionalInt.of(16)),
        SentenceModules.read(result.exportDirectory().resolve("assets.extra")).orElseThrow());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "roberta | train-batch-size | 1 | expected at least 2 pairs, found 1",
        "bert | gradient-accumulation-steps | 2 | would rank each text within a part of the batch",
        "bert | device | gpu:0,1 | several devices or workers would each compare a share",
        "bert | text-pair-column | positive2 | there is no such column",
        "bert | head | classification | missing column: expected a column 'label'",
        "distilbert | label-column | text | expected numbers",
        "distilbert | block-size | 8 | --block-size is for --head causal-lm and masked-lm",
        "distilbert | metric-for-best-model | mrr | a metric of this task: loss, spearman, pearson",
      })
  void refusesWhatWouldBeAnotherLoss(String name, String option, String value, String message) {
    Throwable refusal =
        assertThrows(
            Exception.class,
            () -> TrainingRun.execute(config(name, Map.of(option, value)), List.of(), e -> {}));
    assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "5 | a cat | expected a cosine from -1 to 1 (similarities from 0 to 5",
        "0.5 | | column 'text_b': expected a text",
      })
  void refusesScoresAndTextsThatAreNone(String score, String text, String message)
      throws IOException {
    Path data = folder.resolve("data.tsv");
    String second = text == null ? " " : text;
    Files.writeString(data, "text\ttext_b\tscore\na dog\t" + second + "\t" + score + "\n");
    Throwable refusal =
        assertThrows(
            Exception.class,
            () ->
                TrainingRun.execute(
                    config("bert", Map.of("train-file", data.toString())), List.of(), e -> {}));
    assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
  }

  @Test
  void refusesPoolingForOtherHeads() {
    String message =
        assertThrows(
                ConfigException.class,
                () -> config("bert", Map.of("head", "regression", "pooling", "cls")))
            .getMessage();
    assertTrue(message.contains("--pooling and --normalize are for vectors"), message);
  }
}
