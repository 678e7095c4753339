package dev.belay.savedmodel.weights;

import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.names.DialectName;
import dev.belay.savedmodel.names.Layout;
import dev.belay.savedmodel.names.Naming;
import dev.belay.savedmodel.tensor.NamedTensors;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Weights of a model, from any supported file. See {@link WeightReader}.
 *
 * @param location their location
 * @param configuration architecture of the model, if a file declares it
 * @param naming naming of the file; empty if no family matches
 * @param stored every tensor of numbers under the file's own names
 * @param canonical the weights under their canonical names and in their canonical form, in the
 *     stored element type; without a naming, under the file's own names
 * @param storedNames the file's name of each canonical one
 * @param optimizer slots and step of a training, if the file has them
 * @param leftovers all other tensors of the file
 * @param savedModel the whole model, where it is a SavedModel
 */
public record ModelWeights(
    WeightLocation location,
    Optional<ModelConfiguration> configuration,
    Optional<Naming> naming,
    NamedTensors stored,
    NamedTensors canonical,
    Map<String, String> storedNames,
    Optional<OptimizerState> optimizer,
    Leftovers leftovers,
    Optional<SavedModelContents> savedModel) {

  /** The same weights, of a training at a given step. */
  ModelWeights atStep(long step) {
    return new ModelWeights(
        location,
        configuration,
        naming,
        stored,
        canonical,
        storedNames,
        optimizer.map(state -> new OptimizerState(state.slots(), OptionalLong.of(step))),
        leftovers,
        savedModel);
  }

  /** The same weights, with that configuration. */
  public ModelWeights describedBy(ModelConfiguration description) {
    return new ModelWeights(
        location,
        Optional.of(description),
        naming,
        stored,
        canonical,
        storedNames,
        optimizer,
        leftovers,
        savedModel);
  }

  /** The same model with other values, or with more weights. */
  public ModelWeights withCanonical(NamedTensors values) {
    return new ModelWeights(
        location,
        configuration,
        naming,
        stored,
        values,
        storedNames,
        Optional.empty(),
        leftovers,
        savedModel);
  }

  /** The layout of a canonical tensor in the file. */
  public Layout layout(String canonical) {
    return naming
        .map(found -> found.sources().get(canonical))
        .map(DialectName::layout)
        .orElse(Layout.SAME);
  }
}
