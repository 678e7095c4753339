package dev.belay.train.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * Where a run stands.
 *
 * @param step updates applied
 * @param epoch passes over the data begun before the next batch, from 0
 * @param batch batches of that pass already used
 * @param examples of that pass already used, by which it goes on with another batch size
 * @param seed of data order and dropout; with the step it is all that random numbers depend on
 * @param interim whether it was written only because somebody stopped the run there: an undisturbed
 *     run has none, so nothing but the way on may begin from it
 * @param metrics of the last evaluation; empty if there was none
 * @param sections what the parts of the run remember, see {@link Resumable}
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
