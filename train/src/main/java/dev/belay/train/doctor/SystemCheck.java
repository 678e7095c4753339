package dev.belay.train.doctor;

import static dev.belay.train.doctor.Finding.Area.SYSTEM;

import java.util.List;

/** The operating system and Java. */
final class SystemCheck {
  private SystemCheck() {}

  static List<Finding> of(MachineFiles files) {
    String system = files.value("/etc/os-release", "PRETTY_NAME").orElse("an unknown distribution");
    String kernel = files.text("/proc/sys/kernel/osrelease").orElse("unknown");
    String java =
        System.getProperty("java.vm.name")
            + " "
            + System.getProperty("java.vm.version")
            + " in "
            + System.getProperty("java.home");
    return List.of(
        Finding.ok(SYSTEM, "system", system + ", kernel " + kernel),
        Finding.ok(SYSTEM, "Java", java));
  }
}
