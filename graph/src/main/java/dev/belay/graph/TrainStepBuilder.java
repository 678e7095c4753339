package dev.belay.graph;

import dev.belay.graph.clip.Clipped;
import dev.belay.graph.collective.StopFlag;
import dev.belay.graph.collective.UpdateCount;
import dev.belay.graph.collective.WorkerClock;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.gradient.Gradients;
import dev.belay.graph.gradient.NoGradientReport;
import dev.belay.graph.gradient.UntrainableModelException;
import dev.belay.graph.head.AttachedHead;
import dev.belay.graph.loss.LossTensors;
import dev.belay.graph.measure.VariableNorms;
import dev.belay.graph.optimizer.UpdateRequest;
import dev.belay.graph.search.NodeNames;
import dev.belay.graph.stage.CachedGradient;
import dev.belay.graph.stage.FiniteCheck;
import dev.belay.graph.stage.LossScale;
import dev.belay.graph.stage.MicroBatches;
import dev.belay.graph.stage.StatefulVariableRollback;
import dev.belay.graph.stage.UpdateGate;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Slots;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TType;

/** The whole update on one page: forward, loss, gradients, stages, clip, apply. */
public final class TrainStepBuilder {
  private TrainStepBuilder() {}

  /**
   * Adds a training step to the graph that holds the model.
   *
   * @throws UntrainableModelException if the loss cannot be differentiated by a variable that
   *     should train, or none should
   */
  public static TrainStep build(Graph graph, TrainPlan plan) {
    Ops tf = Ops.create(graph).withSubScope(NodeNames.TRAIN);
    Operand<TFloat32> learningRate = scalar(tf, TFloat32.class);
    Operand<TInt64> step = step(tf, plan.model());
    Operand<TFloat32> normLimit =
        tf.placeholderWithDefault(tf.constant(Float.POSITIVE_INFINITY), Shape.scalar());
    Slots slots = new Slots(tf.withSubScope("slots"));

    // forward and loss, the sum of a part divided by the weight of the whole
    ModelOutput answer = output(tf, plan, step);
    LossTensors loss = answer.loss();

    // gradients, dense, of the scaled mean
    LossScale scale = LossScale.of(tf, slots, plan.gradients().lossScale());
    Operand<TFloat32> scaled = scale.scaled(tf, loss.mean());
    Optional<CachedGradient> cache =
        answer.cache().map(rows -> CachedGradient.of(tf.withSubScope("cache"), rows, scaled));
    Gradients gradients =
        gradients(tf, plan, cache.map(CachedGradient::continuation).orElse(scaled));

    // stages: accumulate, reduce, unscale
    MicroBatches parts =
        accumulated(tf, plan, gradients.gradients(), loss)
            .through(tf.withSubScope("stage"), plan.gradients().stages(), loss);
    List<Gradient> whole = scale.unscaled(tf, parts.gradients());

    // one clip of the whole update, and the check that all of it is finite
    Clipped clipped = plan.clip().apply(tf.withSubScope(NodeNames.CLIP), slots, whole);
    FiniteCheck.Finite finite = FiniteCheck.of(tf, parts.lossSum(), clipped.norm());
    Operand<TBool> sound =
        tf.math.logicalAnd(finite.all(), tf.math.lessEqual(clipped.norm(), normLimit));

    // apply, after every gradient, if all is finite
    UpdateGate gate = UpdateGate.of(tf.withSubScope("gate"), sound, clipped.gradients());
    Optional<UpdateCount> count = UpdateCount.of(tf.withSubScope("count"));
    Ops open = gate.open(tf);
    Ops gated = count.map(counters -> counters.begin(open)).orElse(open);
    List<Op> updates = new ArrayList<>();
    updates.addAll(
        plan.optimizer()
            .build(
                tf.withSubScope("optimizer"),
                new UpdateRequest(gated, clipped.gradients(), learningRate, slots)));
    VariableNorms norms = VariableNorms.of(tf.withSubScope("norms"), whole, updates, sound);
    clipped.memory().forEach(memory -> updates.add(memory.write(gated)));
    updates.addAll(scale.adjust(tf, finite));
    Optional<Operation> counted = count.map(counters -> counters.complete(tf, updates));
    StatefulVariableRollback state = callState(tf, plan);
    Operation apply = apply(tf, plan, gate, new UpdateOps(parts, updates, counted, state));

    return new TrainStep(
        new TrainStep.Feeds(
            plan.forward().call().inputs(), loss.labels(), learningRate, step, normLimit),
        new TrainStep.Measures(
            parts.loss(),
            loss.weight(),
            clipped.norm(),
            clipped.clippedNorm(),
            clipped.scale(),
            clipped.clipped(),
            scale.value(tf),
            sound,
            norms),
        apply,
        pass(tf, plan, loss, gradients, parts, cache),
        state.copy(tf),
        initializers(plan, slots, parts, count),
        new TrainStep.VariableGroups(
            plan.model().variables(),
            plan.head().map(AttachedHead::variables),
            slots.variables(),
            FrozenVariables.of(plan, state),
            decays(plan)),
        names(gradients.unused()),
        names(gradients.allowed()),
        StopFlag.of(graph),
        count,
        WorkerClock.of(graph));
  }

  private static ModelOutput output(Ops tf, TrainPlan plan, Operand<TInt64> step) {
    return plan.gradients().cachedRows().isPresent()
        ? ModelOutput.ofSeveralPasses(tf, plan.forward(), plan.head(), plan.loss(), step)
        : ModelOutput.inTraining(tf, plan.forward(), plan.head(), plan.loss(), step);
  }

  private static TrainStep.Pass pass(
      Ops tf,
      TrainPlan plan,
      LossTensors loss,
      Gradients gradients,
      MicroBatches parts,
      Optional<CachedGradient> cache) {
    return new TrainStep.Pass(
        loss.sum(),
        gradients.gradients(),
        parts.pass(tf, plan.forward().call().updates()),
        cache.map(
            cached ->
                new TrainStep.CachedRows(
                    cached,
                    plan.gradients().cachedRows().orElseThrow(),
                    parts.accumulators().orElseThrow().addLoss().op())));
  }

  private static Gradients gradients(Ops tf, TrainPlan plan, Operand<TFloat32> loss) {
    List<GraphVariable> trainable = trainable(plan);
    ForwardModel model = plan.model();
    NoGradientReport.of(
            (Graph) tf.scope().env(),
            loss,
            trainable,
            model.savedGradients(),
            model.lostGradients())
        .requireEmpty();
    return Gradients.of(
        tf.withSubScope(NodeNames.GRADIENT),
        loss,
        new Gradients.Request(
            trainable,
            model.savedGradients(),
            plan.mayHaveNoGradient(),
            plan.gradients().normRows()));
  }

  private static MicroBatches accumulated(
      Ops tf, TrainPlan plan, List<Gradient> gradients, LossTensors loss) {
    Ops inPasses = tf.withSubScope("accumulate");
    if (plan.gradients().cachedRows().isPresent()) {
      return MicroBatches.cached(inPasses, gradients, loss);
    }
    return plan.gradients().accumulates()
        ? MicroBatches.several(inPasses, gradients, loss)
        : MicroBatches.one(gradients, loss);
  }

  private static StatefulVariableRollback callState(Ops tf, TrainPlan plan) {
    List<GraphVariable> fixed =
        plan.model().variables().all().stream().filter(v -> !v.spec().trainable()).toList();
    return StatefulVariableRollback.of(tf, fixed, plan.forward().call().updates());
  }

  /** The ops of an update. */
  private record UpdateOps(
      MicroBatches passes,
      List<Op> updates,
      Optional<Operation> counted,
      StatefulVariableRollback state) {}

  private static Operation apply(Ops tf, TrainPlan plan, UpdateGate gate, UpdateOps parts) {
    List<Operation> all = new ArrayList<>();
    parts.updates().forEach(update -> all.add(update.op()));
    parts.counted().ifPresent(all::add);
    // If an update takes several passes, the passes have run the call's own updates.
    List<Operation> ofCall =
        parts.passes().accumulators().isPresent() ? List.of() : plan.forward().call().updates();
    all.addAll(ofCall);
    all.addAll(parts.state().settle(tf, gate, ofCall));
    parts
        .passes()
        .accumulators()
        .ifPresent(
            sums -> {
              Ops afterUse = tf.withControlDependencies(List.of(gate.decided()));
              sums.reset(afterUse).forEach(reset -> all.add(reset.op()));
            });
    return tf.withControlDependencyOps(all).noOp().op();
  }

  private static <T extends TType> Operand<T> scalar(Ops tf, Class<T> type) {
    return tf.placeholder(type, Placeholder.shape(Shape.scalar()));
  }

  /** The placeholder that the model's random numbers already depend on, or a new one. */
  private static Operand<TInt64> step(Ops tf, ForwardModel model) {
    return model.step().isPresent()
        ? model.step().get().expect(TInt64.class)
        : scalar(tf, TInt64.class);
  }

  private static List<GraphVariable> trainable(TrainPlan plan) {
    List<GraphVariable> trainable = new ArrayList<>(plan.model().variables().trainable());
    plan.head().ifPresent(head -> trainable.addAll(head.variables().trainable()));
    if (trainable.isEmpty()) {
      throw new UntrainableModelException(
          "Nothing is left to train: the model has "
              + plan.model().variables().all().size()
              + " variables, all of them frozen, and there is no new head. Look at --trainable and"
              + " --freeze, and at what the model marks trainable.");
    }
    return trainable;
  }

  private static List<Operation> initializers(
      TrainPlan plan, Slots slots, MicroBatches passes, Optional<UpdateCount> count) {
    List<Operation> initializers = new ArrayList<>(plan.model().initializers());
    plan.head().ifPresent(head -> initializers.addAll(head.initializers()));
    slots.initializers().forEach(op -> initializers.add(op.op()));
    count.ifPresent(
        counters -> counters.counters().initializers().forEach(op -> initializers.add(op.op())));
    passes
        .accumulators()
        .ifPresent(sums -> sums.slots().initializers().forEach(op -> initializers.add(op.op())));
    return initializers;
  }

  private static Map<String, Double> decays(TrainPlan plan) {
    Map<String, Double> decays = new LinkedHashMap<>();
    for (GraphVariable variable : plan.model().variables().trainable()) {
      if (variable.spec().rows().isPresent()) {
        decays.put(
            variable.name(), plan.optimizer().decayOfIdleRows(variable.name()).orElseThrow());
      }
    }
    return decays;
  }

  private static List<String> names(List<GraphVariable> variables) {
    return variables.stream().map(GraphVariable::name).toList();
  }
}
