package dev.belay.train.doctor;

import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.stream.LongStream;

/** Memory that is available to this process, on the machine and within its container. */
public final class UsableMemory {
  private UsableMemory() {}

  /** Available bytes; empty if unknown. */
  public static OptionalLong ofThisProcess() {
    MachineFiles files = new MachineFiles(Path.of("/"));
    return of(files, ControlGroup.of(files));
  }

  /** Subtracts only this process from the limit: the usage of a group includes cached files. */
  static OptionalLong of(MachineFiles files, ControlGroup group) {
    long machine = MemoryCheck.bytes(files, MemoryCheck.MEMORY_FILE, "MemAvailable");
    if (machine == 0) {
      return OptionalLong.empty();
    }
    long own = MemoryCheck.bytes(files, "/proc/self/status", "RssAnon");
    return LongStream.concat(
            LongStream.of(machine),
            group.memoryBytes().stream().map(limit -> Math.max(0, limit - own)))
        .min();
  }
}
