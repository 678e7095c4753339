package dev.belay.graph.forward;

import dev.belay.graph.adapter.AdaptedWeight;
import dev.belay.graph.gradient.GradientGap;
import dev.belay.graph.variable.Variables;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.Operation;
import org.tensorflow.Output;

/**
 * Forward passes of a model inside a graph, which owns all nodes: those of a foreign graph, or
 * those that Belay built itself.
 *
 * @param calls the forward passes by name
 * @param variables all variables of the model, trainable only if they train in this run
 * @param initializers ops to run once, before anything else
 * @param savedGradients gaps that {@link dev.belay.graph.gradient.Gradients} crosses by their own
 *     gradient
 * @param lostGradients nodes whose author's gradient was not saved, with its registered name
 * @param step placeholder of the step for repeatable random numbers, an int64 scalar, if any is
 *     drawn
 * @param adapted frozen weights that have a low-rank adapter, whose variables are among the others
 * @param notes rewrites, for people
 */
public record ForwardModel(
    Map<String, ForwardCall> calls,
    Variables variables,
    List<Operation> initializers,
    List<GradientGap> savedGradients,
    Map<String, String> lostGradients,
    Optional<Output<?>> step,
    List<AdaptedWeight> adapted,
    List<String> notes) {

  /** The forward pass of that name. */
  public ForwardCall call(String name) {
    ForwardCall call = calls.get(name);
    if (call == null) {
      throw new IllegalArgumentException(
          "The model has no function " + name + "; there are " + calls.keySet());
    }
    return call;
  }

  /** Whether a variable belongs to an adapter. */
  public boolean isAdapter(String variable) {
    return adapted.stream().anyMatch(one -> variable.equals(one.a()) || variable.equals(one.b()));
  }

  /** The same with one more forward pass. */
  public ForwardModel with(ForwardCall call) {
    Map<String, ForwardCall> more = new LinkedHashMap<>(calls);
    more.put(call.name(), call);
    return new ForwardModel(
        more, variables, initializers, savedGradients, lostGradients, step, adapted, notes);
  }
}
