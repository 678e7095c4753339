package dev.belay.train.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.internal.LocalDevice;
import dev.belay.train.doctor.Finding.State;
import dev.belay.train.step.ProbeResult;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DeviceCheckTest {
  private static final LocalDevice GPU = new LocalDevice("/device:GPU:0", "GPU", 1L << 30);
  private static final LocalDevice CPU = new LocalDevice("/device:CPU:0", "CPU", 1L << 30);

  private static ProbeResult result(double difference, double firstMillis) {
    return new ProbeResult(
        "matmul", difference, 1e-5, firstMillis, 2, 1000, List.of("MatMul on GPU:0"));
  }

  @Test
  void theCpuComputesRightAndWhereItSaysItDoes() {
    List<Finding> findings = DeviceCheck.ofThisMachine().findings();
    List<String> wrong =
        findings.stream().filter(f -> f.state() == State.WRONG).map(Finding::found).toList();
    assertEquals(List.of(), wrong);
    for (String probe : List.of("matmul", "gather gradient", "layer norm", "Adam step")) {
      Finding finding =
          findings.stream().filter(f -> f.subject().equals("CPU:0 " + probe)).findFirst().get();
      assertTrue(finding.found().contains(" on CPU:0"), finding.found());
    }
  }

  @Test
  void theRoundingOfTf32IsNotTakenForADefect() {
    Finding note = DeviceCheck.finding(GPU, result(5e-4, 10));
    assertEquals(State.NOTE, note.state());
    assertTrue(note.advice().startsWith("this is TF32"), note.advice());
    assertEquals(State.WRONG, DeviceCheck.finding(CPU, result(5e-4, 10)).state());
    assertEquals(State.WRONG, DeviceCheck.finding(GPU, result(Double.NaN, 10)).state());
  }

  @Test
  void kernelsThatWereCompiledAreSaid() {
    Finding note = DeviceCheck.finding(GPU, result(1e-7, 90_000));
    assertEquals(State.NOTE, note.state());
    assertTrue(note.advice().startsWith("kernels were compiled"), note.advice());
  }
}
