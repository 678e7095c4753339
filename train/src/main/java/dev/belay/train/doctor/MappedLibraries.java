package dev.belay.train.doctor;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Libraries mapped into a process, with their files.
 *
 * @param maps as in /proc/self/maps
 */
record MappedLibraries(String maps) {
  static MappedLibraries ofThisProcess() {
    return new MappedLibraries(new MachineFiles(Path.of("/")).text("/proc/self/maps").orElse(""));
  }

  /** The file of a library, found by the name that it was loaded with. */
  Optional<String> file(String library) {
    return maps.lines()
        .map(line -> line.substring(Math.max(0, line.indexOf('/'))))
        .filter(file -> file.contains("/" + library))
        .findFirst();
  }
}
