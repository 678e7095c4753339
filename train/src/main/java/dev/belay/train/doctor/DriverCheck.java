package dev.belay.train.doctor;

import static dev.belay.train.doctor.Finding.Area.GPU;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** NVIDIA's driver: the kernel's half and the half that processes load. */
final class DriverCheck {
  /** The oldest driver that CUDA 11.2 runs on, by the release notes of CUDA 11. */
  private static final int OLDEST_DRIVER = 450;

  private static final Pattern VERSION = Pattern.compile("Kernel Module\\D*?\\s(\\d+)\\.(\\S+)");

  private DriverCheck() {}

  static List<Finding> of(MachineFiles files, NativeLoader loader) {
    List<Finding> findings = new ArrayList<>();
    findings.add(kernel(files));
    NativeLoader.Opened library = loader.open("libcuda.so.1");
    findings.add(
        library.done()
            ? Finding.ok(GPU, "libcuda.so.1", library.text())
            : Finding.missing(
                GPU,
                "libcuda.so.1",
                library.text(),
                "it comes with the driver, in a container from the host: `docker run --gpus all`,"
                    + " with NVIDIA_DRIVER_CAPABILITIES=compute,utility"));
    List<String> nodes =
        files.names("/dev").stream().filter(name -> name.matches("nvidia\\d+")).toList();
    findings.add(
        nodes.isEmpty()
            ? Finding.missing(
                GPU,
                "/dev/nvidia0",
                "no device file of a GPU",
                "in a container: `docker run --gpus all`, on Kubernetes a limit on"
                    + " nvidia.com/gpu; else this machine has no NVIDIA GPU or no driver")
            : Finding.ok(GPU, "device files", String.join(", ", nodes)));
    return findings;
  }

  private static Finding kernel(MachineFiles files) {
    String text = files.text("/proc/driver/nvidia/version").orElse("");
    Matcher version = VERSION.matcher(text);
    if (!version.find()) {
      return Finding.missing(
          GPU,
          "NVIDIA driver",
          "/proc/driver/nvidia/version is not there: the kernel has no NVIDIA driver",
          "install NVIDIA's driver on the host, "
              + OLDEST_DRIVER
              + " or newer; Belay needs none to train on the CPU");
    }
    String found = version.group(1) + "." + version.group(2);
    return Integer.parseInt(version.group(1)) >= OLDEST_DRIVER
        ? Finding.ok(GPU, "NVIDIA driver", found)
        : Finding.wrong(
            GPU,
            "NVIDIA driver",
            found + ", which is too old for CUDA 11.2",
            "install " + OLDEST_DRIVER + ".80 or newer on the host");
  }
}
