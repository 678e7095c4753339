package dev.belay.graph;

import dev.belay.graph.collective.StopFlag;
import dev.belay.graph.collective.UpdateCount;
import dev.belay.graph.collective.WorkerClock;
import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.measure.VariableNorms;
import dev.belay.graph.stage.CachedGradient;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Variables;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * Training step inside a graph, which owns all of it: its feeds, its fetchable measures, and the
 * one op that makes the update. A run that fetches measures without {@code apply} changes nothing.
 *
 * @param feeds placeholders of a step
 * @param measures results of a step
 * @param apply makes the update, if all is finite, and runs the call's own updates
 * @param pass over the batch, or over a part of it
 * @param settle to be run after variables of the model were assigned; empty if nothing depends on
 *     it
 * @param initializers to run once, in one run, before the first step: first values of slots and
 *     head, and the model's own tables; the model's variables get theirs by {@link
 *     GraphVariable#assign}
 * @param parts all variables
 * @param unused variables that should train and that the loss does not read
 * @param withoutGradient variables that the loss reads without having a gradient, as allowed
 * @param stopFlag of steps that several processes make together
 * @param updateCount of such steps
 * @param clock of such steps
 */
public record TrainStep(
    Feeds feeds,
    Measures measures,
    Operation apply,
    Pass pass,
    Optional<Operation> settle,
    List<Operation> initializers,
    VariableGroups parts,
    List<String> unused,
    List<String> withoutGradient,
    Optional<StopFlag> stopFlag,
    Optional<UpdateCount> updateCount,
    Optional<WorkerClock> clock) {

  /**
   * Placeholders.
   *
   * @param inputs of the call, by the model's names
   * @param labels of the loss
   * @param learningRate of the step
   * @param step from 1, which determines the random numbers; always to be fed
   * @param normLimit a norm above this keeps the update from being made; infinity unless fed
   */
  public record Feeds(
      Map<String, Output<?>> inputs,
      Output<?> labels,
      Operand<TFloat32> learningRate,
      Operand<TInt64> step,
      Operand<TFloat32> normLimit) {}

  /**
   * Tensors of one step, all before its update but for the update's own norms.
   *
   * @param loss mean over what counts, scalar
   * @param weight number that count, scalar; may be fed instead
   * @param norm global norm of the gradients before the clip, scalar
   * @param clippedNorm global norm after it, scalar
   * @param clipScale factor of the gradients, or of their norm under a rule without a common
   *     factor, scalar
   * @param clips whether the clip changes anything, scalar
   * @param lossScale factor of the loss before the gradient, scalar
   * @param applied whether the update is made: all is finite and the norm within its limit, scalar
   * @param variableNorms of each variable: gradient, weight and update
   */
  public record Measures(
      Operand<TFloat32> loss,
      Operand<TFloat32> weight,
      Operand<TFloat32> norm,
      Operand<TFloat32> clippedNorm,
      Operand<TFloat32> clipScale,
      Operand<TBool> clips,
      Operand<TFloat32> lossScale,
      Operand<TBool> applied,
      VariableNorms variableNorms) {}

  /**
   * One pass from inputs to gradients.
   *
   * @param lossSum over what counts in it, scalar
   * @param gradients scaled, before anything is done to them
   * @param accumulate where an update takes several passes: the op that each of them runs, with
   *     inputs, labels and the weight of the whole fed; {@code apply} then only needs the weight
   *     and the rate
   * @param cached where the loss compares the rows of several passes
   */
  public record Pass(
      Operand<TFloat32> lossSum,
      List<Gradient> gradients,
      Optional<Operation> accumulate,
      Optional<CachedRows> cached) {}

  /**
   * Rows of the model's output that several passes compute and one loss compares.
   *
   * @param gradient of the loss by them, and what it is continued by
   * @param rows of a pass, at most
   * @param addLoss the op that the pass from all rows to their gradient runs
   */
  public record CachedRows(CachedGradient gradient, int rows, Operation addLoss) {}

  /**
   * Variables by where they come from.
   *
   * @param model of the imported model, those that do not train included
   * @param head of the new layers
   * @param slots state between updates: of optimizer, clip and loss scale
   * @param constant names of frozen variables that a checkpoint may leave out, since adapters train
   *     in their place and no step changes them
   * @param decays of tables whose rows the graph does not hold all, by name: the rate of the decay
   *     that is all an update does to the other rows
   */
  public record VariableGroups(
      Variables model,
      Optional<Variables> head,
      Variables slots,
      Set<String> constant,
      Map<String, Double> decays) {}
}
