package dev.belay.train.sweep;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.export.AtomicDirectory;
import dev.belay.train.config.ConfigException;
import dev.belay.train.report.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The directory of one sweep: sweep.json, report.html, tensorboard/, and arms/NAME/seed-N with
 * metrics.jsonl and, once the arm has ended, result.json.
 *
 * @param root the directory itself
 */
public record SweepDirectory(Path root) {
  /** Name in sweep.json of the options that identify a sweep. */
  static final String OPTIONS = "options";

  private static final String FACTS = "sweep.json";
  private static final String RESULT = "result.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * A directory that is new or empty, or the one that the same sweep has begun.
   *
   * @param mayGoOn whether it may be one that was begun
   * @param identity the settings that identify a sweep, as in sweep.json
   * @param defaults of the options among them
   * @throws ConfigException if there is anything else in it, or a sweep that is not the same
   */
  public static SweepDirectory open(
      Path root, boolean mayGoOn, Map<String, Object> identity, Map<String, Object> defaults)
      throws IOException {
    SweepDirectory directory = new SweepDirectory(root);
    if (Files.exists(directory.facts())) {
      if (!mayGoOn) {
        throw new ConfigException(
            "--resume never", "a new or an empty directory", root + ", which holds a sweep");
      }
      directory.requireSame(identity, defaults);
      return directory;
    }
    if (Files.isRegularFile(root)) {
      throw new ConfigException("--output-dir", "a directory", "the file " + root);
    }
    if (holdsOtherFiles(root)) {
      throw new ConfigException(
          "--output-dir",
          "a new or an empty directory, or that of the same sweep",
          root + ", which holds other files; choose another, or remove it first");
    }
    return directory;
  }

  private static boolean holdsOtherFiles(Path root) throws IOException {
    if (!Files.isDirectory(root)) {
      return false;
    }
    try (Stream<Path> entries = Files.list(root)) {
      return entries.anyMatch(entry -> !entry.getFileName().toString().equals(RunDirectory.LOCK));
    }
  }

  private void requireSame(Map<String, Object> identity, Map<String, Object> defaults)
      throws IOException {
    JsonNode wanted = JSON.valueToTree(identity);
    JsonNode found = read(facts());
    if (found.path(OPTIONS) instanceof ObjectNode options) {
      // A version that did not know an option did what is the default now.
      ObjectNode absent = JSON.valueToTree(defaults);
      wanted.path(OPTIONS).fieldNames().forEachRemaining(name -> fill(options, name, absent));
    }
    List<String> different = new ArrayList<>();
    wanted
        .properties()
        .forEach(
            part -> compare(part.getKey(), part.getValue(), found.path(part.getKey()), different));
    if (!different.isEmpty()) {
      throw new ConfigException(
          "--output-dir",
          "the directory of the same sweep, to resume it",
          root
              + ", whose sweep differs in "
              + String.join("; ", different)
              + "; choose another directory, or use the options that it was started with");
    }
  }

  private static void fill(ObjectNode options, String name, ObjectNode defaults) {
    if (!options.has(name) && defaults.has(name)) {
      options.set(name, defaults.get(name));
    }
  }

  private static void compare(
      String path, JsonNode wanted, JsonNode found, List<String> different) {
    if (wanted.isObject() && found.isObject()) {
      wanted
          .properties()
          .forEach(
              field ->
                  compare(field.getKey(), field.getValue(), found.path(field.getKey()), different));
      found
          .fieldNames()
          .forEachRemaining(
              name -> {
                if (!wanted.has(name)) {
                  different.add(name + " (" + found.get(name) + ", now not given)");
                }
              });
    } else if (!wanted.toString().equals(found.toString())) {
      String then = found.isMissingNode() ? "not given" : shortened(found);
      different.add(path + " (" + then + ", now " + shortened(wanted) + ")");
    }
  }

  private static String shortened(JsonNode value) {
    String text = value.toString();
    return text.length() > 80 ? text.substring(0, 77) + "..." : text;
  }

  private static JsonNode read(Path file) throws IOException {
    try {
      return JSON.readTree(file.toFile());
    } catch (JacksonException e) {
      throw new CorruptModelException(file, "JSON", "an object", e.getOriginalMessage());
    }
  }

  /** Settings, data and results of the sweep. */
  public Path facts() {
    return root.resolve(FACTS);
  }

  /** Held by the process that works here. */
  public Path lock() {
    return root.resolve(RunDirectory.LOCK);
  }

  /** The sweep as a page of charts. */
  public Path report() {
    return root.resolve(RunDirectory.REPORT);
  }

  /** Directory of one arm with one seed. */
  public Path arm(Arm arm, long seed) {
    return root.resolve("arms").resolve(arm.slug()).resolve("seed-" + seed);
  }

  /** One object per event of an arm. */
  public Path metrics(Arm arm, long seed) {
    return arm(arm, seed).resolve(RunDirectory.METRICS);
  }

  /** Event files, one folder per arm and seed below it. */
  public Path tensorboard() {
    return root.resolve(RunDirectory.TENSORBOARD);
  }

  /** Event files of an arm. */
  public Path tensorboard(Arm arm, long seed) {
    return tensorboard().resolve(arm.slug()).resolve("seed-" + seed);
  }

  /** The result of an arm, if it has ended. */
  public Optional<ArmResult> result(Arm arm, long seed) throws IOException {
    return ResultFile.read(arm(arm, seed).resolve(RESULT), arm, seed);
  }

  /** Empties an arm's place, in which a killed process may have left the beginning of it. */
  public void begin(Arm arm, long seed) throws IOException {
    remove(arm(arm, seed));
    remove(tensorboard(arm, seed));
    Files.createDirectories(arm(arm, seed));
  }

  /** Records that an arm has ended, so that it is not trained again. */
  public void finish(ArmResult result) throws IOException {
    Path arm = Files.createDirectories(arm(result.arm(), result.seed()));
    ResultFile.write(arm.resolve(RESULT), result);
  }

  private static void remove(Path tree) throws IOException {
    AtomicDirectory.removeUnfinished(tree.getParent());
    if (Files.exists(tree)) {
      AtomicDirectory.remove(tree);
    }
  }
}
