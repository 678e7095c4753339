package dev.belay.train.doctor;

import static dev.belay.train.doctor.Finding.Area.DEVICE;

import dev.belay.graph.internal.LocalDevice;
import dev.belay.graph.internal.LocalDevices;
import dev.belay.train.config.MachineConfig;
import dev.belay.train.step.ProbeResult;
import dev.belay.train.step.ProbeRunner;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Check that each device computes correct results.
 *
 * @param usableGpus GPUs with correct results
 */
record DeviceCheck(List<Finding> findings, int usableGpus) {
  /** A first run that takes longer compiled kernels. */
  private static final double SLOW_FIRST_MILLIS = 20_000;

  static DeviceCheck none() {
    return new DeviceCheck(List.of(), 0);
  }

  static DeviceCheck ofThisMachine() {
    List<Finding> findings = new ArrayList<>();
    int gpus = 0;
    for (LocalDevice device : LocalDevices.all()) {
      if (device.type().equals("CPU") || device.type().equals("GPU")) {
        List<Finding> ofDevice = probe(device);
        findings.addAll(ofDevice);
        boolean right = ofDevice.stream().allMatch(f -> f.state() != Finding.State.WRONG);
        gpus += device.type().equals("GPU") && right ? 1 : 0;
      }
    }
    if (gpus == 0) {
      findings.add(
          Finding.missing(
              DEVICE,
              "GPU",
              "TensorFlow sees no GPU that can be used; training runs on the CPU",
              "see what is missing above; `belay doctor -v` shows TensorFlow's own log"));
    }
    return new DeviceCheck(findings, gpus);
  }

  private static List<Finding> probe(LocalDevice device) {
    List<Finding> findings = new ArrayList<>();
    findings.add(
        Finding.ok(
            DEVICE,
            device.shortName(),
            "TensorFlow may use "
                + (device.type().equals("GPU")
                    ? MemoryCheck.gigabytes(device.memoryBytes())
                    : "the memory of this process")));
    try {
      for (ProbeResult result :
          ProbeRunner.run("/device:" + device.shortName(), MachineConfig.defaults())) {
        findings.add(finding(device, result));
      }
    } catch (RuntimeException e) {
      findings.add(
          Finding.wrong(
              DEVICE,
              device.shortName(),
              "a computation fails: " + e.getMessage(),
              "docs/troubleshooting.md knows the usual ones; --device cpu works without it"));
    }
    return findings;
  }

  static Finding finding(LocalDevice device, ProbeResult result) {
    String subject = device.shortName() + " " + result.name();
    String found =
        String.format(
            Locale.ROOT,
            "%.2f ms%s (first %.0f ms), differs from Java by %.1e, %s",
            result.millis(),
            result.gigaflops() > 0
                ? String.format(Locale.ROOT, ", %.0f GFLOP/s", result.gigaflops())
                : "",
            result.firstMillis(),
            result.difference(),
            String.join(", ", result.placement()));
    if (!result.isRight()) {
      boolean tf32 = device.type().equals("GPU") && result.difference() < 2e-3;
      return tf32
          ? Finding.note(
              DEVICE,
              subject,
              found,
              "this is TF32, which keeps 10 bits of a product; NVIDIA_TF32_OVERRIDE=0 turns it off")
          : Finding.wrong(
              DEVICE,
              subject,
              found,
              "at most " + result.tolerance() + " is right: do not train on this device");
    }
    return result.firstMillis() > SLOW_FIRST_MILLIS
        ? Finding.note(
            DEVICE, subject, found, "kernels were compiled; the next start finds them in the cache")
        : Finding.ok(DEVICE, subject, found);
  }
}
