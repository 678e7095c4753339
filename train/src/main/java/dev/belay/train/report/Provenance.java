package dev.belay.train.report;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * run.json: where a run comes from: versions, machine, command, and the SHA-256 of the model and of
 * each data file. Written at the start, and again whenever more is known.
 */
public final class Provenance {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private static final TypeReference<LinkedHashMap<String, Object>> FACTS =
      new TypeReference<>() {};

  private final Path file;
  private final Map<String, Object> facts = new LinkedHashMap<>();

  private Provenance(Path file) {
    this.file = file;
  }

  /** Starts the record of a run that is starting now. */
  public static Provenance begin(Path file, List<String> command) {
    Provenance provenance = new Provenance(file);
    provenance.facts.put(RunFact.STATUS, RunFact.RUNNING);
    provenance.facts.put(RunFact.STARTED, now());
    provenance.facts.put(RunFact.COMMAND, command);
    provenance.facts.putAll(surroundings());
    return provenance;
  }

  /**
   * Continues the record of a run that resumes: its entries stay, and a line is added to its
   * history.
   *
   * @param checkpoint the checkpoint that it resumes from
   */
  public static Provenance resume(Path file, List<String> command, Path checkpoint)
      throws IOException {
    Provenance provenance = new Provenance(file);
    provenance.facts.putAll(JSON.readValue(Files.readAllBytes(file), FACTS));
    provenance.facts.put(RunFact.STATUS, RunFact.RUNNING);
    provenance.facts.remove(RunFact.FINISHED);
    provenance.facts.remove(RunFact.ERROR);
    provenance.addResume(command, checkpoint);
    return provenance;
  }

  /** Records that the run resumes from a checkpoint. */
  public void addResume(List<String> command, Path checkpoint) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("resumed", now());
    entry.put("from", checkpoint.toAbsolutePath().normalize().toString());
    entry.put(RunFact.COMMAND, command);
    entry.putAll(surroundings());
    List<Object> history =
        new ArrayList<>((List<?>) facts.getOrDefault(RunFact.RESUMES, List.of()));
    history.add(entry);
    facts.put(RunFact.RESUMES, history);
  }

  private static Map<String, Object> surroundings() {
    Map<String, Object> surroundings = new LinkedHashMap<>();
    surroundings.put(RunFact.BELAY, version());
    surroundings.put(RunFact.JAVA, System.getProperty("java.vm.name") + " " + Runtime.version());
    surroundings.put(
        "machine",
        Map.of(
            "os", System.getProperty("os.name") + " " + System.getProperty("os.version"),
            "arch", System.getProperty("os.arch"),
            "processors", Runtime.getRuntime().availableProcessors()));
    return surroundings;
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

  /**
   * Notes which version folder will be written, before it is: one that is there after a kill is
   * known for the run's own.
   *
   * @param export relative to the run directory
   */
  public void willExport(long step, Path export) throws IOException {
    Map<String, Object> fact = new LinkedHashMap<>();
    fact.put(RunFact.STEP, step);
    fact.put(RunFact.PATH, export.toString());
    put(RunFact.EXPORT, fact).write();
  }

  /** Notes what a version folder holds, now that it is there. */
  public void hasExported(long step, Path export, Path runDirectory) throws IOException {
    Map<String, Object> fact = new LinkedHashMap<>();
    fact.put(RunFact.STEP, step);
    fact.put(RunFact.PATH, runDirectory.relativize(export).toString());
    fact.put(RunFact.FILES, treeHashes(export));
    put(RunFact.EXPORT, fact);
  }

  /** The version folder with the weights of a step, if it was written before and is whole. */
  public Optional<Path> exported(long step, Path runDirectory) throws IOException {
    if (facts.get(RunFact.EXPORT) instanceof Map<?, ?> fact
        && fact.get(RunFact.STEP) instanceof Number of
        && of.longValue() == step) {
      Path export = runDirectory.resolve(String.valueOf(fact.get(RunFact.PATH)));
      boolean whole =
          Files.isDirectory(export)
              && (!(fact.get(RunFact.FILES) instanceof Map<?, ?> files)
                  || files.equals(treeHashes(export)));
      return whole ? Optional.of(export) : Optional.empty();
    }
    return Optional.empty();
  }

  /** Marks the end. */
  public void finish(String status) throws IOException {
    facts.put(RunFact.STATUS, status);
    facts.put(RunFact.FINISHED, now());
    write();
  }

  /** Writes what is known; a reader never sees half of it. */
  public void write() throws IOException {
    DurableFile.write(file, JSON.writeValueAsBytes(facts));
  }

  /** Path and SHA-256 of a file. */
  public static Map<String, Object> hash(Path path) throws IOException {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put(RunFact.PATH, path.toAbsolutePath().normalize().toString());
    entry.put("bytes", Files.size(path));
    entry.put(RunFact.SHA256, sha256(path));
    return entry;
  }

  /** Files with their hashes, in the given order. */
  public static List<Map<String, Object>> hashes(List<Path> files) throws IOException {
    List<Map<String, Object>> hashes = new ArrayList<>();
    for (Path path : files) {
      hashes.add(hash(path));
    }
    return hashes;
  }

  /** The files of a directory tree, each with its hash, in the order of their names. */
  public static List<Map<String, Object>> hashTree(Path directory) throws IOException {
    List<Path> files;
    try (Stream<Path> tree = Files.walk(directory)) {
      files = tree.filter(Files::isRegularFile).sorted().toList();
    }
    return hashes(files);
  }

  /** The SHA-256 of each file below a directory, by its path from there. */
  public static Map<String, String> treeHashes(Path directory) throws IOException {
    Map<String, String> hashes = new TreeMap<>();
    for (Map<String, Object> file : hashTree(directory)) {
      Path path = Path.of((String) file.get(RunFact.PATH));
      hashes.put(
          directory.toAbsolutePath().normalize().relativize(path).toString(),
          (String) file.get(RunFact.SHA256));
    }
    return hashes;
  }

  /** The SHA-256 of a file, in hex. */
  public static String sha256(Path path) throws IOException {
    try (DigestInputStream in = new DigestInputStream(Files.newInputStream(path), newSha256())) {
      in.transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(in.getMessageDigest().digest());
    }
  }

  /** A new SHA-256, which has taken no bytes yet. */
  public static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
  }
}
