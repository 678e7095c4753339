package dev.belay.train.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.tensor.FloatWidening;
import dev.belay.savedmodel.tensor.JoinedTensors;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.weights.ModelWeights;
import dev.belay.train.adapter.AdapterState;
import dev.belay.train.adapter.MergedWeights;
import dev.belay.train.adapter.ModelHash;
import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.model.TrainableModel;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Reads the weights of a checkpoint; of one that holds adapters, merged into those of its base. */
public final class MergedCheckpoint {
  private static final ObjectMapper JSON = new ObjectMapper();

  private MergedCheckpoint() {}

  /**
   * Weights of all variables of a model without adapters.
   *
   * @param model that the run began with
   * @param variables of its graph without adapters
   * @throws dev.belay.train.failure.ModelException if the adapters belong to another model
   */
  public static NamedTensors weights(
      Checkpoint checkpoint, TrainableModel model, List<GraphVariable> variables)
      throws IOException {
    Optional<AdapterState> state = state(checkpoint);
    if (state.isEmpty()) {
      return checkpoint.model();
    }
    ModelHash.requireSame(state.get().base(), ModelHash.of(model.hashes()));
    return new MergedWeights(
        new JoinedTensors(checkpoint.model(), new ModelValues(model, variables)),
        state.get().adapted());
  }

  /**
   * Weights of a checkpoint that holds adapters, under the names of its run's variables.
   *
   * @param base weights of the model that the run began with
   * @param hash SHA-256 of that model's files
   */
  public static NamedTensors weights(Checkpoint checkpoint, ModelWeights base, String hash)
      throws IOException {
    AdapterState state = state(checkpoint).orElseThrow();
    ModelHash.requireSame(state.base(), hash);
    boolean own =
        state.adapted().stream().allMatch(one -> base.canonical().names().contains(one.weight()));
    NamedTensors named = new FloatWidening(own ? base.canonical() : base.stored());
    return new MergedWeights(new JoinedTensors(checkpoint.model(), named), state.adapted());
  }

  /** What a checkpoint says of adapters; empty if it holds all weights. */
  public static Optional<AdapterState> state(Checkpoint checkpoint) throws CorruptModelException {
    JsonNode section = checkpoint.state().sections().get(AdapterState.SECTION);
    if (section == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.treeToValue(section, AdapterState.class));
    } catch (JsonProcessingException e) {
      throw new CorruptModelException(
          checkpoint.directory().resolve("state.json"),
          "section '" + AdapterState.SECTION + "'",
          "what a run of this version writes",
          e.getOriginalMessage());
    }
  }
}
