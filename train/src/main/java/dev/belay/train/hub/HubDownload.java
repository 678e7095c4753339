package dev.belay.train.hub;

import dev.belay.train.failure.DiskFailure;
import dev.belay.train.failure.MachineException;
import dev.belay.train.failure.ModelException;
import dev.belay.train.report.Provenance;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Download of one file into the cache. Bytes go to an incomplete file, which a later attempt
 * continues; it gets its name only when size and hash are those that the hub has announced.
 */
final class HubDownload {
  private static final int BUFFER = 1 << 16;

  private final HubClient client;
  private final HubName name;
  private final RemoteFile file;
  private final Path incomplete;
  private final HubProgress progress;

  HubDownload(
      HubClient client, HubName name, RemoteFile file, Path incomplete, HubProgress progress) {
    this.client = client;
    this.name = name;
    this.file = file;
    this.incomplete = incomplete;
    this.progress = progress;
  }

  /**
   * Downloads.
   *
   * @param blob gets the content
   * @throws MachineException if the hub or the disk fails
   * @throws ModelException if the content is not the announced one, twice
   */
  void into(Path blob) throws IOException {
    if (file.size() < 0 && !file.hasSha256()) {
      throw new ModelException(
          described() + ": the hub says neither its size nor its hash, so it cannot be checked");
    }
    String found = "";
    for (int attempt = 0; attempt < 2; attempt++) {
      receiveAll();
      found = difference();
      if (found.isEmpty()) {
        Files.move(incomplete, blob, StandardCopyOption.ATOMIC_MOVE);
        return;
      }
      // The part of an earlier attempt may be the broken one.
      Files.delete(incomplete);
    }
    throw new ModelException(
        described()
            + ": the download is broken, twice: "
            + found
            + ". A proxy or a mirror changes it, or the hub has a damaged file; nothing of it was"
            + " kept");
  }

  private String described() {
    return name + ", " + file.name();
  }

  /** Receives until all bytes are there, over as many connections as that needs. */
  private void receiveAll() throws IOException {
    int failures = 0;
    boolean ended = false;
    while (!ended) {
      long before = received();
      ended = before == file.size() || receive(before);
      if (!ended) {
        failures = received() > before ? 1 : failures + 1;
        if (failures >= HubClient.ATTEMPTS) {
          throw new MachineException(
              described()
                  + ": the connection breaks off again and again, at byte "
                  + received()
                  + " of "
                  + file.size()
                  + "; the same command continues from there",
              null);
        }
        client.pauseAfter(failures);
      }
    }
  }

  private long received() throws IOException {
    if (!Files.exists(incomplete)) {
      return 0;
    }
    long bytes = Files.size(incomplete);
    if (file.size() >= 0 && bytes > file.size()) {
      Files.delete(incomplete);
      return 0;
    }
    return bytes;
  }

  /**
   * Receives over one connection.
   *
   * @return whether it is complete
   */
  private boolean receive(long from) throws IOException {
    try (HubConnection.Answer answer = client.open(name, file, from)) {
      if (answer.status() == 416) {
        Files.deleteIfExists(incomplete);
        return false;
      }
      // A server may ignore the range, and send all.
      long start = continues(answer, from) ? from : 0;
      long announced = answer.number("Content-Length").orElse(-1);
      if (file.size() >= 0 && announced >= 0 && start + announced != file.size()) {
        throw new ModelException(
            described()
                + ": the hub has announced "
                + file.size()
                + " bytes, and now sends "
                + (start + announced)
                + "; a proxy or a mirror changes it, or the file was replaced meanwhile");
      }
      return copy(answer, start);
    }
  }

  private static boolean continues(HubConnection.Answer answer, long from) {
    return answer.status() == 206
        && answer.header("Content-Range").orElse("").startsWith("bytes " + from + "-");
  }

  /** Appends the body; a failing disk ends the download, a failing connection does not. */
  private boolean copy(HubConnection.Answer answer, long start) throws IOException {
    try (FileChannel out =
        FileChannel.open(incomplete, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      out.truncate(start);
      out.position(start);
      boolean ended = copy(answer, out, start);
      write(() -> out.force(true));
      return ended;
    }
  }

  private boolean copy(HubConnection.Answer answer, FileChannel out, long start) {
    byte[] buffer = new byte[BUFFER];
    long done = start;
    InputStream body;
    try {
      body = answer.body();
    } catch (IOException e) {
      return false;
    }
    while (file.size() < 0 || done < file.size()) {
      int count;
      try {
        count = body.read(buffer);
      } catch (IOException e) {
        return false;
      }
      if (count < 0) {
        return file.size() < 0;
      }
      int wanted = file.size() < 0 ? count : (int) Math.min(count, file.size() - done);
      ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, wanted);
      write(
          () -> {
            while (bytes.hasRemaining()) {
              out.write(bytes);
            }
          });
      done += wanted;
      progress.downloading(described(), done, file.size());
    }
    return true;
  }

  /** A full disk is not left full. */
  private void write(DiskFailure.Writing writing) {
    try {
      writing.run();
    } catch (IOException e) {
      try {
        Files.deleteIfExists(incomplete);
      } catch (IOException again) {
        e.addSuppressed(again);
      }
      throw failed(e);
    }
  }

  private MachineException failed(IOException e) {
    return HubDisk.failure(incomplete.getParent(), Math.max(0, file.size()), e);
  }

  /** What is wrong with the bytes that have arrived; empty if nothing is. */
  private String difference() throws IOException {
    long bytes = Files.size(incomplete);
    if (file.size() >= 0 && bytes != file.size()) {
      return "expected " + file.size() + " bytes, found " + bytes;
    }
    if (!file.hasSha256() && !file.hasGitHash()) {
      return "";
    }
    String found = file.hasSha256() ? Provenance.sha256(incomplete) : gitHash(incomplete);
    return found.equals(file.etag()) ? "" : "expected the hash " + file.etag() + ", found " + found;
  }

  /** Hash under which git stores a content: the SHA-1 of its size and of the content. */
  private static String gitHash(Path path) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
    digest.update(("blob " + Files.size(path) + "\0").getBytes(StandardCharsets.US_ASCII));
    try (DigestInputStream in = new DigestInputStream(Files.newInputStream(path), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
