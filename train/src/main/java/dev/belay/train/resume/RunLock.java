package dev.belay.train.resume;

import static java.util.concurrent.TimeUnit.SECONDS;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.belay.savedmodel.export.AtomicDirectory;
import dev.belay.train.failure.DiskFailure;
import dev.belay.train.failure.MachineException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/**
 * The word that a run directory belongs to one process. It owns the lock and a thread that shows
 * that its owner lives; close it to let the directory go.
 *
 * <p>The system's lock on {@code run.lock} ends with the process, however it ends, so a lock that
 * can be taken on this machine has no owner. The file says who owns it, for people, and for
 * directories that several machines share, where the system's lock may reach no further than one:
 * an owner on another machine is watched for its sign of life.
 *
 * <p>The file stays when the lock is let go, since a file that comes and goes can be locked twice.
 * Nothing else in the process may open it: closing any handle of a file gives up its locks.
 */
public final class RunLock implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  /** An owner writes into the file this often. */
  private static final Duration SIGN_OF_LIFE = Duration.ofSeconds(5);

  /** An owner that is not seen for this long is gone. */
  private static final Duration WATCH = Duration.ofSeconds(16);

  private final Path file;
  private final Path key;
  private final FileChannel channel;
  private final Object inode;
  private final Thread life;

  /** An interrupt would close the channel under the thread that writes. */
  private final CountDownLatch closing = new CountDownLatch(1);

  private RunLock(Path file, Path key, FileChannel channel, byte[] content) throws IOException {
    this.file = file;
    this.key = key;
    this.channel = channel;
    write(file, channel, content);
    this.inode = inode(file);
    this.life = new Thread(() -> showLife(content), "belay-run-lock");
    this.life.setDaemon(true);
    this.life.start();
  }

  /**
   * The process that holds a run directory.
   *
   * @param processStarted distinguishes a process from a later one with the same number
   */
  record Owner(long pid, String host, String processStarted, String since) {
    static Owner self() {
      ProcessHandle self = ProcessHandle.current();
      return new Owner(
          self.pid(),
          AtomicDirectory.host(),
          started(self),
          Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    }

    boolean isOfThisHost() {
      return host.equals(AtomicDirectory.host());
    }

    /** Whether the very process still runs; only for one of this host. */
    boolean isAlive() {
      return ProcessHandle.of(pid)
          .map(process -> started(process).equals(processStarted))
          .orElse(false);
    }

    private static String started(ProcessHandle process) {
      return process.info().startInstant().map(Instant::toString).orElse("unknown");
    }

    @Override
    public String toString() {
      return "process " + pid + " on " + host + ", running since " + since;
    }
  }

  /**
   * Takes the lock.
   *
   * @param file {@code run.lock} of a run directory that exists
   * @throws MachineException if another run has it; the message says which
   */
  public static RunLock take(Path file) throws IOException {
    return take(file, WATCH);
  }

  /** Takes the lock; an owner on another machine that shows no life for so long is gone. */
  static RunLock take(Path file, Duration watch) throws IOException {
    Path key = realPath(file);
    if (!HELD.add(key)) {
      throw owned(file, Optional.of(Owner.self()));
    }
    FileChannel channel = null;
    try {
      channel = open(file);
      requireFree(file, channel, watch);
      return new RunLock(file, key, channel, JSON.writeValueAsBytes(Owner.self()));
    } catch (Throwable e) {
      HELD.remove(key);
      if (channel != null) {
        channel.close();
      }
      throw e;
    }
  }

  /**
   * The process that holds a run directory, for people. Its lock is not touched.
   *
   * @param file {@code run.lock} of a run directory
   * @return empty if no living process holds it
   */
  public static Optional<String> holder(Path file) throws IOException {
    return holder(file, SIGN_OF_LIFE.plusSeconds(1)).map(Owner::toString);
  }

  static Optional<Owner> holder(Path file, Duration watch) throws IOException {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    if (HELD.contains(realPath(file))) {
      return Optional.of(Owner.self());
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      Optional<Owner> owner = read(channel);
      return owner.filter(found -> lives(found, file, channel, watch));
    }
  }

  private static boolean lives(Owner owner, Path file, FileChannel channel, Duration watch) {
    try {
      if (owner.isOfThisHost()) {
        return owner.isAlive() || isLocked(channel);
      }
      Duration age = Duration.between(Files.getLastModifiedTime(file).toInstant(), Instant.now());
      return age.abs().compareTo(WATCH) < 0 || showsLife(channel, watch);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether another process holds the system's lock, such as one that this one cannot see. */
  private static boolean isLocked(FileChannel channel) throws IOException {
    try (FileLock shared = channel.tryLock(0, Long.MAX_VALUE, true)) {
      return shared == null;
    }
  }

  private static FileChannel open(Path file) {
    try {
      return FileChannel.open(
          file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw DiskFailure.writing(file, 0, e);
    }
  }

  private static Path realPath(Path file) throws IOException {
    return file.toAbsolutePath().getParent().toRealPath().resolve(file.getFileName());
  }

  private static void requireFree(Path file, FileChannel channel, Duration watch)
      throws IOException {
    boolean locked;
    boolean systemLocks = true;
    try {
      locked = channel.tryLock() != null;
    } catch (IOException e) {
      // A file system without locks, as some of networks are: the file's own word must do.
      locked = true;
      systemLocks = false;
    }
    Optional<Owner> before = read(channel);
    if (!locked) {
      throw owned(file, before);
    }
    if (before.isEmpty()) {
      return;
    }
    Owner owner = before.get();
    boolean lives =
        owner.isOfThisHost() ? !systemLocks && owner.isAlive() : showsLife(channel, watch);
    if (lives) {
      throw owned(file, before);
    }
  }

  /** A clock of this machine says how long to look, the file says only whether it changes. */
  private static boolean showsLife(FileChannel channel, Duration watch) throws IOException {
    String first = text(channel);
    long end = System.nanoTime() + watch.toNanos();
    while (System.nanoTime() < end) {
      if (!text(channel).equals(first)) {
        return true;
      }
      pause(watch.dividedBy(32));
    }
    return false;
  }

  private static void pause(Duration time) {
    try {
      Thread.sleep(time.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while looking at a lock", e);
    }
  }

  private static MachineException owned(Path file, Optional<Owner> owner) {
    return new MachineException(
        "--output-dir: "
            + file.getParent()
            + " belongs to another run: "
            + owner.map(Owner::toString).orElse("its process is unknown")
            + ". One run at a time writes a directory: wait for it, stop it, or name another",
        null);
  }

  private static Optional<Owner> read(FileChannel channel) throws IOException {
    try {
      String text = text(channel).strip();
      return text.isEmpty() ? Optional.empty() : Optional.of(JSON.readValue(text, Owner.class));
    } catch (JacksonException e) {
      // Cut when its machine stopped.
      return Optional.empty();
    }
  }

  private static String text(FileChannel channel) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(Math.min(4096, channel.size())));
    channel.read(bytes, 0);
    return new String(bytes.array(), 0, bytes.position(), java.nio.charset.StandardCharsets.UTF_8);
  }

  private static void write(Path file, FileChannel channel, byte[] content) {
    try {
      channel.write(ByteBuffer.wrap(content), 0);
      channel.truncate(content.length);
      channel.force(true);
    } catch (IOException e) {
      throw DiskFailure.writing(file, content.length, e);
    }
  }

  /** Blanks after the JSON come and go. */
  private void showLife(byte[] content) {
    try {
      for (boolean blank = true;
          !closing.await(SIGN_OF_LIFE.toSeconds(), SECONDS);
          blank = !blank) {
        if (blank) {
          channel.write(ByteBuffer.wrap(new byte[] {' '}), content.length);
        } else {
          channel.truncate(content.length);
        }
      }
    } catch (InterruptedException | IOException e) {
      // Closed; or the disk fails, which the next checkpoint says better.
    }
  }

  /**
   * Fails if the directory no longer belongs to the run: removed, moved, unmounted.
   *
   * @throws MachineException in that case
   */
  public void requireHeld() {
    try {
      if (inode(file).equals(inode)) {
        return;
      }
    } catch (IOException e) {
      throw gone(e);
    }
    throw gone(null);
  }

  private MachineException gone(IOException cause) {
    return new MachineException(
        file.getParent()
            + ": the run directory vanished while the run was writing it: "
            + file.getFileName()
            + " no longer exists. Was it moved, removed or unmounted? Restore it and run the "
            + "same command, or choose another --output-dir",
        cause);
  }

  private static Object inode(Path file) throws IOException {
    Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    return key == null ? file : key;
  }

  @Override
  public void close() {
    closing.countDown();
    try {
      life.join();
      channel.truncate(0);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // The lock itself ends with the channel.
    } finally {
      HELD.remove(key);
      closeQuietly();
    }
  }

  private void closeQuietly() {
    try {
      channel.close();
    } catch (IOException e) {
      throw DiskFailure.writing(file, 0, e);
    }
  }
}
