package dev.belay.train.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.CorruptModelException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The parts of one run that remember something, each under its own name. */
public final class Sections {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, Resumable<?>> parts = new LinkedHashMap<>();

  /** Adds a part, before the run resumes from a checkpoint. */
  public void add(Resumable<?> part) {
    if (parts.putIfAbsent(part.section(), part) != null) {
      throw new IllegalArgumentException("two parts of the run are named " + part.section());
    }
  }

  /** Current state of all parts. */
  public Map<String, JsonNode> save() {
    Map<String, JsonNode> sections = new LinkedHashMap<>();
    parts.forEach((name, part) -> sections.put(name, JSON.valueToTree(part.state())));
    return sections;
  }

  /**
   * Restores all parts from a checkpoint.
   *
   * @return notes for people: parts that the checkpoint lacks, or that this run lacks
   * @throws CorruptModelException if a section is not what its part writes
   */
  public List<String> resume(Checkpoint checkpoint) throws CorruptModelException {
    Map<String, JsonNode> saved = checkpoint.state().sections();
    List<String> notes = new ArrayList<>();
    for (Resumable<?> part : parts.values()) {
      if (saved.containsKey(part.section())) {
        resume(part, checkpoint);
      } else {
        notes.add(
            "the checkpoint has no state of '"
                + part.section()
                + "': it starts from "
                + "its initial state");
      }
    }
    saved.keySet().stream()
        .filter(name -> !parts.containsKey(name))
        .forEach(name -> notes.add("not used: this run has no '" + name + "'"));
    return notes;
  }

  private static <S extends Record> void resume(Resumable<S> part, Checkpoint checkpoint)
      throws CorruptModelException {
    try {
      part.resume(JSON.treeToValue(checkpoint.state().sections().get(part.section()), part.type()));
    } catch (JsonProcessingException e) {
      throw new CorruptModelException(
          checkpoint.directory().resolve(CheckpointWriter.STATE),
          "section '" + part.section() + "'",
          "what a run of this version writes",
          e.getOriginalMessage());
    }
  }
}
