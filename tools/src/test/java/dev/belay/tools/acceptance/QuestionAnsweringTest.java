package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.Agreement;
import dev.belay.savedmodel.Fixtures;
import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Questions about texts, from SQuAD's file to answers: on weights, and on what is made of them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("long")
final class QuestionAnsweringTest {
  private static final Path FIXTURE = Fixtures.path("question_answering");
  private static final Path QUESTIONS = FIXTURE.resolve("questions.json");
  private static final ObjectMapper JSON = new ObjectMapper();

  private Path folder;
  private Path run;

  @BeforeAll
  void train(@TempDir Path ofClass) {
    folder = ofClass;
    run = folder.resolve("run");
    run(0, training(run, "--max-steps=80", "--eval-steps=40", "--load-best-model-at-end"));
  }

  private static List<String> training(Path out, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "--model=" + FIXTURE,
                "--head=question-answering",
                "--train-file=" + QUESTIONS,
                "--validation-file=" + QUESTIONS,
                "--output-dir=" + out,
                "--max-seq-length=64",
                "--doc-stride=20",
                "--train-batch-size=8",
                "--learning-rate=5e-3",
                "--lr-scheduler=constant",
                "--device=cpu"));
    arguments.addAll(List.of(more));
    return arguments;
  }

  private static ProgramRun run(int code, List<String> arguments) {
    ProgramRun run = ProgramRun.of(arguments);
    assertEquals(code, run.code(), run.err());
    return run;
  }

  private static ProgramRun ask(String command, Path model, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                command,
                "--model=" + model,
                "--file=" + QUESTIONS,
                "--doc-stride=20",
                "--device=cpu"));
    arguments.addAll(List.of(more));
    return run(0, arguments);
  }

  /** The loss of starts and ends, and its gradient, as Hugging Face's model has them. */
  @Test
  void aTrainingIsThatOfPython() throws IOException {
    Path out = folder.resolve("golden");
    JsonNode golden = Fixtures.json(FIXTURE.resolve("training.json"));
    run(
        0,
        List.of(
            "train",
            "--model=" + FIXTURE,
            "--train-file=" + QUESTIONS,
            "--output-dir=" + out,
            "--max-seq-length=48",
            "--doc-stride=12",
            "--train-batch-size=" + golden.get("windows").asInt(),
            "--max-steps=6",
            "--shuffle=off",
            "--dropout=off",
            "--optimizer=adam",
            "--learning-rate=1e-3",
            "--lr-scheduler=constant",
            "--adam-epsilon=1e-8",
            "--weight-decay=0",
            "--device=cpu"));
    Agreement.assertTrained(
        GoldenModel.numbers(golden.get("loss")).subList(0, 6),
        GoldenModel.numbers(golden.get("pre_clip_norm")).subList(0, 6),
        MetricsFile.trained(out, "loss"),
        MetricsFile.trained(out, "grad_norm"));
  }

  @Test
  void everyQuestionIsAnsweredByEveryFormOfTheModel() throws IOException {
    Path exported = folder.resolve("huggingface");
    run(0, List.of("export", run.toString(), "--format=huggingface", "--output-dir=" + exported));
    for (Path model : List.of(run, run.resolve("export/1"), exported)) {
      JsonNode result =
          JSON.readTree(ask("evaluate", model, "--json", "--max-seq-length=64").out());
      assertEquals(11, result.path("examples").asInt(), result.toString());
      assertEquals(1, result.path("metrics").path("exact_match").asDouble(), result.toString());
      assertEquals(1, result.path("metrics").path("f1").asDouble(), result.toString());
      assertEquals(
          "[\"BertForQuestionAnswering\"]",
          JSON.readTree(Files.readString(configuration(model))).path("architectures").toString());
    }
  }

  private Path configuration(Path model) {
    Path extra = (model.equals(run) ? run.resolve("export/1") : model).resolve("assets.extra");
    return Files.isDirectory(extra) ? extra.resolve("config.json") : model.resolve("config.json");
  }

  @Test
  void eachQuestionHasALine() throws IOException {
    List<String> lines = ask("predict", run.resolve("export/1")).out().lines().toList();
    assertEquals(11, lines.size());
    JsonNode where = JSON.readTree(lines.get(6));
    assertEquals("q10", where.path("id").asText());
    assertEquals("Łódź", where.path("answer").asText());
    assertEquals(26, where.path("start").asInt());
    assertEquals(30, where.path("end").asInt());
    assertTrue(where.path("n_best").isMissingNode());
    JsonNode behindAShip = JSON.readTree(lines.get(5));
    assertEquals("the tide", behindAShip.path("answer").asText());
    assertEquals(203, behindAShip.path("start").asInt(), "an emoji is one character");
    JsonNode none = JSON.readTree(lines.get(4));
    assertEquals("", none.path("answer").asText());
    assertTrue(none.path("start").isMissingNode());
    assertTrue(none.path("no_answer_difference").asDouble() > 0);
  }

  @Test
  void candidatesAreToldIfTheyAreAskedFor() throws IOException {
    String first = ask("predict", run, "--n-best", "--n-best-size=3").out().lines().toList().get(0);
    JsonNode candidates = JSON.readTree(first).path("n_best");
    assertEquals("the Giant Mountains", candidates.get(0).path("answer").asText());
    assertEquals("", candidates.get(3).path("answer").asText(), "that there is none");
    double shares = 0;
    for (JsonNode candidate : candidates) {
      shares += candidate.path("score").asDouble();
    }
    assertEquals(1, shares, 1e-6);
  }

  /** Mid-epoch, with dropout and another order each epoch. */
  @Test
  void aRunThatWasStoppedGoesOn() throws IOException {
    run(0, training(folder.resolve("whole"), "--max-steps=6"));
    for (String steps : List.of("3", "6")) {
      run(
          0,
          training(
              folder.resolve("halves"),
              "--max-steps=" + steps,
              "--save-steps=3",
              "--allow-changes"));
    }
    assertEquals(
        MetricsFile.trained(folder.resolve("whole"), "loss").subList(3, 6),
        MetricsFile.trained(folder.resolve("halves"), "loss").subList(3, 6));
  }

  @Test
  void whatIsNoFileOfQuestionsIsRefused() throws IOException {
    Path rows = Files.writeString(folder.resolve("rows.tsv"), "text\tlabel\na\tb\n");
    List<String> arguments = training(folder.resolve("refused"));
    arguments.set(3, "--train-file=" + rows);
    assertTrue(
        run(3, arguments).err().contains("questions are read from SQuAD's .json"),
        "what to give instead");
    arguments = training(folder.resolve("refused"));
    arguments.set(2, "--head=classification");
    assertTrue(
        run(3, arguments).err().contains("SQuAD's questions are read by --head question-answering"),
        "which head reads it");
  }
}
