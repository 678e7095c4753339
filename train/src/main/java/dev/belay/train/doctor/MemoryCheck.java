package dev.belay.train.doctor;

import static dev.belay.train.doctor.Finding.Area.MEMORY;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Memory of the machine, of the container and of Java. */
final class MemoryCheck {
  static final String MEMORY_FILE = "/proc/meminfo";
  static final String AVAILABLE = "MemAvailable";

  private MemoryCheck() {}

  static List<Finding> of(MachineFiles files, ControlGroup group, long heapBytes) {
    List<Finding> findings = new ArrayList<>();
    long machine = bytes(files, MEMORY_FILE, "MemTotal");
    findings.add(
        Finding.ok(
            MEMORY,
            "memory",
            gigabytes(machine)
                + ", "
                + gigabytes(bytes(files, MEMORY_FILE, AVAILABLE))
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
    findings.add(heap(files, group, heapBytes));
    return findings;
  }

  /** The largest heap of Java, compared with the memory that TensorFlow needs besides it. */
  static Finding heap(MachineFiles files, ControlGroup group, long heapBytes) {
    long machine = bytes(files, MEMORY_FILE, "MemTotal");
    long usable = Math.min(machine, group.memoryBytes().orElse(machine));
    String heap = gigabytes(heapBytes) + " at most for Java, the rest is for TensorFlow";
    String less = "-Xmx" + Math.max(1, (usable / 4) >> 30) + "g";
    return heapBytes > usable / 2
        ? Finding.note(
            MEMORY,
            "Java heap",
            heap + "'s tensors, which need more",
            "give Java less: " + less + ", with the launcher BELAY_JAVA_OPTS=" + less)
        : Finding.ok(MEMORY, "Java heap", heap);
  }

  /** What a file of the kernel gives in kB; 0 where it does not say. */
  static long bytes(MachineFiles files, String file, String key) {
    return files
        .value(file, key)
        .map(value -> Long.parseLong(value.replaceAll("\\D", "")) << 10)
        .orElse(0L);
  }

  static String gigabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
  }
}
