package dev.belay.graph;

import dev.belay.graph.clip.Clipped;
import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.gradient.Gradients;
import dev.belay.graph.gradient.NoGradientReport;
import dev.belay.graph.gradient.UntrainableModelException;
import dev.belay.graph.head.AttachedHead;
import dev.belay.graph.imported.ImportedForward;
import dev.belay.graph.loss.LossTensors;
import dev.belay.graph.measure.VariableNorms;
import dev.belay.graph.optimizer.UpdateRequest;
import dev.belay.graph.optimizer.Updates;
import dev.belay.graph.stage.FiniteCheck;
import dev.belay.graph.stage.GradientStage;
import dev.belay.graph.stage.UpdateGate;
import dev.belay.graph.variable.GraphVariable;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
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
    Ops tf = Ops.create(graph).withSubScope("belay_train");
    Operand<TFloat32> learningRate = scalar(tf, TFloat32.class);
    Operand<TInt64> step = step(tf, plan.model());
    Output<?> features = plan.forward().output();

    // forward and loss
    Operand<?> output =
        plan.head().<Operand<?>>map(h -> h.train(tf, features, step)).orElse(features);
    LossTensors loss = plan.loss().build(tf.withSubScope("loss"), output);

    // gradients, dense, of the mean
    List<GraphVariable> trainable = trainable(plan);
    NoGradientReport.of(
            graph,
            loss.mean(),
            trainable,
            plan.model().savedGradients(),
            plan.model().lostGradients())
        .requireEmpty();
    Gradients gradients =
        Gradients.of(
            tf.withSubScope("gradient"),
            loss.mean(),
            trainable,
            plan.model().savedGradients(),
            plan.mayHaveNoGradient());

    // stages, then one clip of the whole
    List<Gradient> whole = gradients.gradients();
    for (GradientStage stage : plan.stages()) {
      whole = stage.apply(tf.withSubScope("stage"), whole);
    }
    Clipped clipped = plan.clip().apply(tf.withSubScope("clip"), whole);
    Operand<TBool> allFinite = FiniteCheck.allFinite(tf, loss.sum(), clipped.norm());

    // apply, after every gradient, if all is finite
    Ops gated = UpdateGate.of(tf.withSubScope("gate"), allFinite, clipped.gradients());
    Updates updates =
        plan.optimizer()
            .build(
                tf.withSubScope("optimizer"),
                new UpdateRequest(gated, clipped.gradients(), learningRate));
    Operation apply = all(tf, updates.updates(), plan.forward().call().updates());
    VariableNorms norms = VariableNorms.of(tf.withSubScope("norms"), whole, apply, allFinite);

    return new TrainStep(
        new TrainStep.Feeds(plan.forward().call().inputs(), loss.labels(), learningRate, step),
        new TrainStep.Measures(
            loss.mean(),
            loss.sum(),
            loss.weight(),
            clipped.norm(),
            clipped.clippedNorm(),
            clipped.scale(),
            allFinite,
            norms,
            output),
        apply,
        initializers(plan, updates),
        new TrainStep.Parts(
            plan.model().variables(), plan.head().map(AttachedHead::variables), updates.slots()),
        names(gradients.unused()),
        names(gradients.allowed()));
  }

  private static <T extends TType> Operand<T> scalar(Ops tf, Class<T> type) {
    return tf.placeholder(type, Placeholder.shape(Shape.scalar()));
  }

  /** The placeholder that the model's random numbers already hang on, or a new one. */
  private static Operand<TInt64> step(Ops tf, ImportedForward model) {
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

  private static Operation all(Ops tf, List<Op> updates, List<Operation> ofCall) {
    List<Operation> operations = new ArrayList<>(ofCall);
    updates.forEach(update -> operations.add(update.op()));
    return tf.withControlDependencyOps(operations).noOp().op();
  }

  private static List<Operation> initializers(TrainPlan plan, Updates updates) {
    List<Operation> initializers = new ArrayList<>(plan.model().initializers());
    plan.head().ifPresent(head -> head.initializers().forEach(op -> initializers.add(op.op())));
    updates.initializers().forEach(op -> initializers.add(op.op()));
    return initializers;
  }

  private static List<String> names(List<GraphVariable> variables) {
    return variables.stream().map(GraphVariable::name).toList();
  }
}
