package dev.belay.train.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.doctor.Finding.State;
import dev.belay.train.failure.MachineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GpuChecksTest {
  private static final NativeLoader NOTHING =
      library -> new NativeLoader.Opened(false, library + ": cannot open shared object file");
  private static final NativeLoader ALL = library -> new NativeLoader.Opened(true, "/x/" + library);

  @TempDir private Path root;

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private List<Finding> libraries(NativeLoader loader, Map<String, String> environment) {
    return CudaLibraryCheck.of(new MachineFiles(root), loader, environment);
  }

  private static Finding named(List<Finding> findings, String subject) {
    return findings.stream().filter(f -> f.subject().equals(subject)).findFirst().orElseThrow();
  }

  @Test
  void everyLibraryThatTensorFlowOpensIsNamedWithItsVersion() {
    List<String> missing =
        libraries(NOTHING, Map.of()).stream()
            .filter(f -> f.state() == State.MISSING)
            .map(Finding::subject)
            .toList();
    assertTrue(
        missing.containsAll(
            List.of(
                "libcudart.so.11.0",
                "libcublas.so.11",
                "libcublasLt.so.11",
                "libcufft.so.10",
                "libcurand.so.10",
                "libcusolver.so.11",
                "libcusparse.so.11",
                "libcudnn.so.8")),
        missing.toString());
    Finding cudnn = named(libraries(NOTHING, Map.of()), "libcudnn.so.8");
    assertEquals(
        "cuDNN 8.1 wanted, none found: libcudnn.so.8: cannot open shared object file",
        cudnn.found());
  }

  @Test
  void whereItWasLookedForIsSaid() {
    Finding searched =
        named(libraries(NOTHING, Map.of("LD_LIBRARY_PATH", "/a::/b")), "searched folders");
    assertTrue(searched.found().startsWith("LD_LIBRARY_PATH /a:/b, /etc/ld.so.cache, /lib/"));
  }

  @Test
  void aLibraryThatLiesAsideIsFound() throws IOException {
    write("usr/local/cuda/lib64/libcudart.so.11.0", "");
    assertEquals(
        "it lies in /usr/local/cuda/lib64: put that folder into LD_LIBRARY_PATH",
        named(libraries(NOTHING, Map.of()), "libcudart.so.11.0").advice());
  }

  @Test
  void anotherVersionIsNamed() throws IOException {
    write("usr/local/cuda/lib64/libcudart.so.12", "");
    String advice = named(libraries(NOTHING, Map.of()), "libcudart.so.11.0").advice();
    assertTrue(
        advice.startsWith(
            "another version is there, /usr/local/cuda/lib64/libcudart.so.12, not this; use the"),
        advice);
  }

  @Test
  void allThereIsAllWell() {
    assertTrue(libraries(ALL, Map.of()).stream().allMatch(f -> f.state() == State.OK));
  }

  @Test
  void anOldDriverIsWrongAndANewOneIsNot() throws IOException {
    write(
        "proc/driver/nvidia/version",
        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  440.33.01  Wed Nov 13\nGCC version:");
    write("dev/nvidia0", "");
    List<Finding> old = DriverCheck.of(new MachineFiles(root), ALL);
    assertEquals(State.WRONG, old.get(0).state());
    assertEquals("440.33.01, which is too old for CUDA 11.2", old.get(0).found());
    write(
        "proc/driver/nvidia/version",
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build");
    List<Finding> now = DriverCheck.of(new MachineFiles(root), ALL);
    assertEquals(List.of(State.OK, State.OK, State.OK), now.stream().map(Finding::state).toList());
    assertEquals("570.86.15", now.get(0).found());
  }

  @Test
  void noDriverIsThreeThingsMissing() {
    assertEquals(
        List.of("NVIDIA driver", "libcuda.so.1", "/dev/nvidia0"),
        DriverCheck.of(new MachineFiles(root), NOTHING).stream().map(Finding::subject).toList());
  }

  @Test
  void capabilitiesAreJudgedByWhatTheLibraryHolds() {
    NvidiaCards cards =
        NvidiaCards.parse(
            """
            Tesla K10, 3.0, 4096 MiB
            Tesla T4, 7.5, 15360 MiB
            NVIDIA RTX A6000, 8.6, 49140 MiB
            NVIDIA H100 80GB HBM3, 9.0, 81559 MiB
            Field "compute_cap" is not a valid field to query.
            """);
    List<Finding> findings = ComputeCapability.findings(cards, Map.of());
    assertEquals(
        List.of(State.WRONG, State.OK, State.OK, State.NOTE),
        findings.stream().map(Finding::state).toList());
    assertTrue(findings.get(0).found().contains("no kernel image"));
    assertTrue(findings.get(3).found().contains("~/.nv/ComputeCache"));
    assertTrue(findings.get(3).advice().endsWith("CUDA_CACHE_MAXSIZE=4294967296"));
    Map<String, String> set =
        Map.of("CUDA_CACHE_PATH", "/cache", "CUDA_CACHE_MAXSIZE", "4294967296");
    Finding kept = ComputeCapability.findings(cards, set).get(3);
    assertTrue(kept.found().endsWith("keeps the result in /cache"), kept.found());
    assertTrue(kept.advice().endsWith("on a volume)"), kept.advice());
  }

  @Test
  void aGpuThatIsRequiredAndNotThereNamesAllThatIsMissing() {
    Checkup checkup = new Checkup(libraries(NOTHING, Map.of()), 0);
    checkup.requireSound();
    String message = assertThrows(MachineException.class, checkup::requireGpu).getMessage();
    assertTrue(message.startsWith("--require-gpu: TensorFlow has no GPU here; missing: libcudart"));
    assertTrue(message.contains("libcudnn.so.8, "), message);
    new Checkup(List.of(), 1).requireGpu();
  }

  @Test
  void somethingWrongIsNotSound() {
    Checkup checkup =
        new Checkup(
            List.of(Finding.wrong(Finding.Area.DEVICE, "GPU:0 matmul", "off", "do not")), 0);
    assertEquals(
        "this machine cannot be trusted to train: GPU:0 matmul; see the list",
        assertThrows(MachineException.class, checkup::requireSound).getMessage());
  }
}
