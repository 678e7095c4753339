package dev.belay.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.config.OptimizerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayCommandTest {
  @TempDir private Path run;

  private final FakeTrainApi trainApi = new FakeTrainApi();

  private void bundle(String config) throws IOException {
    Path failure = Files.createDirectories(run.resolve("failure"));
    Files.writeString(
        failure.resolve("step.json"),
        """
        {"step": 7, "seed": 42, "learningRate": 0.1, "loss": "NaN", "gradNorm": "Infinity",
         "lossScale": 1, "outputs": 2}
        """);
    Files.writeString(failure.resolve("config.json"), config);
  }

  @Test
  void saysWhatIsWrongByTheConfigOfTheRun() throws IOException {
    bundle(
        "{\"model\": \"m\", \"train-file\": [\"t.tsv\"], \"output-dir\": \"r\", \"optimizer\": \"sgd\"}");
    ProgramRun program = ProgramRun.of(trainApi, "replay", run.toString());
    assertEquals(0, program.code(), program.err());
    assertEquals(
        "step 7: the first op whose result is not finite is loss/Log (Log) in loss: it gives loss/Log"
            + " [4] (-3.000 to -1.000, 1 infinite of 4) from probabilities [4] (0.000 to 1.000); the"
            + " first variable concerned is head/kernel. Probable cause: the logarithm of zero: a"
            + " probability was rounded to 0. Take the loss of the logits, not of probabilities: name"
            + " the output that holds logits with --output.\n",
        program.out());
    assertEquals(OptimizerConfig.Kind.SGD, trainApi.replayed.optimizer().kind());
  }

  @Test
  void asJson() throws IOException {
    bundle("{\"model\": \"m\", \"train-file\": [\"t.tsv\"], \"output-dir\": \"r\"}");
    ProgramRun program =
        ProgramRun.of(trainApi, "replay", run.resolve("failure").toString(), "--json");
    assertTrue(
        program
            .out()
            .contains(
                "\"loss\":\"NaN\",\"grad_norm\":\"Infinity\",\"learning_rate\":0.1,\"loss_scale\":1.0,"
                    + "\"step\":7,\"operation\":\"loss/Log\",\"type\":\"Log\""),
        program.out() + program.err());
    assertTrue(program.out().contains("\"cause\":\"log_of_zero\""), program.out());
  }

  @Test
  void refusesWhatHasNoBundle() {
    ProgramRun program = ProgramRun.of(trainApi, "replay", run.toString());
    assertEquals(3, program.code());
    assertTrue(
        program
            .err()
            .contains("a run has one after its first step that was not finite, found no such file"),
        program.err());
    assertEquals(
        """
        belay replay: RUN is missing: name a run directory, or a replay bundle
        See `belay replay --help`.
        """,
        ProgramRun.of(trainApi, "replay").err());
  }
}
