package dev.belay.savedmodel.bundle;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;

/**
 * File that is being written to disk. Data is processed in pieces that fit into a processor's
 * cache: the caller's thread computes the checksum and writes them, a second thread hashes them,
 * and a third syncs them while the next pieces arrive, so that neither the disk nor the processor
 * waits for the other.
 *
 * <p>It owns the channel and both threads: close it. Until then the bytes passed to it must not
 * change.
 */
final class DataFile implements Closeable {
  private static final int PIECE_BYTES = 1 << 20;

  /** Pieces that may wait for the hash: each stays in memory until it was read. */
  private static final int MOST_WAITING = 16;

  /** Fewer bytes are not worth a sync call. */
  private static final long FLUSH_BYTES = 4L << 20;

  private final Path path;
  private final FileChannel channel;
  private final MessageDigest hash = sha256();
  private final Semaphore room = new Semaphore(MOST_WAITING);
  private final ExecutorService hasher = thread("belay-hash");
  private final ExecutorService flusher = thread("belay-flush");
  private Future<?> flush;
  private long unflushedBytes;

  private DataFile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /** Begins a file that must not exist. */
  static DataFile create(Path path) throws IOException {
    return new DataFile(
        path, FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW));
  }

  /** The offset of the next byte. */
  long position() throws IOException {
    return channel.position();
  }

  /** Writes what remains in {@code bytes}, whose position does not change. */
  void write(ByteBuffer bytes) throws IOException {
    write(bytes, new CRC32C());
  }

  /** Writes, and adds what was written to a checksum. */
  void write(ByteBuffer bytes, CRC32C checksum) throws IOException {
    for (int at = bytes.position(); at < bytes.limit(); at += PIECE_BYTES) {
      ByteBuffer piece = bytes.slice(at, Math.min(PIECE_BYTES, bytes.limit() - at));
      checksum.update(piece.duplicate());
      room.acquireUninterruptibly();
      hasher.execute(
          () -> {
            hash.update(piece.duplicate());
            room.release();
          });
      ByteBuffer rest = piece.duplicate();
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
      flushWhatIsThere(piece.capacity());
    }
  }

  /** Syncs one call at a time; each call covers what was written during the previous one. */
  private void flushWhatIsThere(int pieceBytes) throws IOException {
    unflushedBytes += pieceBytes;
    if (flush != null && flush.isDone()) {
      await(flush);
      flush = null;
    }
    if (flush == null && unflushedBytes >= FLUSH_BYTES) {
      unflushedBytes = 0;
      flush =
          flusher.submit(
              () -> {
                channel.force(false);
                return null;
              });
    }
  }

  /** Syncs the rest to disk. Nothing can be written afterwards. */
  WrittenFile finish() throws IOException {
    if (flush != null) {
      await(flush);
    }
    channel.force(true);
    await(hasher.submit(() -> {}));
    return new WrittenFile(path, channel.size(), HexFormat.of().formatHex(hash.digest()));
  }

  private static void await(Future<?> task) throws IOException {
    try {
      task.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException disk) {
        throw disk;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while a file was flushed to the disk");
    }
  }

  /** Returns when none of its threads reads the passed bytes any more. */
  @Override
  public void close() throws IOException {
    hasher.shutdownNow();
    flusher.shutdown();
    awaitEnd(hasher);
    awaitEnd(flusher);
    channel.close();
  }

  private static void awaitEnd(ExecutorService threads) {
    boolean interrupted = false;
    for (boolean ended = false; !ended; ) {
      try {
        ended = threads.awaitTermination(1, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static ExecutorService thread(String name) {
    return Executors.newSingleThreadExecutor(
        task -> {
          Thread thread = new Thread(task, name);
          thread.setDaemon(true);
          return thread;
        });
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
