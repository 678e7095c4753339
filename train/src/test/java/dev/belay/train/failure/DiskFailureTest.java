package dev.belay.train.failure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.CorruptModelException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
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
            " Free some space, or choose another disk, then run the same command again: the files"
                + " that were written before are intact."),
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

  private static String message(Path path, IOException cause) {
    return DiskFailure.writing(path, 7, cause).getMessage();
  }

  @Test
  void theAdviceFitsTheCause() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    Path below = file.resolve("run/config.json");
    String ending = ", then run the same command again: it resumes from the last checkpoint.";
    IOException real =
        assertThrows(IOException.class, () -> Files.createDirectories(below.getParent()));
    assertEquals(
        "cannot write "
            + below
            + ", which needs 7 bytes: Not a directory. Part of the path is a file: choose another"
            + " path, or remove the file"
            + ending,
        message(below, real));
    Path longName = folder.resolve("a".repeat(300));
    String tooLong =
        message(longName, assertThrows(IOException.class, () -> Files.writeString(longName, "")));
    assertTrue(tooLong.endsWith(": File name too long. Choose a shorter path" + ending), tooLong);
    String directory =
        message(folder, assertThrows(IOException.class, () -> Files.writeString(folder, "")));
    assertTrue(
        directory.endsWith(
            ": Is a directory. Choose another name, or remove the directory" + ending),
        directory);
    for (IOException other :
        List.of(
            new FileSystemException(below.toString(), null, "Aucun fichier de ce nom"),
            new NotDirectoryException(below.toString()),
            new NoSuchFileException(below.toString()))) {
      assertTrue(message(below, other).contains(". Part of the path is a file"), other.toString());
    }
    assertTrue(
        message(folder, new FileSystemException("f", null, "Disk quota exceeded"))
            .contains(" are free at " + folder + ". Free some space, have the quota raised"));
    assertFalse(
        message(folder, new AccessDeniedException("f")).contains(" free "), "no space is lacking");
    assertEquals(
        FileProblem.READ_ONLY,
        FileProblem.of(folder, new FileSystemException("f", null, "Read-only file system")));
    assertEquals(
        FileProblem.NO_PERMISSION,
        FileProblem.of(folder, new IOException("Operation not permitted")));
    assertEquals(
        FileProblem.FILE_TOO_LARGE, FileProblem.of(folder, new IOException("File too large")));
    assertEquals(
        FileProblem.BAD_DISK, FileProblem.of(folder, new IOException("Input/output error")));
    assertEquals(FileProblem.OTHER, FileProblem.of(folder, new IOException("Unbekannt")));
  }
}
