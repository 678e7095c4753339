package dev.belay.train.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ControlGroupTest {
  @TempDir private Path root;

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text + "\n");
  }

  private ControlGroup read() {
    return ControlGroup.of(new MachineFiles(root));
  }

  @Test
  void version2TakesTheSmallestLimitOnTheWayToTheRoot() throws IOException {
    write("sys/fs/cgroup/cgroup.controllers", "cpu memory");
    write("proc/self/cgroup", "0::/pod/container");
    write("sys/fs/cgroup/pod/memory.max", "1000");
    write("sys/fs/cgroup/pod/container/memory.max", "max");
    write("sys/fs/cgroup/pod/cpu.max", "max 100000");
    write("sys/fs/cgroup/pod/container/cpu.max", "150000 100000");
    assertEquals(new ControlGroup(2, OptionalLong.of(1000), OptionalDouble.of(1.5)), read());
  }

  @Test
  void version2InsideAContainerIsItsOwnRoot() throws IOException {
    write("sys/fs/cgroup/cgroup.controllers", "cpu memory");
    write("proc/self/cgroup", "0::/");
    write("sys/fs/cgroup/memory.max", "4096");
    write("sys/fs/cgroup/cpu.max", "50000 100000");
    assertEquals(new ControlGroup(2, OptionalLong.of(4096), OptionalDouble.of(0.5)), read());
  }

  @Test
  void version1FindsTheGroupOfEachController() throws IOException {
    write("proc/self/cgroup", "4:cpu,cpuacct:/docker/a\n3:memory:/docker/b\n0::/");
    write("sys/fs/cgroup/memory/docker/b/memory.limit_in_bytes", "2048");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
    write("sys/fs/cgroup/cpu/docker/a/cpu.cfs_quota_us", "200000");
    write("sys/fs/cgroup/cpu/docker/a/cpu.cfs_period_us", "100000");
    write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1");
    write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000");
    assertEquals(new ControlGroup(1, OptionalLong.of(2048), OptionalDouble.of(2)), read());
  }

  @Test
  void withoutGroupsThereAreNoLimits() {
    assertEquals(new ControlGroup(0, OptionalLong.empty(), OptionalDouble.empty()), read());
  }

  @Test
  void lessThanOneCpuIsSaid() {
    ControlGroup group = new ControlGroup(2, OptionalLong.empty(), OptionalDouble.of(0.5));
    Finding threads = ProcessorCheck.of(new MachineFiles(root), group, 1).get(2);
    assertEquals(Finding.State.NOTE, threads.state());
    assertTrue(threads.advice().contains("grant whole CPUs"), threads.advice());
  }

  @Test
  void aHeapThatLeavesNothingToTensorFlowIsSaid() throws IOException {
    write("proc/meminfo", "MemTotal:       16000000 kB\nMemAvailable:    8000000 kB");
    ControlGroup group = new ControlGroup(2, OptionalLong.of(8L << 30), OptionalDouble.empty());
    Finding heap = MemoryCheck.of(new MachineFiles(root), group, 6L << 30).get(2);
    assertEquals(Finding.State.NOTE, heap.state());
    assertEquals("give Java less: -Xmx2g, with the launcher BELAY_JAVA_OPTS=-Xmx2g", heap.advice());
  }

  @Test
  void usableMemoryIsTheLeastOfMachineAndGroup() throws IOException {
    assertEquals(
        OptionalLong.empty(), UsableMemory.of(new MachineFiles(root), read()), "no /proc/meminfo");
    write("proc/meminfo", "MemTotal:       16000000 kB\nMemAvailable:    8000000 kB");
    write("proc/self/status", "VmRSS:      900000 kB\nRssAnon:     500000 kB");
    assertEquals(
        OptionalLong.of(8_000_000L << 10), UsableMemory.of(new MachineFiles(root), read()));
    ControlGroup group =
        new ControlGroup(2, OptionalLong.of(2_000_000L << 10), OptionalDouble.empty());
    assertEquals(OptionalLong.of(1_500_000L << 10), UsableMemory.of(new MachineFiles(root), group));
  }
}
