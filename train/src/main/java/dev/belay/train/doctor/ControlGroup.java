package dev.belay.train.doctor;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Limits of a container or service. The limit of a control group holds for all groups below it, so
 * the smallest on the path to the root counts.
 *
 * <p>The files are read here because the JDK's {@code com.sun.management.OperatingSystemMXBean}
 * tells less: that of JDK 17 does not see limits of groups above the own one in version 2, has no
 * version, and gives the quota of processor time as a whole number of processors.
 *
 * @param version 1, 2, or 0 where the kernel reports no groups
 * @param memoryBytes memory limit; empty without a limit
 * @param cpus quota of processor time, in processors; empty without one
 */
record ControlGroup(int version, OptionalLong memoryBytes, OptionalDouble cpus) {
  /** Version 1 says "no limit" as a number that no machine has. */
  private static final long NO_LIMIT = 1L << 60;

  static ControlGroup of(MachineFiles files) {
    if (files.exists("/sys/fs/cgroup/cgroup.controllers")) {
      return version2(files);
    }
    return files.exists("/sys/fs/cgroup/memory") || files.exists("/sys/fs/cgroup/cpu")
        ? version1(files)
        : new ControlGroup(0, OptionalLong.empty(), OptionalDouble.empty());
  }

  private static ControlGroup version2(MachineFiles files) {
    String own = files.value("/proc/self/cgroup", "0::").orElse("/");
    return new ControlGroup(
        2,
        ancestors(own)
            .map(group -> files.text("/sys/fs/cgroup" + group + "/memory.max"))
            .flatMap(Optional::stream)
            .filter(text -> !text.equals("max"))
            .mapToLong(Long::parseLong)
            .min(),
        ancestors(own)
            .map(group -> files.text("/sys/fs/cgroup" + group + "/cpu.max"))
            .flatMap(Optional::stream)
            .map(text -> text.split(" "))
            .filter(parts -> parts.length == 2 && !parts[0].equals("max"))
            .mapToDouble(parts -> Double.parseDouble(parts[0]) / Double.parseDouble(parts[1]))
            .min());
  }

  private static ControlGroup version1(MachineFiles files) {
    return new ControlGroup(
        1,
        ancestors(ownGroup(files, "memory"))
            .map(group -> files.text("/sys/fs/cgroup/memory" + group + "/memory.limit_in_bytes"))
            .flatMap(Optional::stream)
            .mapToLong(Long::parseLong)
            .filter(limit -> limit < NO_LIMIT)
            .min(),
        ancestors(ownGroup(files, "cpu"))
            .map(group -> quota(files, "/sys/fs/cgroup/cpu" + group))
            .flatMapToDouble(OptionalDouble::stream)
            .min());
  }

  private static OptionalDouble quota(MachineFiles files, String group) {
    Optional<String> quota = files.text(group + "/cpu.cfs_quota_us");
    Optional<String> period = files.text(group + "/cpu.cfs_period_us");
    return quota.isEmpty() || period.isEmpty() || quota.get().startsWith("-")
        ? OptionalDouble.empty()
        : OptionalDouble.of(Double.parseDouble(quota.get()) / Double.parseDouble(period.get()));
  }

  /** Version 1 names a group for each controller: {@code 4:cpu,cpuacct:/docker/ab12}. */
  private static String ownGroup(MachineFiles files, String controller) {
    return files.text("/proc/self/cgroup").stream()
        .flatMap(String::lines)
        .map(line -> line.split(":", 3))
        .filter(parts -> parts.length == 3)
        .filter(parts -> Stream.of(parts[1].split(",")).anyMatch(controller::equals))
        .map(parts -> parts[2])
        .findFirst()
        .orElse("/");
  }

  /** {@code /a/b}, {@code /a} and the root, which is where a container sees its own group. */
  private static Stream<String> ancestors(String group) {
    return Stream.iterate(
        group.equals("/") ? "" : group,
        path -> path != null,
        path -> path.isEmpty() ? null : path.substring(0, path.lastIndexOf('/')));
  }
}
