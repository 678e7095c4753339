package dev.belay.train.doctor;

import dev.belay.train.failure.MachineException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Findings of {@code belay doctor} on a machine.
 *
 * @param findings in the order of their dependencies
 * @param usableGpus GPUs that TensorFlow sees and that compute correctly
 */
public record Checkup(List<Finding> findings, int usableGpus) {
  public Checkup {
    findings = List.copyOf(findings);
  }

  /** Checks this machine; takes some seconds on a CPU. */
  public static Checkup ofThisMachine() {
    MachineFiles files = new MachineFiles(Path.of("/"));
    ControlGroup group = ControlGroup.of(files);
    List<Finding> findings = new ArrayList<>();
    findings.addAll(SystemCheck.of(files));
    findings.addAll(MemoryCheck.of(files, group, Runtime.getRuntime().maxMemory()));
    findings.addAll(ProcessorCheck.of(files, group, Runtime.getRuntime().availableProcessors()));
    NativeLibraryCheck library = NativeLibraryCheck.ofThisProcess();
    findings.addAll(library.findings());
    findings.addAll(DriverCheck.of(files, NativeLoader.SYSTEM));
    findings.addAll(CudaLibraryCheck.of(files, NativeLoader.SYSTEM, System.getenv()));
    findings.addAll(ComputeCapability.findings(NvidiaCards.ofThisMachine(), System.getenv()));
    DeviceCheck devices = library.loads() ? DeviceCheck.ofThisMachine() : DeviceCheck.none();
    findings.addAll(devices.findings());
    return new Checkup(findings, devices.usableGpus());
  }

  /**
   * Requires that nothing is broken.
   *
   * @throws MachineException which names what is broken
   */
  public void requireSound() {
    List<Finding> wrong = with(Finding.State.WRONG);
    if (!wrong.isEmpty()) {
      throw new MachineException(
          "this machine cannot be trusted to train: " + subjects(wrong) + "; see the list", null);
    }
  }

  /**
   * Requires a GPU to train on.
   *
   * @throws MachineException which names all that is missing
   */
  public void requireGpu() {
    if (usableGpus == 0) {
      List<Finding> missing = new ArrayList<>(with(Finding.State.MISSING));
      throw new MachineException(
          "--require-gpu: TensorFlow has no GPU here"
              + (missing.isEmpty() ? "" : "; missing: " + subjects(missing))
              + "; the list says what to do about each",
          null);
    }
  }

  private List<Finding> with(Finding.State state) {
    return findings.stream().filter(finding -> finding.state() == state).toList();
  }

  private static String subjects(List<Finding> findings) {
    return findings.stream().map(Finding::subject).collect(Collectors.joining(", "));
  }
}
