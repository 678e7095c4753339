package dev.belay.train.resume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.failure.MachineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunLockTest {
  @TempDir Path directory;

  private Path file() {
    return directory.resolve("run.lock");
  }

  @Test
  void oneAtATimeInOneProcess() throws IOException {
    try (RunLock lock = RunLock.take(file())) {
      lock.requireHeld();
      MachineException refused = assertThrows(MachineException.class, () -> RunLock.take(file()));
      assertTrue(
          refused
              .getMessage()
              .startsWith(
                  "--output-dir: "
                      + directory
                      + " belongs to another run: process "
                      + ProcessHandle.current().pid()
                      + " on "),
          refused.getMessage());
    }
    assertEquals(0, Files.size(file()));
    RunLock.take(file()).close();
  }

  @Test
  void anotherProcessIsTold() throws Exception {
    Process owner =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Owner.class.getName(),
                file().toString())
            .redirectErrorStream(true)
            .start();
    try {
      assertEquals("held", owner.inputReader().readLine());
      MachineException refused = assertThrows(MachineException.class, () -> RunLock.take(file()));
      assertTrue(
          refused.getMessage().contains("process " + owner.pid() + " on "), refused.getMessage());
      String holder = RunLock.holder(file()).orElseThrow();
      assertTrue(holder.startsWith("process " + owner.pid() + " on "), holder);
    } finally {
      owner.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }
    assertTrue(Files.size(file()) > 0, "a killed owner leaves its name");
    assertEquals(Optional.empty(), RunLock.holder(file()));
    RunLock.take(file()).close();
  }

  /** Another process that holds the lock until it is killed. */
  static final class Owner {
    private Owner() {}

    public static void main(String[] arguments) throws Exception {
      try (RunLock lock = RunLock.take(Path.of(arguments[0]))) {
        lock.requireHeld();
        System.out.println("held");
        Thread.sleep(TimeUnit.MINUTES.toMillis(5));
      }
    }
  }

  @Test
  void aProcessOfThisMachineThatIsNoMoreOrHasAnothersNumberOwnsNothing() throws IOException {
    String host = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    for (long pid : new long[] {ProcessHandle.current().pid(), 1, 4_000_000}) {
      Files.writeString(
          file(),
          """
          {"pid":%d,"host":"%s","processStarted":"2001-01-01T00:00:00Z","since":"2001-01-01T00:00:01Z"}\
          """
              .formatted(pid, host));
      RunLock.take(file()).close();
    }
  }

  /** On a file system that machines share, the system's lock may reach no further than one. */
  @Test
  void anOwnerOnAnotherMachineIsWatchedForItsSignOfLife() throws Exception {
    String owner =
        """
        {"pid":7,"host":"another-machine","processStarted":"unknown","since":"2026-01-01T00:00:01Z"}\
        """;
    Files.writeString(file(), owner);
    RunLock.take(file(), Duration.ofMillis(200)).close();

    Files.writeString(file(), owner);
    Thread life =
        new Thread(
            () -> {
              try {
                Thread.sleep(100);
                Files.writeString(file(), owner + " ");
              } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    life.start();
    MachineException refused =
        assertThrows(
            MachineException.class, () -> RunLock.take(file(), Duration.ofSeconds(20)).close());
    life.join();
    assertTrue(
        refused
            .getMessage()
            .contains(
                "belongs to another run: process 7 on another-machine, running since"
                    + " 2026-01-01T00:00:01Z"),
        refused.getMessage());
  }

  @Test
  void aLockThatIsCutOwnsNothing() throws IOException {
    Files.writeString(file(), "{\"pid\":");
    RunLock.take(file()).close();
  }

  @Test
  void aDirectoryThatVanishesIsSeen() throws IOException {
    try (RunLock lock = RunLock.take(file())) {
      Files.delete(file());
      assertTrue(
          assertThrows(MachineException.class, lock::requireHeld)
              .getMessage()
              .startsWith(directory + ": the run directory vanished while the run was writing it"));
      Files.writeString(file(), "another run's");
      assertThrows(MachineException.class, lock::requireHeld);
    }
  }
}
