package dev.belay.train.step;

import dev.belay.graph.TrainStep;
import dev.belay.graph.diagnosis.FiniteFlags;
import dev.belay.graph.diagnosis.FirstNonFinite;
import dev.belay.graph.diagnosis.OpLocator;
import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.replica.Replicas;
import dev.belay.graph.search.NodeNames;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.train.data.batch.UpdateBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/**
 * Runs a step again without its update and asks every tensor on the way whether it is finite. It
 * adds nodes to the graph, so it is for steps that went wrong, not for every one.
 */
final class StepProbe {
  private final Ops tf;
  private final GraphSession session;
  private final TrainStep step;
  private final Replicas replicas;
  private final OpLocator surroundings;
  private final FiniteFlags flags;

  /**
   * Of the first replica, which then makes the whole pass alone. What is added up over several
   * replicas cannot be fetched: it would wait for the others.
   */
  StepProbe(Graph graph, GraphSession session, TrainStep step, Replicas replicas) {
    this.tf = Ops.create(graph).withSubScope(NodeNames.PROBE);
    this.session = session;
    this.step = step;
    this.replicas = replicas;
    List<GraphVariable> variables = new ArrayList<>(step.parts().model().all());
    step.parts().head().ifPresent(head -> variables.addAll(head.all()));
    this.surroundings = new OpLocator(variables);
    List<Operand<?>> targets = new ArrayList<>(List.of(step.pass().lossSum()));
    step.pass().gradients().forEach(gradient -> targets.add(gradient.value()));
    if (step.pass().accumulate().isEmpty() && replicas.count() == 1) {
      targets.add(step.measures().norm());
    }
    this.flags = FiniteFlags.of(tf, targets);
  }

  Optional<NonFinite> examine(UpdateBatch batch, long number) {
    UpdateRun run =
        new UpdateRun(session, step, replicas, WorkerGroup.ALONE, 0, Double.POSITIVE_INFINITY);
    for (Consumer<Feeds> pass : run.passes(batch, number)) {
      boolean[] finite = finite(pass);
      Optional<FirstNonFinite> first = FirstNonFinite.of(flags, finite);
      if (first.isPresent()) {
        return Optional.of(describe(first.get(), gradients(finite), measure(pass, first.get())));
      }
    }
    return Optional.empty();
  }

  private boolean[] finite(Consumer<Feeds> pass) {
    try (Feeds feeds = new Feeds(session.runner())) {
      pass.accept(feeds);
      try (FetchedTensors result = feeds.runner().fetch(flags.flags()).run()) {
        TBool values = (TBool) result.get(0);
        boolean[] finite = new boolean[flags.tensors().size()];
        for (int i = 0; i < finite.length; i++) {
          finite[i] = values.getBoolean(i);
        }
        return finite;
      }
    }
  }

  private List<String> gradients(boolean... finite) {
    Map<Output<?>, String> names = new HashMap<>();
    for (Gradient gradient : step.pass().gradients()) {
      names.put(gradient.value().asOutput(), gradient.variable().name());
    }
    List<String> bad = new ArrayList<>();
    for (int i = 0; i < finite.length; i++) {
      String variable = names.get(flags.tensors().get(i));
      if (!finite[i] && variable != null) {
        bad.add(variable);
      }
    }
    return bad;
  }

  /** The ranges of the op's result and of its inputs. */
  private List<TensorRange> measure(Consumer<Feeds> pass, FirstNonFinite first) {
    List<Output<?>> tensors = new ArrayList<>(List.of(first.output()));
    tensors.addAll(first.inputs());
    List<Operand<TFloat32>> copies = FirstNonFinite.fetchable(tf, tensors);
    try (Feeds feeds = new Feeds(session.runner())) {
      pass.accept(feeds);
      copies.forEach(feeds.runner()::fetch);
      try (FetchedTensors result = feeds.runner().run()) {
        List<TensorRange> ranges = new ArrayList<>();
        for (int i = 0; i < copies.size(); i++) {
          Output<?> tensor = tensors.get(i);
          ranges.add(
              TensorRange.of(
                  surroundings.name(tensor),
                  Arrays.stream(result.get(i).shape().asArray()).boxed().toList(),
                  NativeTensors.floats(result.get(i))));
        }
        return ranges;
      }
    }
  }

  private NonFinite describe(
      FirstNonFinite first, List<String> gradients, List<TensorRange> ranges) {
    GraphOperation operation = first.operation();
    return new NonFinite(
        surroundings.name(first.output()),
        operation.type(),
        surroundings.layer(operation),
        OpLocator.isBackward(operation),
        surroundings.variable(operation),
        surroundings.nearestVariable(operation),
        gradients,
        ranges.get(0),
        ranges.subList(1, ranges.size()));
  }
}
