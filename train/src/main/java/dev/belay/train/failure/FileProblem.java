package dev.belay.train.failure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** Cause of a failed access to a file, with the advice that fits it. */
public enum FileProblem {
  NO_SPACE("no space left on device", "Free some space, or choose another disk"),
  QUOTA("disk quota exceeded", "Free some space, have the quota raised, or choose another disk"),
  FILE_TOO_LARGE(
      "file too large",
      "Raise the limit of the shell (`ulimit -f`), or choose a file system without this limit"),
  READ_ONLY(
      "read-only file system", "Choose another directory, or mount this file system writable"),
  NO_PERMISSION(
      "permission denied|operation not permitted",
      "Choose another directory, or give this user the rights to this one"),
  IS_A_DIRECTORY("is a directory", "Choose another name, or remove the directory"),
  NOT_A_DIRECTORY(
      "not a directory", "Part of the path is a file: choose another path, or remove the file"),
  NAME_TOO_LONG("file name too long", "Choose a shorter path"),
  NOT_FOUND(
      "no such file or directory",
      "Check the path, and whether the directory was moved, removed or unmounted"),
  EXISTS("file exists", "Choose another name, or remove the file"),
  TOO_MANY_OPEN_FILES("too many open files", "Raise the limit of the shell (`ulimit -n`)"),
  BAD_DISK("input/output error", "Check the disk and its connection, or choose another disk"),
  OTHER("(?!)", "Remove the cause, or choose another directory");

  /** Bytes of a name, which no usual file system exceeds. */
  private static final int LONGEST_NAME = 255;

  /** The system's words for it. */
  private final Pattern words;

  private final String advice;

  FileProblem(String words, String advice) {
    this.words = Pattern.compile(words, Pattern.CASE_INSENSITIVE);
    this.advice = advice;
  }

  /**
   * Finds the cause.
   *
   * @param path the file or directory of the access
   */
  public static FileProblem of(Path path, IOException failure) {
    if (failure instanceof NoSuchFileException) {
      return isBelowFile(path) ? NOT_A_DIRECTORY : NOT_FOUND;
    }
    if (failure instanceof AccessDeniedException) {
      return NO_PERMISSION;
    }
    if (failure instanceof NotDirectoryException) {
      return NOT_A_DIRECTORY;
    }
    if (failure instanceof FileAlreadyExistsException) {
      return Files.isDirectory(path) ? IS_A_DIRECTORY : EXISTS;
    }
    String text = reason(failure);
    for (FileProblem problem : values()) {
      if (problem.words.matcher(text).find()) {
        return problem;
      }
    }
    return seen(path);
  }

  /** The system writes its reasons in the language of the user: then the file system is asked. */
  private static FileProblem seen(Path path) {
    Path place = DiskFailure.existing(path);
    if (isBelowFile(path)) {
      return NOT_A_DIRECTORY;
    }
    for (Path name : path) {
      if (name.toString().getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
        return NAME_TOO_LONG;
      }
    }
    if (!Files.isWritable(place)) {
      return isReadOnly(place) ? READ_ONLY : NO_PERMISSION;
    }
    return DiskFailure.lacksRoom(path, 1) ? NO_SPACE : OTHER;
  }

  private static boolean isReadOnly(Path place) {
    try {
      return Files.getFileStore(place).isReadOnly();
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean isBelowFile(Path path) {
    Path parent = path.toAbsolutePath().normalize().getParent();
    while (parent != null && !Files.exists(parent)) {
      parent = parent.getParent();
    }
    return parent != null && !Files.isDirectory(parent);
  }

  /** The reason in the system's words, without the path. */
  public static String reason(IOException failure) {
    if (failure instanceof FileSystemException system && system.getReason() != null) {
      return system.getReason();
    }
    if (failure instanceof NoSuchFileException) {
      return "No such file or directory";
    }
    if (failure instanceof AccessDeniedException) {
      return "Permission denied";
    }
    if (failure instanceof NotDirectoryException) {
      return "Not a directory";
    }
    if (failure instanceof FileAlreadyExistsException) {
      return "File exists";
    }
    return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
  }

  /** Whether the path that was named is wrong, and not the machine. */
  public boolean isOfThePath() {
    return this == NOT_A_DIRECTORY
        || this == IS_A_DIRECTORY
        || this == NAME_TOO_LONG
        || this == NOT_FOUND
        || this == EXISTS;
  }

  /** Whether the free space of the disk matters. */
  boolean isOfSpace() {
    return this == NO_SPACE || this == QUOTA || this == FILE_TOO_LARGE || this == OTHER;
  }

  /** Advice, as a sentence without its full stop. */
  public String advice() {
    return advice;
  }
}
