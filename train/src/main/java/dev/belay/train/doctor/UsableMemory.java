package dev.belay.train.doctor;

import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.stream.LongStream;

/** Memory that this process can still get, of the machine and of its container. */
public final class UsableMemory {
  private UsableMemory() {}

  /** In bytes; empty where the kernel does not tell. */
  public static OptionalLong ofThisProcess() {
    MachineFiles files = new MachineFiles(Path.of("/"));
    return of(files, ControlGroup.of(files));
  }

  /** A group also counts files that are cached, which give way: only what is ours is taken off. */
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
