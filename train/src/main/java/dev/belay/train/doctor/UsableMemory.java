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

  /** Available bytes of the machine, whatever its containers may use; empty if unknown. */
  public static OptionalLong ofThisMachine() {
    return ofMachine(new MachineFiles(Path.of("/")));
  }

  private static OptionalLong ofMachine(MachineFiles files) {
    long machine = MemoryCheck.bytes(files, MemoryCheck.MEMORY_FILE, MemoryCheck.AVAILABLE);
    return machine == 0 ? OptionalLong.empty() : OptionalLong.of(machine);
  }

  /** Subtracts only this process from the limit: the usage of a group includes cached files. */
  static OptionalLong of(MachineFiles files, ControlGroup group) {
    OptionalLong machine = ofMachine(files);
    if (machine.isEmpty()) {
      return machine;
    }
    long own = MemoryCheck.bytes(files, "/proc/self/status", "RssAnon");
    return LongStream.concat(
            machine.stream(), group.memoryBytes().stream().map(limit -> Math.max(0, limit - own)))
        .min();
  }
}
