package dev.belay.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.tools.command.TrainApi;
import dev.belay.train.doctor.Checkup;
import dev.belay.train.doctor.Finding;
import dev.belay.train.model.ModelSandbox;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The list and the exit codes; what is found is tested where it is found. */
final class DoctorCommandTest {
  private static Finding finding(String subject, Finding.State state, String advice) {
    return new Finding(Finding.Area.GPU, subject, state, "found", advice);
  }

  private static ProgramRun run(Checkup checkup, String... arguments) {
    return ProgramRun.of(
        new TrainApi() {
          @Override
          public ModelSandbox sandbox() {
            throw new AssertionError("no model is looked at");
          }

          @Override
          public Checkup examine() {
            return checkup;
          }
        },
        arguments);
  }

  @Test
  void whatIsMissingIsListedAndAdviceStandsOnce() {
    Checkup checkup =
        new Checkup(
            List.of(
                finding("libcublas.so.11", Finding.State.MISSING, "install it"),
                finding("libcudnn.so.8", Finding.State.MISSING, "install it")),
            0);
    ProgramRun plain = run(checkup, "doctor");
    assertEquals(0, plain.code());
    assertEquals(
        """
        gpu
          missing libcublas.so.11  found
          missing libcudnn.so.8    found
                                   -> install it
        """,
        plain.out());
    ProgramRun required = run(checkup, "doctor", "--require-gpu");
    assertEquals(5, required.code());
    assertEquals(plain.out(), required.out());
    assertTrue(
        required.err().contains("missing: libcublas.so.11, libcudnn.so.8; the list says"),
        required.err());
  }

  @Test
  void whatIsBrokenFailsWithoutBeingAsked() {
    Checkup checkup = new Checkup(List.of(finding("matmul", Finding.State.WRONG, "stop")), 1);
    assertEquals(5, run(checkup, "doctor").code());
  }

  @Test
  void aGpuThatWorksIsEnough() {
    Checkup checkup = new Checkup(List.of(finding("GPU:0", Finding.State.OK, "")), 1);
    ProgramRun run = run(checkup, "doctor", "--require-gpu", "--json");
    assertEquals(0, run.code());
    assertTrue(run.out().contains("\"usable_gpus\":1"), run.out());
  }
}
