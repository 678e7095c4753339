package dev.belay.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.weights.WeightFormat;
import dev.belay.train.failure.DivergedException;
import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole calls of the program, with nothing behind its trainApi. */
final class ProgramTest {
  private final FakeTrainApi trainApi = new FakeTrainApi();

  @TempDir Path directory;

  private ProgramRun run(String... arguments) {
    return ProgramRun.of(trainApi, arguments);
  }

  private ProgramRun train(String... more) {
    String[] arguments = {"train", "--model=m", "--train-file=t.tsv", "--output-dir=runs/a"};
    String[] all = java.util.Arrays.copyOf(arguments, arguments.length + more.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    return run(all);
  }

  @Test
  void trainPrintsThePathOfTheExportAndTellsAPersonTheRest() {
    ProgramRun run = train();
    assertEquals(0, run.code());
    assertEquals("runs/a/export/1\n", run.out());
    assertEquals(
        """
        note: through serving_default
        4,242 parameters train on 320 examples: 10 steps, 10 an epoch
        done: 10 steps in 1:02, 25.0% of them clipped
        accuracy: 0.5000 -> 0.8750
        exported to runs/a/export/1
        """,
        run.err());
    assertEquals(
        List.of("train", "--model=m", "--train-file=t.tsv", "--output-dir=runs/a"),
        trainApi.command);
  }

  @Test
  void trainPrintsJsonOnRequest() {
    assertEquals(
        "{\"run_directory\":\"runs/a\",\"export_directory\":\"runs/a/export/1\","
            + "\"start_metrics\":{\"accuracy\":0.5},\"final_metrics\":{\"accuracy\":0.875}}\n",
        train("--json").out());
  }

  @Test
  void evaluatePrintsATableOrJson() {
    ProgramRun table = run("evaluate", "--model", "m", "--file", "d.tsv");
    assertEquals("accuracy  0.875000\nexamples  320\n", table.out());
    assertEquals("note: the classes are the file's\n", table.err());
    ProgramRun json = run("evaluate", "--model", "m", "--validation_file", "d.tsv", "--json");
    assertEquals(
        "{\"metrics\":{\"accuracy\":0.875},\"examples\":320,\"labels\":[\"no\",\"yes\"],"
            + "\"notes\":[\"the classes are the file's\"]}\n",
        json.out());
    assertEquals(List.of(Path.of("d.tsv")), trainApi.evaluated.files());
  }

  @Test
  void predictWritesALineForEachInputLine() throws IOException {
    String lines =
        """
        {"label":"gut ✓","score":0.75,"logits":[-1.5,2.5]}
        {"score":3.5,"logits":[3.5]}
        """;
    assertEquals(lines, run("predict", "--model=m", "--file=d.tsv").out());
    Path file = directory.resolve("out.jsonl");
    ProgramRun run = run("predict", "--model=m", "--file=d.tsv", "--output-file=" + file);
    assertEquals("", run.out());
    assertEquals(lines, Files.readString(file));
  }

  @Test
  void aPredictionThatFailsLeavesTheOldFileAndNothingBeside() throws IOException {
    Path file = Files.writeString(directory.resolve("out.jsonl"), "old");
    trainApi.thrown = new ModelException("no such input");
    ProgramRun run = run("predict", "--model=m", "--file=d.tsv", "--output-file=" + file);
    assertEquals(3, run.code());
    assertEquals("old", Files.readString(file));
    try (var files = Files.list(directory)) {
      assertEquals(List.of(file), files.toList());
    }
  }

  @Test
  void exportPrintsTheVersionFolder() {
    ProgramRun run = run("export", "runs/a", "--output-dir", "out");
    assertEquals("out/3\n", run.out());
    assertEquals("of step 7\n", run.err());
    assertEquals(Path.of("runs/a/checkpoints/step-00000007"), trainApi.exported);
    run("export", "runs/a", "--output-dir", "out", "--checkpoint", "best");
    assertEquals(Path.of("runs/a/best"), trainApi.exported);
    assertEquals(
        "{\"export_directory\":\"out/3\"}\n",
        run("export", "--model=runs/a", "--output_dir=out", "--json").out());
  }

  @Test
  void exportWritesIntoTheRunByDefault() {
    assertEquals("runs/a/export/3\n", run("export", "runs/a").out());
    assertEquals(Path.of("runs/a/export"), trainApi.exportedTo);
    assertEquals("runs/a/export-tf1\n", run("export", "runs/a", "--format", "tf1").out());
    assertEquals(
        "runs/a/export-huggingface\n", run("export", "runs/a", "--format=huggingface").out());
  }

  @Test
  void reportPrintsTheFile() {
    assertEquals("runs/a/report.html\n", run("report", "runs/a").out());
    assertEquals(
        "{\"report\":\"runs/a/report.html\"}\n", run("report", "--model=runs/a", "--json").out());
    assertEquals(2, run("report").code());
  }

  @Test
  void sweepPrintsItsTableAndTellsAPersonHowItGoes() {
    String[] sweep = {
      "sweep", "--model=m", "--train-file=t.tsv", "--validation-file=v.tsv", "--output-dir=out"
    };
    ProgramRun run = run(sweep);
    assertEquals("arm  accuracy  loss  clipped  median norm\n\nNo arm finished.\n", run.out());
    assertEquals(
        """
        2 arms with 1 seed, 40 steps each; those that fall behind stop at step 10 or 20
        arm 1/2: clip 1.0, seed 42
          clip 1.0, seed 42: accuracy 0.5000
        """,
        run.err());
  }

  @Test
  void exportTellsWhatItWroteInAnotherFormat() {
    ProgramRun run = run("export", "runs/a", "--output-dir", "out", "--format", "tf1");
    assertEquals("out\n", run.out());
    assertEquals("of step 7\n41 tensors from tf1 to tf1\n", run.err());
  }

  @Test
  void convertPrintsTheFolderAndSaysWhatWasLeftBehind() {
    ProgramRun run =
        run("convert", "m.ckpt", "out", "--to", "huggingface", "--model-format", "tf1");
    assertEquals(0, run.code(), run.err());
    assertEquals("out\n", run.out());
    assertEquals(
        "41 tensors from tf1 to huggingface\nleft behind: the optimizer's state [m, v]\n",
        run.err());
    assertEquals(WeightFormat.TF1, trainApi.converted.source().format().orElseThrow());
    assertEquals(
        "{\"path\":\"out\",\"from\":\"tf1\",\"to\":\"tf2\",\"weights\":41,\"left_behind\":"
            + "[\"the optimizer's state [m, v]\"]}\n",
        run("convert", "m.ckpt", "out", "--to=tf2", "--json").out());
  }

  @Test
  void convertSaysEverythingThatIsMissing() {
    ProgramRun run = run("convert", "m.ckpt");
    assertEquals(2, run.code());
    assertEquals(
        """
        belay convert: 2 options need a change:
          DESTINATION is missing: name a folder that does not exist yet
          --to is missing: name tf1, tf2, safetensors, huggingface or savedmodel
        See `belay convert --help`.
        """,
        run.err());
    assertEquals(
        """
        belay convert: --graph is for --to savedmodel only: no other form holds a graph
        See `belay convert --help`.
        """,
        run("convert", "a", "b", "--to=tf1", "--graph=g").err());
  }

  @Test
  void diffHasAnExitCodeOfItsOwnForDifferences() {
    ProgramRun same = run("diff", "a", "a", "--tolerance=1e-6");
    assertEquals(0, same.code());
    assertEquals("2 tensors compared, no difference\n", same.out());
    assertEquals(1e-6, trainApi.tolerance);
    ProgramRun other = run("diff", "a", "b");
    assertEquals(6, other.code());
    assertEquals(
        """
        Only in the second (1)
          classifier.bias
        Of other values (1)
          tensor         largest difference  elements that differ
          pooler.weight  0.125               3 of 1024
        1 of 2 tensors have other values, 0 another shape, 0 are only in the first, 1 only in the second
        """,
        other.out());
    assertEquals(
        "belay diff: a and b differ: 1 of 2 tensors have other values, 0 another shape, 0 are only"
            + " in the first, 1 only in the second\n",
        other.err());
    assertEquals(
        "{\"equal\":false,\"compared\":2,\"only_first\":[],\"only_second\":[\"classifier.bias\"],"
            + "\"shapes\":[],\"values\":[{\"name\":\"pooler.weight\",\"max_absolute\":0.125,"
            + "\"differing\":3,\"elements\":1024}]}\n",
        run("diff", "a", "b", "--json").out());
  }

  @Test
  void inspectVerifiesARun() {
    ProgramRun run = run("inspect", "runs/a", "--verify");
    assertEquals(3, run.code());
    assertEquals(
        """
        runs/a: run, done at step 4

          ok       record      run.json                   JSON
          DAMAGED  checkpoint  checkpoints/step-00000002  cut
          changed  input       t.tsv                      no longer there
        """,
        run.out());
    assertTrue(
        run.err().startsWith("belay inspect: runs/a: some files are not as the run wrote them"),
        run.err());
    assertTrue(
        run("inspect", "runs/a", "--verify", "--json")
            .out()
            .startsWith("{\"run\":\"runs/a\",\"status\":\"done\",\"sound\":false,"));
  }

  @Test
  void inspectShowsWhatAModelHolds() {
    ProgramRun run = run("inspect", "m", "--allow-op", "ReadFile");
    assertEquals(
        """
        m: savedmodel, written by TensorFlow 2.10.1

        Signatures
          serving_default
            in   input_ids  int32    [?, 128]
            out  logits     float32  [?, 2]

        Variables
          dense/kernel  float32  [128, 2]  trainable

        Totals
          1 variables, 256 parameters, 256 of them trainable
          assets: vocab.txt
        """,
        run.out());
    assertEquals(Set.of("ReadFile"), trainApi.allowedOps);
    assertEquals("", run.err());
  }

  @Test
  void inspectPlansOnRequest() {
    ProgramRun run = run("inspect", "--model", "m", "--plan", "--freeze", "embeddings");
    assertTrue(
        run.out()
            .endsWith(
                """

                Plan
                  train through     call(training=True)
                  evaluate through  serving_default
                  logits            logits, an output of that name
                  word embeddings   all rows, since they do not train
                  memory on a CPU   about 2.6 kB

                Trained variables (1)
                  dense/kernel

                What Belay does about ops without a gradient (1)
                  BatchMatMulV2 becomes Einsum (12)
                """),
        run.out());
    assertEquals("embeddings", trainApi.planned.model().freeze().orElseThrow().pattern());
    String json = run("inspect", "m", "--plan", "--json").out();
    assertTrue(json.startsWith("{\"contents\":{\"path\":\"m\","), json);
    assertTrue(json.contains("\"plan\":{\"training_function\":\"call(training=True)\""), json);
  }

  @Test
  void inspectRefusesOptionsThatOnlyAPlanReads() {
    ProgramRun run = run("inspect", "m", "--freeze", "embeddings");
    assertEquals(2, run.code());
    assertEquals(
        """
        belay inspect: --freeze says how to train: it needs --plan
        See `belay inspect --help`.
        """,
        run.err());
  }

  @Test
  void anUnknownOptionIsRefusedWithTheOneThatWasMeant() {
    ProgramRun run = train("--learning-rte", "5e-5");
    assertEquals(2, run.code());
    assertEquals("", run.out());
    assertEquals(
        """
        belay train: --learning-rte: unknown option; did you mean --learning-rate?
        See `belay train --help`.
        """,
        run.err());
    assertTrue(train("--train_bach_size=3").err().contains("did you mean --train-batch-size?"));
    assertEquals(
        "belay train: --colour: unknown option\nSee `belay train --help`.\n",
        train("--colour=red").err());
  }

  @Test
  void anUnknownCommandIsRefusedWithTheOneThatWasMeant() {
    ProgramRun run = run("trian", "--model", "m");
    assertEquals(2, run.code());
    assertEquals(
        "belay: trian: unknown command; did you mean train?\nSee `belay --help`.\n", run.err());
  }

  @Test
  void withoutACommandTheProgramSaysWhichThereAre() {
    ProgramRun run = run();
    assertEquals(2, run.code());
    assertTrue(
        run.err().contains("evaluate  Compute the metrics of a model or run on a file."),
        run.err());
    assertTrue(run.err().endsWith("belay: name a command\nSee `belay --help`.\n"), run.err());
  }

  @Test
  void everythingThatIsMissingOrOutOfRangeIsSaidAtOnce() {
    ProgramRun run =
        run(
            "train",
            "--learning-rate=-1",
            "--adam-beta1=1",
            "--max_grad_norm=0",
            "--max-steps=0",
            "--device=gpu");
    assertEquals(2, run.code());
    assertEquals(
        """
        belay train: 8 options need a change:
          --model is missing: name a SavedModel, weights, a checkpoint or a run directory
          --train-file is missing: name a .tsv, .csv, .jsonl or .tfrecord file
          --output-dir is missing: name a directory for the run to write
          --learning-rate: expected a finite number above 0, found -1.0
          --adam-beta1: expected a number in [0, 1), found 1.0
          --max-steps: expected a whole number of at least 1, found 0
          --max-grad-norm: expected a finite number above 0, found 0.0
          --device: expected auto, cpu, gpu:N or several as in gpu:0,1, found gpu
        See `belay train --help`.
        """,
        run.err());
  }

  @Test
  void everythingThatIsNoValueIsSaidAtOnce() {
    ProgramRun run =
        train(
            "--learning-rate=fast",
            "--max-steps=99999999999",
            "--optimizer=adagrad",
            "--dropout=maybe",
            "--freeze=[",
            "--inputs=ids",
            "--seed");
    assertEquals(2, run.code());
    assertEquals(
        """
        belay train: 7 options need a change:
          --learning-rate: expected a number, found 'fast'
          --max-steps: expected a whole number, found '99999999999'
          --optimizer: expected adam or adamw or bert_adam or adam_torch or adamw_torch or sgd or momentum or keras_momentum or lamb or adafactor, found 'adagrad'
          --dropout: expected on or off, found 'maybe'
          --freeze: expected a regular expression, found '['
          --inputs: expected feature=NAME, found 'ids'
          --seed: expected a whole number, found nothing
        See `belay train --help`.
        """,
        run.err());
  }

  @Test
  void anOptionGivenTwiceIsRefused() {
    ProgramRun run = train("--seed=1", "--seed=2");
    assertEquals(2, run.code());
    assertTrue(run.err().contains("--seed is given twice: choose one"), run.err());
  }

  @Test
  void anArgumentThatNothingTakesIsRefused() {
    assertEquals(
        """
        belay train: t.tsv: nothing takes this argument; options begin with --
        See `belay train --help`.
        """,
        train("t.tsv").err());
  }

  @Test
  void aFailureIsOneParagraphAndACode() {
    trainApi.thrown = new DivergedException("step 7: the gradient norm is NaN");
    ProgramRun run = train();
    assertEquals(4, run.code());
    assertEquals("belay train: step 7: the gradient norm is NaN\n", run.err());
    assertTrue(train("-v").err().contains("\tat dev.belay.tools.ProgramTest"));
  }

  @Test
  void aDefectShowsItsStackAndAsksForAReport() {
    trainApi.thrown = new IllegalStateException("queue is closed");
    ProgramRun run = train();
    assertEquals(1, run.code());
    assertTrue(run.err().contains("\tat dev.belay.tools.ProgramTest"), run.err());
    assertTrue(
        run.err()
            .endsWith(
                """
                belay train: queue is closed
                This is a defect in Belay: please report it, with the lines above.
                """),
        run.err());
  }

  @Test
  void helpShowsDefaultsAndRunsNothing() {
    ProgramRun run = run("train", "--help");
    assertEquals(0, run.code());
    assertTrue(
        run.out().contains("Peak learning rate of the schedule (default: 5e-5)."), run.out());
    assertTrue(run.out().contains("Shuffle the examples of each epoch (default: on)."));
    assertFalse(run.out().contains("Optional.empty"), run.out());
    assertEquals("", run.err());
    assertEquals(null, trainApi.trained);
  }

  @Test
  void versionNamesBelayTensorFlowAndJava() {
    ProgramRun run = run("--version");
    assertEquals(0, run.code(), run.err());
    assertTrue(
        run.out().matches("Belay \\S+\nTensorFlow 2\\.10\\.1 \\(native\\)\nJava \\d+.*\n"),
        run.out());
  }
}
