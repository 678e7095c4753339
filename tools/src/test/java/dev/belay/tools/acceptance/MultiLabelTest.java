package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.savedmodel.Fixtures;
import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Texts with any number of labels, from a file to answers and to every form of the model. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class MultiLabelTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> METRICS =
      List.of("loss", "micro_f1", "macro_f1", "subset_accuracy");

  private Path folder;
  private Path data;
  private Path vocabulary;

  @BeforeAll
  void train(@TempDir Path ofClass) throws IOException {
    folder = ofClass;
    data =
        Files.writeString(
            folder.resolve("texts.tsv"),
            """
            text\tlabels
            a c\tred
            b c\tblue
            a b\tblue|red
            c c\t
            b a c\tred|blue
            """);
    vocabulary =
        Files.writeString(
            folder.resolve("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\n");
    run(
        "train",
        "--model=" + Fixtures.path("safetensors_bert"),
        "--head=classification",
        "--problem-type=multi_label_classification",
        "--train-file=" + data,
        "--validation-file=" + data,
        "--tokenizer=" + vocabulary,
        "--output-dir=" + run(),
        "--max-steps=60",
        "--eval-steps=20",
        "--save-steps=20",
        "--lr-scheduler=constant",
        "--learning-rate=3e-3",
        "--dropout=off",
        "--load-best-model-at-end",
        "--device=cpu");
  }

  private Path run() {
    return folder.resolve("run");
  }

  @Test
  void everyFormOfTheModelHasTheSameMetrics() throws IOException {
    List<Double> scores = MetricsFile.evaluated(run(), "micro_f1");
    assertEquals(1, scores.get(scores.size() - 1), scores.toString());
    Path huggingFace = folder.resolve("hf");
    run("export", "" + run(), "--format=huggingface", "--output-dir=" + huggingFace);
    run("export", "" + run(), "--output-dir=" + folder.resolve("again"));
    JsonNode first = evaluate(run());
    assertEquals(1, first.at("/metrics/micro_f1").asDouble(), first.toString());
    assertEquals(1, first.at("/metrics/subset_accuracy").asDouble());
    assertEquals(JSON.readTree("[\"blue\", \"red\"]"), first.get("labels"));
    for (Path model : List.of(huggingFace, folder.resolve("again/1"))) {
      JsonNode metrics = evaluate(model).get("metrics");
      for (String name : METRICS) {
        assertEquals(first.get("metrics").get(name).asDouble(), metrics.get(name).asDouble(), 1e-6);
      }
    }
    for (Path file :
        List.of(
            huggingFace.resolve("config.json"),
            run().resolve("export/1/assets.extra/config.json"))) {
      JsonNode configuration = JSON.readTree(file.toFile());
      assertEquals("multi_label_classification", configuration.get("problem_type").asText());
      assertEquals("red", configuration.at("/id2label/1").asText());
    }
  }

  @Test
  void everyLabelHasAProbability() throws IOException {
    Path texts = Files.writeString(folder.resolve("new.tsv"), "text\nc c\na b\n");
    List<String> lines =
        run("predict", "--model=" + run(), "--file=" + texts, "--device=cpu")
            .out()
            .lines()
            .toList();
    assertEquals(2, lines.size());
    JsonNode none = JSON.readTree(lines.get(0));
    assertEquals("[]", none.get("labels").toString());
    assertTrue(none.at("/scores/red").asDouble() < 0.5, none.toString());
    JsonNode both = JSON.readTree(lines.get(1));
    assertEquals("[\"blue\",\"red\"]", both.get("labels").toString());
    double logit = both.at("/logits/1").asDouble();
    assertEquals(1 / (1 + Math.exp(-logit)), both.at("/scores/red").asDouble(), 1e-6);
  }

  @Test
  void theLabelsOfAnotherModelAreRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("bad.tsv"), "text\tlabels\na\tred|green\n");
    assertRefused(
        file + ":2: unknown label 'green'; expected one of blue, red",
        "evaluate",
        "--model=" + run(),
        "--file=" + file);
    assertRefused(
        "the model has 2 outputs and 3 names of labels: x, y, z; expected one for each output, in"
            + " their order (--labels, or labels.txt in the model's assets.extra)",
        "predict",
        "--model=" + run(),
        "--labels=x,y,z",
        "--file=" + data);
  }

  /** A SavedModel of Hugging Face has its config.json above it; its logits are all that it says. */
  @Test
  void aSavedModelsOwnHeadIsTrained() throws IOException {
    Path model = folder.resolve("theirs/saved_model/1");
    copy(Fixtures.path("savedmodel_hf_bert", "saved_model"), model);
    ObjectNode configuration =
        (ObjectNode) JSON.readTree(Fixtures.path("savedmodel_hf_bert", "config.json").toFile());
    Path described = folder.resolve("theirs/config.json");
    JSON.writeValue(
        described.toFile(), configuration.put("problem_type", "multi_label_classification"));
    Path batch = Fixtures.path("multi_label", "batch.jsonl");
    Path out = folder.resolve("imported");
    trainOn(model, batch, out);
    assertEquals(
        "multi_label_classification\n",
        Files.readString(out.resolve("export/1/assets.extra/problem_type.txt")));
    List<Double> scores = MetricsFile.evaluated(out, "loss");
    assertTrue(scores.get(1) < scores.get(0), scores.toString());
    Files.delete(described); // from here on the export says it itself
    JsonNode evaluated =
        JSON.readTree(run("evaluate", "--model=" + out, "--file=" + batch, "--json").out());
    assertEquals(scores.get(1), evaluated.at("/metrics/loss").asDouble(), 1e-6);
    assertTrue(evaluated.at("/metrics").has("subset_accuracy"), evaluated.toString());
  }

  @Test
  void aNewHeadOfASavedModelMayBeAskedForInstead() throws IOException {
    Path out = folder.resolve("headed");
    Path batch = Fixtures.path("headless_bert", "classification.jsonl");
    trainOn(
        Fixtures.path("headless_bert", "saved_model"),
        batch,
        out,
        "--head=classification",
        "--features=pooler_output",
        "--problem-type=multi_label_classification");
    JsonNode evaluated =
        JSON.readTree(run("evaluate", "--model=" + out, "--file=" + batch, "--json").out());
    assertTrue(evaluated.at("/metrics").has("macro_f1"), evaluated.toString());
  }

  /** What an export says of the run before must not stay. */
  @Test
  void aModelOfSetsLearnsSingleClassesAgain() throws IOException {
    Path single = folder.resolve("single");
    Path classes = Fixtures.path("safetensors_bert", "batch.jsonl");
    trainOn(
        run().resolve("export/1"), classes, single, "--problem-type=single_label_classification");
    assertEquals(
        "single_label_classification\n",
        Files.readString(single.resolve("export/1/assets.extra/problem_type.txt")));
    JsonNode evaluated =
        JSON.readTree(run("evaluate", "--model=" + single, "--file=" + classes, "--json").out());
    assertTrue(evaluated.at("/metrics").has("accuracy"), evaluated.toString());
  }

  @Test
  void otherHeadsHaveNoSetsOfLabels() {
    assertRefused(
        "--problem-type multi_label_classification is about classes of whole examples, and the head"
            + " is token-classification: leave it out, or train a new head with --head"
            + " classification",
        "train",
        "--model=" + Fixtures.path("safetensors_bert"),
        "--head=token-classification",
        "--problem-type=multi_label_classification",
        "--train-file=" + data,
        "--output-dir=" + folder.resolve("refused"));
  }

  private static void trainOn(Path model, Path file, Path out, String... more) {
    List<String> arguments =
        List.of(
            "train",
            "--model=" + model,
            "--train-file=" + file,
            "--validation-file=" + file,
            "--output-dir=" + out,
            "--max-steps=5",
            "--eval-steps=5",
            "--learning-rate=1e-3",
            "--dropout=off",
            "--device=cpu");
    run(Stream.concat(arguments.stream(), Arrays.stream(more)).toArray(String[]::new));
  }

  private JsonNode evaluate(Path model) throws IOException {
    return JSON.readTree(
        run(
                "evaluate",
                "--model=" + model,
                "--file=" + data,
                "--tokenizer=" + vocabulary,
                "--json",
                "--device=cpu")
            .out());
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
  }

  private static void assertRefused(String message, String... arguments) {
    ProgramRun run = ProgramRun.of(List.of(arguments));
    assertTrue(run.code() == 2 || run.code() == 3, run.code() + run.err());
    assertTrue(run.err().contains(message), run.err());
  }

  private static ProgramRun run(String... arguments) {
    ProgramRun run = ProgramRun.of(List.of(arguments));
    assertEquals(0, run.code(), run.err());
    return run;
  }
}
