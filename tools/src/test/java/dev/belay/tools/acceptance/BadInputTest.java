package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.Fixtures;
import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What people get wrong is answered with what is wrong, where, and what to do. */
final class BadInputTest {
  private static final Path MODEL = Fixtures.path("savedmodel_keras_bert", "saved_model");
  private static final Path BATCH = Fixtures.path("savedmodel_keras_bert", "batch.jsonl");
  private static final String ROW_OF_300 =
      "{\"input_ids\": [2, 300, 3], \"attention_mask\": [1, 1, 1], \"label\": 1}";
  private static final Path HEADLESS = Fixtures.path("headless_bert");

  @TempDir Path folder;

  private Path run() {
    return folder.resolve("run");
  }

  private ProgramRun train(String... more) {
    List<String> command = new ArrayList<>(List.of("train", "--model=" + MODEL, "--device=cpu"));
    command.addAll(List.of(more));
    if (command.stream().noneMatch(option -> option.startsWith("--output-dir"))) {
      command.add("--output-dir=" + run());
    }
    return ProgramRun.of(command);
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  /** Refused as input, before any step was taken. */
  private void assertRefused(ProgramRun run, String message) {
    assertEquals(message + "\n", run.err());
    assertEquals(3, run.code());
    assertEquals("", run.out());
    assertFalse(Files.exists(run().resolve("export")));
    assertFalse(Files.exists(run().resolve("checkpoints")));
  }

  @Test
  void trainingDataOfOneClass() throws IOException {
    Path file =
        file(
            "a.jsonl",
            "{\"input_ids\": [2, 3], \"attention_mask\": [1, 1], \"label\": 1}\n".repeat(12));
    assertRefused(
        train("--train-file=" + file),
        "belay train: "
            + file
            + ": all 12 examples are of the class '1', so there is nothing to learn; expected"
            + " examples of at least two classes. Check the column of the labels (--label-column),"
            + " or add examples of another class, such as a further --train-file");
    assertFalse(Files.exists(run()));
  }

  @Test
  void missingColumn() throws IOException {
    Path file = file("a.jsonl", "{\"words\": [2, 3], \"label\": 0}\n");
    assertRefused(
        train("--train-file=" + file),
        "belay train: "
            + file
            + ":1: missing column: expected a text column: text (or sentence), for pairs text and"
            + " text_b; or input_ids for pre-tokenised data; found columns: words, label; name it"
            + " with --text-column, or rename the keys of the objects");
  }

  @Test
  void unknownLabelAtEvaluation() throws IOException {
    ProgramRun training =
        ProgramRun.of(
            List.of(
                "train",
                "--model=" + HEADLESS.resolve("saved_model"),
                "--head=classification",
                "--features=pooler_output",
                "--train-file=" + HEADLESS.resolve("classification.jsonl"),
                "--output-dir=" + run(),
                "--max-steps=1",
                "--device=cpu"));
    assertEquals(0, training.code(), training.err());
    Path file =
        file(
            "b.jsonl",
            """
            {"input_ids": [2, 3], "label": "joy"}
            {"input_ids": [2, 3], "label": "sadnes"}
            """);
    ProgramRun evaluation =
        ProgramRun.of(List.of("evaluate", "--model=" + run(), "--file=" + file));
    assertEquals(
        "belay evaluate: "
            + file
            + ":2: unknown label 'sadnes'; expected one of anger, joy, sadness, surprise; did you"
            + " mean sadness?\n",
        evaluation.err());
    assertEquals(3, evaluation.code());
  }

  @Test
  void emptyFile() throws IOException {
    Path file = file("empty.tsv", "");
    assertRefused(
        train("--train-file=" + file),
        "belay train: " + file + ": the file is empty; expected at least one row");
  }

  @Test
  void aLineOfAMegabyteIsAnExampleLikeAnyOther() throws IOException {
    Path vocabulary = file("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ngood\nbad\n");
    String text = "good bad ".repeat(120_000);
    Path file = file("long.tsv", "text\tlabel\n" + text + "\t1\nbad\t0\n");
    assertTrue(Files.size(file) > 1 << 20);
    ProgramRun training =
        train(
            "--train-file=" + file,
            "--tokenizer=" + vocabulary,
            "--max-seq-length=16",
            "--max-steps=1");
    assertEquals(0, training.code(), training.err());
    assertTrue(training.err().contains("1 of 2 texts were cut to 16 tokens"), training.err());
  }

  @Test
  void wrongEncoding() throws IOException {
    Path file = folder.resolve("latin.tsv");
    Files.write(file, "text\tlabel\ncaf\u00e9 au lait\t1\n".getBytes(StandardCharsets.ISO_8859_1));
    assertRefused(
        train("--train-file=" + file),
        "belay train: "
            + file
            + ":2: byte 14: expected UTF-8, found bytes E9 20 61 75, which looks like windows-1252:"
            + " convert the file first, for example iconv -f windows-1252 -t UTF-8 "
            + file
            + " > "
            + file
            + ".utf8");
  }

  @Test
  void aSignatureThatDoesNotExist() {
    ProgramRun run = train("--train-file=" + BATCH, "--signature=serving_defualt");
    assertEquals(3, run.code());
    assertTrue(
        run.err()
            .startsWith(
                "belay train: "
                    + MODEL.resolve("saved_model.pb")
                    + ": function 'serving_defualt': there is no such signature or function; the"
                    + " model has the signatures signatures/serving_default(input_ids "),
        run.err());
    assertTrue(
        run.err().contains(" and the functions ")
            && run.err().contains("call_and_return_all_conditional_losses"),
        run.err());
  }

  @Test
  void anInputNameThatDoesNotExist() {
    assertRefused(
        train("--train-file=" + BATCH, "--inputs=attention_mask=mask"),
        "belay train: --inputs attention_mask=mask: signatures/serving_default has no input 'mask';"
            + " it has [input_ids, input_mask]");
  }

  @Test
  void idsOutsideTheVocabulary() throws IOException {
    Path file = file("ids.jsonl", Files.readString(BATCH) + ROW_OF_300 + "\n");
    assertRefused(
        train("--train-file=" + file),
        "belay train: "
            + file
            + ":5: column 'input_ids', element 1: id 300 is outside the vocabulary; expected 0 to"
            + " 299; were the ids made with another tokenizer than the model's?");
  }

  @Test
  void anOutputDirectoryThatIsNotEmpty() throws IOException {
    Files.createDirectories(run());
    Path kept = Files.writeString(run().resolve("notes.txt"), "mine");
    ProgramRun run = train("--train-file=" + BATCH);
    assertEquals(
        "belay train: --output-dir: expected a new or an empty directory, so that no run is "
            + "overwritten, found "
            + run()
            + ", which holds files; choose another, or remove it first\nSee `belay train "
            + "--help`.\n",
        run.err());
    assertEquals(2, run.code());
    assertEquals("mine", Files.readString(kept));
    try (var files = Files.list(run())) {
      assertEquals(List.of(kept), files.toList());
    }
  }

  /** Permission bits do not stop root, who may run these tests: these places stop everyone. */
  @Test
  void aDirectoryThatCannotBeWritten() throws IOException {
    ProgramRun system = train("--train-file=" + BATCH, "--output-dir=/proc/belay");
    assertEquals(
        "belay train: --output-dir: cannot write to /proc/belay: No such file or directory. Check"
            + " the path, and whether the directory was moved, removed or unmounted\n",
        system.err());
    assertEquals(5, system.code());
    Path file = file("file", "");
    ProgramRun under = train("--train-file=" + BATCH, "--output-dir=" + file.resolve("run"));
    assertEquals(
        "belay train: --output-dir: cannot write to "
            + file.resolve("run")
            + ": Not a directory. Part of the path is a file: choose another path, or remove the"
            + " file\n",
        under.err());
    assertEquals(5, under.code());
  }

  @Test
  void anOptionWithATypo() {
    ProgramRun run = train("--train-file=" + BATCH, "--max-grad-nrom=1");
    assertEquals(
        """
        belay train: --max-grad-nrom: unknown option; did you mean --max-grad-norm?
        See `belay train --help`.
        """,
        run.err());
    assertEquals(2, run.code());
    assertFalse(Files.exists(run()));
  }
}
