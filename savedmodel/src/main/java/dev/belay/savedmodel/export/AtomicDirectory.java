package dev.belay.savedmodel.export;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Directory that appears complete or not at all: it is filled under a hidden name beside its
 * target, synced to disk and renamed.
 *
 * <p>It owns the hidden directory: close it. Closed without a commit, it removes what was written.
 * Remains of a killed process are removed when the next directory is begun in the same place.
 */
public final class AtomicDirectory implements Closeable {
  private static final AtomicInteger COUNTER = new AtomicInteger();

  /**
   * {@code .NAME.belay-HOST-PID-NUMBER}; with the host name, since processes of another host look
   * dead.
   */
  private static final Pattern ASIDE = Pattern.compile("\\..+\\.belay-(.+)-(\\d+)-\\d+");

  private static final Pattern VERSION = Pattern.compile("\\d{1,18}");
  private static final Path HOST_FILE = Path.of("/proc/sys/kernel/hostname");

  private final Path target;
  private final Path aside;
  private boolean committed;

  private AtomicDirectory(Path target, Path aside) {
    this.target = target;
    this.aside = aside;
  }

  /**
   * Begins a directory.
   *
   * @param target where it will be; its parents are created if necessary
   * @throws FileAlreadyExistsException if anything is there
   */
  public static AtomicDirectory create(Path target) throws IOException {
    Path absolute = target.toAbsolutePath().normalize();
    requireAbsent(absolute);
    Files.createDirectories(absolute.getParent());
    return createIn(absolute);
  }

  /**
   * Begins a directory whose parents exist: if one vanished, it is not created again.
   *
   * @throws java.nio.file.NoSuchFileException if a parent is missing
   */
  public static AtomicDirectory createInExisting(Path target) throws IOException {
    Path absolute = target.toAbsolutePath().normalize();
    requireAbsent(absolute);
    return createIn(absolute);
  }

  private static AtomicDirectory createIn(Path absolute) throws IOException {
    removeLeftovers(absolute.getParent());
    return new AtomicDirectory(absolute, Files.createDirectory(aside(absolute)));
  }

  /**
   * Removes a directory atomically: it is renamed first. Remains of a killed process are removed
   * when the next directory is begun in the same place.
   */
  public static void remove(Path directory) throws IOException {
    Path absolute = directory.toAbsolutePath().normalize();
    Path aside = aside(absolute);
    Files.move(absolute, aside, StandardCopyOption.ATOMIC_MOVE);
    deleteTree(aside);
  }

  private static Path aside(Path target) {
    return target.resolveSibling(
        String.format(
            ".%s.belay-%s-%d-%d",
            target.getFileName(),
            host(),
            ProcessHandle.current().pid(),
            COUNTER.incrementAndGet()));
  }

  /**
   * The next version below a model's directory, as TensorFlow Serving numbers them: one more than
   * the largest integer there, or 1.
   */
  public static Path nextVersion(Path modelDirectory) throws IOException {
    long largest = 0;
    if (Files.isDirectory(modelDirectory)) {
      try (Stream<Path> entries = Files.list(modelDirectory)) {
        largest =
            entries
                .map(entry -> entry.getFileName().toString())
                .filter(name -> VERSION.matcher(name).matches())
                .mapToLong(Long::parseLong)
                .max()
                .orElse(0);
      }
    }
    return modelDirectory.resolve(Long.toString(largest + 1));
  }

  /**
   * Removes every unfinished directory in a place, also those of processes that look alive: a
   * process in a new container often has the number of the one before it.
   *
   * @param parent a directory that the caller owns alone, or one that does not exist
   */
  public static void removeUnfinished(Path parent) throws IOException {
    if (Files.isDirectory(parent)) {
      List<Path> unfinished;
      try (Stream<Path> entries = Files.list(parent)) {
        unfinished =
            entries
                .filter(entry -> ASIDE.matcher(entry.getFileName().toString()).matches())
                .filter(entry -> Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS))
                .toList();
      }
      for (Path entry : unfinished) {
        deleteTree(entry);
      }
    }
  }

  /** The directory to fill. Only until {@link #commit}. */
  public Path path() {
    return aside;
  }

  /**
   * Syncs everything to disk and renames the directory to its target.
   *
   * @throws FileAlreadyExistsException if something was created there meanwhile
   */
  public void commit() throws IOException {
    requireAbsent(target);
    forceTree(aside);
    Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
    force(target.getParent());
    committed = true;
  }

  @Override
  public void close() throws IOException {
    if (!committed) {
      deleteTree(aside);
    }
  }

  private static void requireAbsent(Path target) throws FileAlreadyExistsException {
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileAlreadyExistsException(
          target + " exists already; remove it or choose another directory");
    }
  }

  /** Removes what dead processes of this machine left in {@code parent}. */
  private static void removeLeftovers(Path parent) throws IOException {
    List<Path> leftovers;
    try (Stream<Path> entries = Files.list(parent)) {
      leftovers = entries.filter(AtomicDirectory::isLeftover).toList();
    }
    for (Path leftover : leftovers) {
      try {
        deleteTree(leftover);
      } catch (IOException e) {
        // Another process removes it too, or it belongs to another user: it does no harm.
      }
    }
  }

  private static boolean isLeftover(Path entry) {
    Matcher name = ASIDE.matcher(entry.getFileName().toString());
    return name.matches()
        && name.group(1).equals(host())
        && ProcessHandle.of(Long.parseLong(name.group(2))).isEmpty()
        && Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS);
  }

  /** The name of this machine; of others it only has to be the same for all their processes. */
  public static String host() {
    try {
      return Files.readString(HOST_FILE).strip();
    } catch (IOException e) {
      // Not Linux: the name only has to be the same for all processes of this machine.
      return "localhost";
    }
  }

  private static void forceTree(Path root) throws IOException {
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            force(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException failure)
              throws IOException {
            force(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** On Linux a directory opened for reading can be forced, which makes its entries durable. */
  private static void force(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Deletes a file, or a directory with all below it; links are not followed. */
  public static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException failure)
              throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
