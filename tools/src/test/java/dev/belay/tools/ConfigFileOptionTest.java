package dev.belay.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.config.OptimizerConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --config}. */
final class ConfigFileOptionTest {
  private static final String COMPLETE =
      """
      # What the first example trains
      model: m
      train-file: [a.tsv, b.tsv]
      output_dir: runs/a
      """;

  private final FakeTrainApi trainApi = new FakeTrainApi();

  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = directory.resolve("run.yaml");
  }

  private ProgramRun train(String yaml, String... arguments) throws IOException {
    Files.writeString(file, yaml);
    String[] all = new String[arguments.length + 2];
    all[0] = "train";
    all[1] = "--config=" + file;
    System.arraycopy(arguments, 0, all, 2, arguments.length);
    return ProgramRun.of(trainApi, all);
  }

  private void assertRefused(String expected, ProgramRun run) {
    assertEquals(2, run.code(), run.err());
    assertEquals(
        "belay train: "
            + expected.replace("FILE", file.toString())
            + "\nSee `belay train --help`.\n",
        run.err());
  }

  @Test
  void everyKindOfOptionCanStandInTheFile() throws IOException {
    ProgramRun run =
        train(
            COMPLETE
                + """
                learning_rate: 3e-5
                optimizer: bert_adam
                max-steps: 1_000
                dropout: off
                shuffle: true
                group-by-length: yes
                accept-custom-gradient: false
                seed: 7
                freeze: ^embeddings/
                inputs:
                  input_ids: ids
                  attention_mask: mask
                allow-no-gradient:
                  - pooler
                  - position
                """
                    .replace("1_000", "1000"));
    assertEquals(0, run.code(), run.err());
    assertEquals(List.of(Path.of("a.tsv"), Path.of("b.tsv")), trainApi.trained.data().trainFiles());
    assertEquals(Path.of("runs/a"), trainApi.trained.outputDirectory());
    assertEquals(3e-5, trainApi.trained.optimizer().learningRate());
    assertEquals(OptimizerConfig.Kind.BERT_ADAM, trainApi.trained.optimizer().kind());
    assertEquals(OptionalInt.of(1000), trainApi.trained.schedule().maxSteps());
    assertFalse(trainApi.trained.model().dropout());
    assertTrue(trainApi.trained.data().shuffle());
    assertTrue(trainApi.trained.data().groupByLength());
    assertFalse(trainApi.trained.model().trust().naturalGradients());
    assertEquals(7, trainApi.trained.machine().seed());
    assertEquals("^embeddings/", trainApi.trained.model().freeze().orElseThrow().pattern());
    assertEquals(
        Map.of("input_ids", "ids", "attention_mask", "mask"), trainApi.trained.model().inputs());
    assertEquals(2, trainApi.trained.model().trust().withoutGradient().size());
  }

  @Test
  void theCommandLineWinsInEitherSpelling() throws IOException {
    ProgramRun run = train(COMPLETE + "learning-rate: 1\n", "--learning_rate=2", "--train-file=c");
    assertEquals(0, run.code(), run.err());
    assertEquals(2, trainApi.trained.optimizer().learningRate());
    assertEquals(List.of(Path.of("c")), trainApi.trained.data().trainFiles());
  }

  @Test
  void jsonIsYamlToo() throws IOException {
    ProgramRun run =
        train("{\"model\": \"m\", \"train_file\": [\"a.tsv\"], \"output_dir\": \"r\"}\n");
    assertEquals(0, run.code(), run.err());
  }

  @Test
  void unknownKeysAreAllNamedWithTheirLines() throws IOException {
    assertRefused(
        """
        2 options need a change:
          FILE, line 5: learning-rte: unknown option of `belay train`; did you mean learning-rate?
          FILE, line 6: colour: unknown option of `belay train`""",
        train(COMPLETE + "learning-rte: 5e-5\ncolour: red\nseed: 1\n"));
  }

  @Test
  void anUnknownKeyOfARunsConfigNamesTheVersionThatWroteIt() throws IOException {
    Files.writeString(directory.resolve("run.json"), "{\"belay\": \"0.9.3\"}");
    String err = train(COMPLETE + "lookahead: 5\n").err();
    assertTrue(err.contains("lookahead: unknown option of `belay train`; the run was"), err);
    assertTrue(err.contains("written by Belay 0.9.3, this is"), err);
  }

  @Test
  void aValueThatCannotBeIsRefusedWithItsLine() throws IOException {
    assertRefused(
        """
        2 options need a change:
          FILE, line 5: --learning-rate: expected a number, found 'fast'
          FILE, line 6: --seed: expected a whole number, found '1.5'""",
        train(COMPLETE + "learning-rate: fast\nseed: 1.5\n"));
    assertRefused(
        "FILE, line 5: --weight-decay: expected a finite number of at least 0, found -0.1",
        train(COMPLETE + "weight-decay: -0.1\n"));
  }

  @Test
  void aKeyGivenTwiceIsRefused() throws IOException {
    assertRefused(
        "FILE, line 6: max_steps: given in line 5 already",
        train(COMPLETE + "max-steps: 3\nmax_steps: 4\n"));
  }

  @Test
  void aListForOneValueIsRefused() throws IOException {
    assertRefused(
        "FILE, line 5: seed: expected one value, found a list of 2",
        train(COMPLETE + "seed: [1, 2]\n"));
  }

  @Test
  void aKeyWithoutAValueIsRefused() throws IOException {
    assertRefused(
        "FILE, line 5: expected a value for 'seed', found none; leave the line out",
        train(COMPLETE + "seed:\n"));
  }

  @Test
  void aFlagThatIsNeitherTrueNorFalseIsRefused() throws IOException {
    assertRefused(
        "FILE, line 5: group-by-length: expected true or false, found maybe",
        train(COMPLETE + "group-by-length: maybe\n"));
  }

  @Test
  void aliasesAreRefusedRatherThanMisread() throws IOException {
    assertRefused(
        "FILE, line 6: expected a value for 'max-seq-length', found an alias, which Belay does not"
            + " read",
        train(COMPLETE + "train-batch-size: &n 8\nmax-seq-length: *n\n"));
  }

  @Test
  void whatIsNotYamlIsRefusedWithItsLine() throws IOException {
    ProgramRun run = train(COMPLETE + "freeze: [a\nseed: 3\n");
    assertEquals(2, run.code());
    assertTrue(run.err().startsWith("belay train: " + file + ", line "), run.err());
    assertTrue(run.err().contains(": not YAML: "), run.err());
    assertRefused(
        "FILE, line 1: expected lines such as 'learning-rate: 5e-5', found just words",
        train("just words\n"));
  }

  @Test
  void anEmptyFileGivesNothing() throws IOException {
    ProgramRun run = train("# nothing yet\n", "--model=m", "--train-file=t", "--output-dir=r");
    assertEquals(0, run.code(), run.err());
  }

  @Test
  void aFileThatIsNotThereIsRefused() {
    ProgramRun run = ProgramRun.of(trainApi, "train", "--config", directory + "/none.yaml");
    assertEquals(2, run.code());
    assertTrue(run.err().contains("none.yaml, which does not exist"), run.err());
  }

  @Test
  void aFileInAnotherEncodingIsRefused() throws IOException {
    Files.write(file, "model: bücher\n".getBytes(StandardCharsets.ISO_8859_1));
    ProgramRun run = ProgramRun.of(trainApi, "train", "--config", file.toString());
    assertEquals(2, run.code());
    assertTrue(run.err().contains("expected a text file in UTF-8"), run.err());
  }
}
