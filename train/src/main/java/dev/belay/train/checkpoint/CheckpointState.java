package dev.belay.train.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * Position of a run in its training, with the state of its parts.
 *
 * @param step updates applied
 * @param epoch passes over the data started before the next batch, from 0
 * @param batch batches of that pass already used
 * @param examples examples of that pass already used; needed to resume with another batch size
 * @param seed of data order and dropout; with the step it determines all random numbers
 * @param interim whether it was written only because the run was stopped there: an undisturbed run
 *     does not have it, so it may only be used to resume the run
 * @param metrics of the last evaluation; empty if there was none
 * @param sections state of the parts of the run, see {@link Resumable}
 */
public record CheckpointState(
    long step,
    long epoch,
    long batch,
    long examples,
    long seed,
    boolean interim,
    Map<String, Double> metrics,
    Map<String, JsonNode> sections) {

  /** A file without sections is one of a run that had none. */
  public CheckpointState {
    sections = sections == null ? Map.of() : sections;
  }
}
