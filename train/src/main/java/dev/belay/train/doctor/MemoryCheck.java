package dev.belay.train.doctor;

import static dev.belay.train.doctor.Finding.Area.MEMORY;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Memory of the machine, of the container and of Java. */
final class MemoryCheck {
  private MemoryCheck() {}

  static List<Finding> of(MachineFiles files, ControlGroup group, long heapBytes) {
    List<Finding> findings = new ArrayList<>();
    long machine = kilobytes(files, "MemTotal");
    findings.add(
        Finding.ok(
            MEMORY,
            "memory",
            gigabytes(machine)
                + ", "
                + gigabytes(kilobytes(files, "MemAvailable"))
                + " available"));
    findings.add(
        Finding.ok(
            MEMORY,
            "cgroup",
            group.version() == 0
                ? "none"
                : "version "
                    + group.version()
                    + ", memory limit "
                    + (group.memoryBytes().isPresent()
                        ? gigabytes(group.memoryBytes().getAsLong())
                        : "none")
                    + ", CPU quota "
                    + (group.cpus().isPresent()
                        ? String.format(Locale.ROOT, "%.2f CPUs", group.cpus().getAsDouble())
                        : "none")));
    long usable = Math.min(machine, group.memoryBytes().orElse(machine));
    String heap = gigabytes(heapBytes) + " at most for Java, the rest is for TensorFlow";
    findings.add(
        heapBytes > usable / 2
            ? Finding.note(
                MEMORY,
                "Java heap",
                heap + "'s tensors, which need more",
                "give Java less, such as BELAY_JAVA_OPTS=-Xmx"
                    + Math.max(1, (usable / 4) >> 30)
                    + "g")
            : Finding.ok(MEMORY, "Java heap", heap));
    return findings;
  }

  private static long kilobytes(MachineFiles files, String key) {
    return files
        .value("/proc/meminfo", key)
        .map(value -> Long.parseLong(value.replaceAll("\\D", "")) << 10)
        .orElse(0L);
  }

  static String gigabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
  }
}
