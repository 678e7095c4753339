package dev.belay.train;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.failure.ModelException;
import dev.belay.train.report.Provenance;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.resume.RunState;
import dev.belay.train.report.RunFact;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Verifies every file of a run directory against its recorded SHA-256. */
public final class RunVerification {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final RunDirectory run;
  private final List<Item> items = new ArrayList<>();

  private RunVerification(RunDirectory run) {
    this.run = run;
  }

  /**
   * One verified item.
   *
   * @param kind record, checkpoint, export, or input, which is a file that the run read
   * @param sound whether it is unchanged; an input that changed is no fault of the run
   * @param detail the error, or the amount verified
   */
  public record Item(String kind, String path, boolean sound, String detail) {}

  /**
   * All verified items.
   *
   * @param status of the run, as {@link RunState} names it
   * @param sound whether all files of the run are whole
   * @param state the status in words
   */
  public record Report(String run, String status, boolean sound, List<Item> items, String state) {}

  /**
   * Reads every file of a run, without TensorFlow.
   *
   * @throws ModelException if it is no run directory
   */
  public static Report verify(Path path) throws IOException {
    if (!RunDirectory.isRun(path)) {
      throw new ModelException(
          path + ": expected a run directory of `belay train`, with config.json and run.json");
    }
    RunVerification verification = new RunVerification(new RunDirectory(path));
    RunState state = RunState.of(verification.run, verification.verifyAll());
    boolean sound =
        verification.items.stream().allMatch(item -> item.sound() || item.kind().equals("input"));
    return new Report(
        path.toString(), state.status(), sound, verification.items, state.description());
  }

  /** Returns what run.json holds. */
  private JsonNode verifyAll() throws IOException {
    record(RunDirectory.CONFIG, run.config());
    JsonNode facts = record(RunDirectory.PROVENANCE, run.provenance());
    verifyMetrics();
    List<Path> checkpoints = new ArrayList<>(Checkpoint.newestFirst(run.checkpoints()));
    checkpoints.sort(Comparator.naturalOrder());
    for (Path checkpoint : checkpoints) {
      verifyCheckpoint(checkpoint);
    }
    if (facts.path(RunFact.EXPORT).has(RunFact.FILES)) {
      verifyExport(facts.path(RunFact.EXPORT));
    }
    for (String inputs :
        List.of(RunFact.MODEL, RunFact.TRAIN_FILES, RunFact.VALIDATION_FILES, RunFact.TOKENIZER)) {
      JsonNode node = facts.path(inputs);
      for (JsonNode file : node.isArray() ? node : List.of(node)) {
        if (file.has(RunFact.SHA256)) {
          verifyInput(file);
        }
      }
    }
    return facts;
  }

  private JsonNode record(String name, Path file) throws IOException {
    try {
      JsonNode tree = JSON.readTree(file.toFile());
      items.add(new Item("record", name, true, "JSON"));
      return tree;
    } catch (JacksonException e) {
      items.add(new Item("record", name, false, "not JSON: " + e.getOriginalMessage()));
      return JSON.createObjectNode();
    }
  }

  private void verifyMetrics() throws IOException {
    if (!Files.exists(run.metrics())) {
      items.add(new Item("record", RunDirectory.METRICS, false, "not there"));
      return;
    }
    int line = 0;
    for (String text : Files.readAllLines(run.metrics())) {
      line++;
      try {
        JSON.readTree(text);
      } catch (JacksonException e) {
        items.add(new Item("record", RunDirectory.METRICS, false, "line " + line + " is not JSON"));
        return;
      }
    }
    items.add(new Item("record", RunDirectory.METRICS, true, line + " lines"));
  }

  private void verifyCheckpoint(Path checkpoint) throws IOException {
    String name = run.root().relativize(checkpoint).toString();
    try {
      Checkpoint whole = Checkpoint.open(checkpoint);
      whole.model().verifyAll();
      whole.optimizer().verifyAll();
      items.add(
          new Item(
              "checkpoint",
              name,
              true,
              whole.model().names().size()
                  + " weights, "
                  + whole.optimizer().names().size()
                  + " slots"));
    } catch (CorruptModelException e) {
      items.add(new Item("checkpoint", name, false, e.getMessage()));
    }
  }

  private void verifyExport(JsonNode fact) throws IOException {
    String name = fact.path(RunFact.PATH).asText();
    Path export = run.root().resolve(name);
    Map<String, String> expected = new TreeMap<>();
    fact.path(RunFact.FILES)
        .properties()
        .forEach(file -> expected.put(file.getKey(), file.getValue().asText()));
    Map<String, String> found =
        Files.isDirectory(export) ? Provenance.treeHashes(export) : Map.of();
    if (expected.equals(found)) {
      items.add(new Item("export", name, true, expected.size() + " files"));
      return;
    }
    List<String> different = new ArrayList<>();
    for (Map.Entry<String, String> file : expected.entrySet()) {
      String other = found.get(file.getKey());
      if (!file.getValue().equals(other)) {
        different.add(file.getKey() + (other == null ? " is not there" : " has another SHA-256"));
      }
    }
    found.keySet().stream()
        .filter(file -> !expected.containsKey(file))
        .forEach(file -> different.add(file + " was not written by the run"));
    items.add(new Item("export", name, false, String.join("; ", different)));
  }

  private void verifyInput(JsonNode file) throws IOException {
    Path path = Path.of(file.path(RunFact.PATH).asText());
    String detail = "as the run read it";
    boolean same = true;
    if (!Files.isRegularFile(path)) {
      same = false;
      detail = "no longer there";
    } else if (!Provenance.sha256(path).equals(file.path(RunFact.SHA256).asText())) {
      same = false;
      detail = "changed since the run read it";
    }
    items.add(new Item("input", path.toString(), same, detail));
  }
}
