package dev.belay.graph;

import dev.belay.graph.measure.VariableNorms;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Variables;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * One training step inside a graph, which owns all of it: what to feed, what can be fetched, and
 * the one op that makes the update. A run that fetches measures and does not name {@code apply}
 * changes nothing.
 *
 * @param feeds what a step needs from outside
 * @param measures what a step says
 * @param apply makes the update, if all is finite, and runs the call's own updates
 * @param initializers to run once, in one run, before the first step: first values of slots and
 *     head, and the model's own tables; the model's variables get theirs by {@link
 *     GraphVariable#assign}
 * @param parts all variables
 * @param unused variables that should train and that the loss does not read
 * @param withoutGradient variables that the loss reads without having a gradient, as allowed
 */
public record TrainStep(
    Feeds feeds,
    Measures measures,
    Operation apply,
    List<Operation> initializers,
    Parts parts,
    List<String> unused,
    List<String> withoutGradient) {

  /**
   * Placeholders.
   *
   * @param inputs of the call, by the model's names
   * @param labels of the loss
   * @param learningRate of the step
   * @param step from 1, by which random numbers are drawn; always to be fed
   */
  public record Feeds(
      Map<String, Output<?>> inputs,
      Output<?> labels,
      Operand<TFloat32> learningRate,
      Operand<TInt64> step) {}

  /**
   * Tensors of one step, all before its update but for the update's own norms.
   *
   * @param loss mean over what counts, scalar
   * @param lossSum sum over what counts, scalar
   * @param weight how many count, scalar
   * @param norm global norm of the gradients before the clip, scalar
   * @param clippedNorm global norm after it, scalar
   * @param clipScale what gradients were multiplied by, scalar
   * @param allFinite whether the update is made, scalar
   * @param variableNorms of each variable: gradient, weight and update
   * @param output of the call or the head
   */
  public record Measures(
      Operand<TFloat32> loss,
      Operand<TFloat32> lossSum,
      Operand<TFloat32> weight,
      Operand<TFloat32> norm,
      Operand<TFloat32> clippedNorm,
      Operand<TFloat32> clipScale,
      Operand<TBool> allFinite,
      VariableNorms variableNorms,
      Operand<?> output) {}

  /**
   * Variables by where they come from.
   *
   * @param model of the imported model, those that do not train included
   * @param head of the new layers
   * @param slots of the optimizer
   */
  public record Parts(Variables model, Optional<Variables> head, Variables slots) {}
}
