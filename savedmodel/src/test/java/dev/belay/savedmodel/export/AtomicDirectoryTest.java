package dev.belay.savedmodel.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicDirectoryTest {
  @TempDir Path folder;

  @Test
  void isThereOnlyAfterTheCommit() throws IOException {
    Path target = folder.resolve("models/1");
    try (AtomicDirectory directory = AtomicDirectory.create(target)) {
      Files.createDirectory(directory.path().resolve("variables"));
      Files.writeString(directory.path().resolve("variables/a"), "content");
      assertFalse(Files.exists(target));
      directory.commit();
    }
    assertEquals("content", Files.readString(target.resolve("variables/a")));
    assertEquals(List.of(target), list(folder.resolve("models")));
  }

  @Test
  void withoutACommitNothingIsLeft() throws IOException {
    try (AtomicDirectory directory = AtomicDirectory.create(folder.resolve("1"))) {
      Files.writeString(directory.path().resolve("a"), "content");
    }
    assertEquals(List.of(), list(folder));
  }

  @Test
  void anExistingTargetIsRefused() throws IOException {
    Path target = Files.createDirectory(folder.resolve("1"));
    String message =
        assertThrows(FileAlreadyExistsException.class, () -> AtomicDirectory.create(target).close())
            .getMessage();
    assertEquals(target + " exists already; remove it or choose another directory", message);
  }

  @Test
  void aTargetThatAppearsMeanwhileIsKept() throws IOException {
    Path target = folder.resolve("1");
    try (AtomicDirectory directory = AtomicDirectory.create(target)) {
      Files.writeString(target, "somebody else's");
      assertThrows(FileAlreadyExistsException.class, directory::commit);
    }
    assertEquals("somebody else's", Files.readString(target));
    assertEquals(List.of(target), list(folder));
  }

  /** A directory of a process that is no more goes; one of a live process or another host stays. */
  @Test
  void leftoversOfDeadProcessesAreRemoved() throws IOException, InterruptedException {
    String host = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    Process process = new ProcessBuilder("true").start();
    process.waitFor();
    Path dead = folder.resolve(".1.belay-" + host + "-" + process.pid() + "-1");
    Path alive = folder.resolve(".1.belay-" + host + "-" + ProcessHandle.current().pid() + "-7");
    Path elsewhere = folder.resolve(".1.belay-otherhost-" + process.pid() + "-1");
    Files.createDirectories(dead.resolve("variables"));
    Files.writeString(dead.resolve("variables/part"), "half");
    Files.createDirectory(alive);
    Files.createDirectory(elsewhere);
    AtomicDirectory.create(folder.resolve("2")).close();
    assertFalse(Files.exists(dead));
    assertTrue(Files.exists(alive));
    assertTrue(Files.exists(elsewhere));
  }

  @Test
  void versionsCountOn() throws IOException {
    assertEquals(folder.resolve("m/1"), AtomicDirectory.nextVersion(folder.resolve("m")));
    for (String name : List.of("1", "9", "10", "saved", "3x", ".11.belay-h-1-1")) {
      Files.createDirectory(folder.resolve(name));
    }
    assertEquals(folder.resolve("11"), AtomicDirectory.nextVersion(folder));
  }

  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.toList();
    }
  }
}
