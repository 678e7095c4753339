package dev.belay.train.failure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.CorruptModelException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskFailureTest {
  @TempDir Path folder;

  @Test
  void nothingIsWrittenWhereThereIsNoRoom() {
    Path target = folder.resolve("export").resolve("1");
    String message =
        assertThrows(
                MachineException.class,
                () ->
                    DiskFailure.guard(
                        target, Long.MAX_VALUE, () -> Files.createDirectories(target)))
            .getMessage();
    assertTrue(
        message.startsWith(
            "cannot write "
                + target
                + ", which needs 9223372036854775807 bytes (9223372036.9 GB): No space left on"
                + " device; "),
        message);
    assertTrue(message.contains(" are free at " + folder + ". "), message);
    assertTrue(
        message.endsWith(
            " Make room or mend it, then run the same command again: what was written before is"
                + " untouched."),
        message);
    assertFalse(Files.exists(target.getParent()));
  }

  @Test
  void whatTheDiskRefusesIsToldWithTheSize() {
    MachineException failure =
        assertThrows(
            MachineException.class,
            () ->
                DiskFailure.guard(
                    folder,
                    12_345_678,
                    () -> {
                      throw new IOException("File too large");
                    }));
    assertTrue(
        failure
            .getMessage()
            .startsWith(
                "cannot write "
                    + folder
                    + ", which needs 12345678 bytes (12.3 MB): File too large; "),
        failure.getMessage());
  }

  /** They are not the disk's fault, and have exit codes of their own. */
  @Test
  void whatIsNotTheDiskStaysWhatItIs() {
    for (IOException fault :
        List.of(
            new CorruptModelException(folder, "entry", "a number", "a word"),
            new FileAlreadyExistsException("there"))) {
      assertSame(
          fault,
          assertThrows(
              IOException.class,
              () ->
                  DiskFailure.guard(
                      folder,
                      1,
                      () -> {
                        throw fault;
                      })));
    }
    assertEquals(0, folder.toFile().list().length);
  }
}
