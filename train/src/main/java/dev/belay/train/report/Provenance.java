package dev.belay.train.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * run.json: where a run comes from: versions, machine, command, and the SHA-256 of the model and of
 * each data file. Written at the start, and again whenever more is known.
 */
public final class Provenance {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final Path file;
  private final Map<String, Object> facts = new LinkedHashMap<>();

  /** Starts the record of a run that is starting now. */
  public Provenance(Path file, List<String> command) {
    this.file = file;
    facts.put("status", "running");
    facts.put("started", now());
    facts.put("command", command);
    facts.put("belay", version());
    facts.put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
    facts.put(
        "machine",
        Map.of(
            "os", System.getProperty("os.name") + " " + System.getProperty("os.version"),
            "arch", System.getProperty("os.arch"),
            "processors", Runtime.getRuntime().availableProcessors()));
  }

  /** Belay's own version, from its jar. */
  public static String version() {
    String version = Provenance.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  /** Adds a fact. */
  public Provenance put(String name, Object value) {
    facts.put(name, value);
    return this;
  }

  /** Marks the end. */
  public void finish(String status) throws IOException {
    facts.put("status", status);
    facts.put("finished", now());
    write();
  }

  /** Writes what is known; a reader never sees half of it. */
  public void write() throws IOException {
    Path aside = file.resolveSibling(file.getFileName() + ".partial");
    Files.write(aside, JSON.writeValueAsBytes(facts));
    Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Path and SHA-256 of a file. */
  public static Map<String, Object> hash(Path path) throws IOException {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("path", path.toAbsolutePath().normalize().toString());
    entry.put("bytes", Files.size(path));
    entry.put("sha256", sha256(path));
    return entry;
  }

  /** The files of a directory tree, each with its hash, in the order of their names. */
  public static List<Map<String, Object>> hashTree(Path directory) throws IOException {
    List<Path> files;
    try (Stream<Path> tree = Files.walk(directory)) {
      files = tree.filter(Files::isRegularFile).sorted().toList();
    }
    List<Map<String, Object>> hashes = new java.util.ArrayList<>();
    for (Path path : files) {
      hashes.add(hash(path));
    }
    return hashes;
  }

  /** The SHA-256 of a file, in hex. */
  public static String sha256(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      DigestInputStream digest = new DigestInputStream(in, MessageDigest.getInstance("SHA-256"));
      digest.transferTo(java.io.OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(digest.getMessageDigest().digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
  }
}
