package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.Fixtures;
import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Words with labels, from a file to answers: on weights, and on the SavedModel made of them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TokenClassificationTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Path folder;
  private Path data;

  @BeforeAll
  void train(@TempDir Path ofClass) throws IOException {
    folder = ofClass;
    data =
        Files.writeString(
            folder.resolve("words.tsv"),
            """
            text\tlabels
            c a ab a\tO B-X I-X O
            b a\tB-X O
            """);
    Path vocabulary =
        Files.writeString(
            folder.resolve("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##b\n");
    run(
        "train",
        "--model=" + Fixtures.path("safetensors_bert", "model.safetensors"),
        "--head=token-classification",
        "--train-file=" + data,
        "--validation-file=" + data,
        "--tokenizer=" + vocabulary,
        "--output-dir=" + folder.resolve("run"),
        "--max-steps=30",
        "--lr-scheduler=constant",
        "--learning-rate=3e-3",
        "--dropout=off",
        "--load-best-model-at-end",
        "--device=cpu");
  }

  @Test
  void entitiesAreMeasured() throws IOException {
    JsonNode result =
        JSON.readTree(
            run("evaluate", "--model=" + folder.resolve("run"), "--file=" + data, "--json").out());
    assertEquals(1, result.path("metrics").path("f1").asDouble(), result.toString());
    assertEquals(1, result.path("metrics").path("accuracy").asDouble());
    assertEquals(JSON.readTree("[\"B-X\", \"I-X\", \"O\"]"), result.path("labels"));
  }

  @Test
  void eachWordHasItsAnswerOrIsSaidToBeCut() throws IOException {
    Path texts = Files.writeString(folder.resolve("texts.tsv"), "text\nb a\nc a ab a\n");
    List<String> lines =
        run(
                "predict",
                "--model=" + folder.resolve("run"),
                "--file=" + texts,
                "--max-seq-length=5",
                "--device=cpu")
            .out()
            .lines()
            .toList();
    assertEquals(2, lines.size());
    JsonNode whole = JSON.readTree(lines.get(0));
    assertEquals(JSON.readTree("[\"b\", \"a\"]"), whole.path("words"));
    assertEquals(JSON.readTree("[\"B-X\", \"O\"]"), whole.path("labels"));
    assertEquals(2, whole.path("scores").size());
    assertTrue(whole.path("words_cut").isMissingNode());
    JsonNode cut = JSON.readTree(lines.get(1));
    assertEquals(4, cut.path("labels").size());
    assertTrue(cut.path("labels").get(3).isNull(), cut.toString());
    assertEquals(1, cut.path("words_cut").asInt());
  }

  /**
   * Its own graph, logits [batch, tokens, classes] and a labels.txt are all that is known of it.
   */
  @Test
  void aSavedModelIsTrainedOn() throws IOException {
    run(
        "train",
        "--model=" + folder.resolve("run/export/1"),
        "--train-file=" + data,
        "--validation-file=" + data,
        "--output-dir=" + folder.resolve("again"),
        "--max-steps=1",
        "--learning-rate=1e-5",
        "--dropout=off",
        "--device=cpu");
    List<Double> scores = MetricsFile.evaluated(folder.resolve("again"), "f1");
    assertEquals(List.of(1.0, 1.0), scores);
  }

  private static ProgramRun run(String... arguments) {
    ProgramRun run = ProgramRun.of(List.of(arguments));
    assertEquals(0, run.code(), run.err());
    return run;
  }
}
