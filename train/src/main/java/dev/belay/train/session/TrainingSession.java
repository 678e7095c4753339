package dev.belay.train.session;

import dev.belay.graph.EvaluationStep;
import dev.belay.graph.GradientPlan;
import dev.belay.graph.TrainPlan;
import dev.belay.graph.TrainStep;
import dev.belay.graph.TrainStepBuilder;
import dev.belay.graph.clip.ClipRule;
import dev.belay.graph.clip.NoClip;
import dev.belay.graph.head.AttachedHead;
import dev.belay.graph.optimizer.Optimizer;
import dev.belay.graph.optimizer.Sgd;
import dev.belay.graph.stage.AllReduce;
import dev.belay.graph.stage.GradientStage;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Variables;
import dev.belay.train.config.ClipConfig;
import dev.belay.train.config.MachineConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.OptimizerConfig;
import dev.belay.train.config.PlanConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.failure.ModelException;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.model.UpdateRules;
import dev.belay.train.step.StepMachine;
import dev.belay.train.step.StepRunner;
import dev.belay.train.step.WorkerGroup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Puts a model's steps into its graph and its weights into a session. */
public final class TrainingSession {
  private TrainingSession() {}

  /** Owns a session, with the steps that it runs; close it before the graph. */
  public record Training(
      StepRunner runner, TrainStep step, EvaluationStep evaluation, List<String> notes)
      implements AutoCloseable {
    /** The same session with one more note. */
    public Training with(Optional<String> note) {
      List<String> more = new ArrayList<>(notes);
      note.ifPresent(more::add);
      return new Training(runner, step, evaluation, more);
    }

    @Override
    public void close() {
      runner.close();
    }
  }

  /**
   * A session that trains in this process.
   *
   * @param outputs classes of a new classification head
   */
  public static Training training(
      TrainConfig config, TrainableModel model, ModelGraph graph, int outputs) throws IOException {
    return training(config, model, graph, outputs, WorkerGroup.ALONE);
  }

  /**
   * A session that trains.
   *
   * @param outputs classes of a new classification head
   * @param workers that make each update together
   */
  public static Training training(
      TrainConfig config, TrainableModel model, ModelGraph graph, int outputs, WorkerGroup workers)
      throws IOException {
    Training training = training(config, graph, outputs, UpdateRules.clip(config.clip()), workers);
    load(training.runner(), model);
    List<String> notes = restoreOptimizer(training, model, config.optimizer());
    return new Training(training.runner(), training.step(), training.evaluation(), notes);
  }

  /**
   * A session that trains with another clip than the configured one. The model's variables have no
   * values yet.
   */
  public static Training training(
      TrainConfig config, ModelGraph graph, int outputs, ClipRule clip) {
    return training(config, graph, outputs, clip, WorkerGroup.ALONE);
  }

  private static Training training(
      TrainConfig config, ModelGraph graph, int outputs, ClipRule clip, WorkerGroup workers) {
    Optional<AttachedHead> head = graph.attachHead(outputs);
    TrainStep step =
        step(
            config.model(),
            graph,
            head,
            new Rules(
                UpdateRules.gradients(
                    config.update(), config.clip(), stages(config.machine(), workers)),
                clip,
                UpdateRules.optimizer(config.optimizer())));
    requireStateless(step, workers);
    EvaluationStep evaluation =
        EvaluationStep.build(graph.graph(), graph.evaluation(), head, graph.loss());
    StepMachine machine = new StepMachine(config.machine(), config.update().precision(), workers);
    StepRunner runner = StepRunner.forTraining(graph.graph(), step, evaluation, machine);
    return new Training(runner, step, evaluation, List.of());
  }

  private static List<GradientStage> stages(MachineConfig machine, WorkerGroup workers) {
    if (workers.count() > 1) {
      return List.of(
          new AllReduce(workers.count(), AllReduce.DEFAULT_BUCKET_BYTES, workers.timeoutSeconds()));
    }
    int replicas = machine.replicaDevices().size();
    return replicas > 1
        ? List.of(new AllReduce(replicas, AllReduce.DEFAULT_BUCKET_BYTES))
        : List.of();
  }

  /** A layer that counts batches would count others in each worker. */
  private static void requireStateless(TrainStep step, WorkerGroup workers) {
    if (workers.count() > 1 && step.settle().isPresent()) {
      throw new ModelException(
          "the model changes variables of its own in each training step, such as moving averages"
              + " of a batch normalization, and each worker would see only its share of the"
              + " batch: train it in one process");
    }
  }

  /** Device and precision of a run. */
  public static StepMachine machine(TrainConfig config) {
    return new StepMachine(config.machine(), config.update().precision());
  }

  /** All variables of a model, then those of its new head, with what initializes tables. */
  public static StepRunner.Weights weights(ModelGraph graph, Optional<AttachedHead> head) {
    List<Variables> variables = new ArrayList<>(List.of(graph.forward().variables()));
    head.ifPresent(layers -> variables.add(layers.variables()));
    return new StepRunner.Weights(variables, graph.forward().initializers());
  }

  /** Update rule: gradients, clip and optimizer. */
  private record Rules(GradientPlan gradients, ClipRule clip, Optimizer optimizer) {}

  private static TrainStep step(
      ModelConfig config, ModelGraph graph, Optional<AttachedHead> head, Rules rules) {
    return TrainStepBuilder.build(
        graph.graph(),
        new TrainPlan(
            graph.forward(),
            graph.training(),
            head,
            graph.loss(),
            rules.gradients(),
            rules.clip(),
            graph.constrained(rules.optimizer()),
            name -> matchesAny(config.trust().withoutGradient(), name)));
  }

  /**
   * The step that training would make: to see what it trains, and what memory it takes.
   *
   * @throws dev.belay.graph.gradient.UntrainableModelException if it cannot be made
   */
  public static TrainStep plannedStep(PlanConfig plan, ModelGraph graph) {
    ClipConfig clip = ClipConfig.defaults();
    return plannedStep(
        plan.model(),
        graph,
        new Rules(
            UpdateRules.gradients(plan.update(), clip, List.of()),
            UpdateRules.clip(clip),
            UpdateRules.optimizer(plan.optimizer())));
  }

  /**
   * The step of the simplest rules: to try a model.
   *
   * @throws dev.belay.graph.gradient.UntrainableModelException if it cannot be made
   */
  public static TrainStep plannedStep(ModelConfig config, ModelGraph graph) {
    return plannedStep(config, graph, new Rules(GradientPlan.PLAIN, new NoClip(), new Sgd()));
  }

  private static TrainStep plannedStep(ModelConfig config, ModelGraph graph, Rules rules) {
    int outputs = config.labels().orElse(graph.task().outputs().orElse(2));
    return step(config, graph, graph.attachHead(outputs), rules);
  }

  private static boolean matchesAny(List<Pattern> patterns, String name) {
    return patterns.stream().anyMatch(pattern -> pattern.matcher(name).find());
  }

  /** The variables that a step changes. */
  public static List<GraphVariable> trained(TrainStep step) {
    List<GraphVariable> trained = new ArrayList<>(step.parts().model().trainable());
    step.parts().head().ifPresent(head -> trained.addAll(head.trainable()));
    trained.removeIf(variable -> step.unused().contains(variable.name()));
    return trained;
  }

  /** Number of elements of the variables. */
  public static long parameters(List<GraphVariable> variables) {
    return variables.stream().mapToLong(variable -> variable.spec().storedShape().size()).sum();
  }

  /**
   * A session that evaluates.
   *
   * @param outputs classes of the head, if the model's own graph has none
   */
  public static StepRunner evaluation(
      MachineConfig machine, TrainableModel model, ModelGraph graph, int outputs)
      throws IOException {
    Optional<AttachedHead> head = graph.attachHead(outputs);
    EvaluationStep step =
        EvaluationStep.build(graph.graph(), graph.evaluation(), head, graph.loss());
    StepRunner runner =
        StepRunner.forEvaluation(graph.graph(), step, weights(graph, head), machine);
    load(runner, model);
    return runner;
  }

  /** Gives variables the values that the model came with; a new head keeps its first ones. */
  public static void restore(StepRunner runner, TrainableModel model) throws IOException {
    List<GraphVariable> held = new ArrayList<>();
    runner.modelWeights().stream().filter(model::begins).forEach(held::add);
    runner.headWeights().stream().filter(model::holds).forEach(held::add);
    runner.assign(held, variable -> model.value(variable.name()));
  }

  /** Goes on with the slots that the model's files have of an earlier training, if they do. */
  public static List<String> restoreOptimizer(
      Training training, TrainableModel model, OptimizerConfig optimizer) throws IOException {
    return model.optimizer().isEmpty()
        ? List.of()
        : OptimizerRestore.restore(
            training.runner(), training.step(), model.optimizer().get(), optimizer);
  }

  /** Sets a model's weights; closes the session where that fails, since its owner never gets it. */
  public static void load(StepRunner runner, TrainableModel model) throws IOException {
    try {
      restore(runner, model);
    } catch (Throwable e) {
      runner.close();
      throw e;
    }
  }
}
