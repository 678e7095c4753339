package dev.belay.train;

import dev.belay.graph.EvaluationStep;
import dev.belay.graph.GradientPlan;
import dev.belay.graph.TrainPlan;
import dev.belay.graph.TrainStep;
import dev.belay.graph.TrainStepBuilder;
import dev.belay.graph.clip.ClipRule;
import dev.belay.graph.clip.NoClip;
import dev.belay.graph.head.AttachedHead;
import dev.belay.graph.head.ClassificationHead;
import dev.belay.graph.head.Head;
import dev.belay.graph.head.RegressionHead;
import dev.belay.graph.optimizer.Optimizer;
import dev.belay.graph.optimizer.Sgd;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Variables;
import dev.belay.train.config.MachineConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.model.UpdateRules;
import dev.belay.train.step.StepRunner;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.tensorflow.op.Ops;

/** Puts a model's steps into its graph and its weights into a session. */
final class ModelRun {
  /** As Hugging Face's classifiers have it by default. */
  private static final double HEAD_DROPOUT = 0.1;

  private ModelRun() {}

  /** Owns a session, with the steps that it runs; close it before the graph. */
  record Training(StepRunner runner, TrainStep step, EvaluationStep evaluation)
      implements AutoCloseable {
    @Override
    public void close() {
      runner.close();
    }
  }

  /**
   * A session that trains.
   *
   * @param outputs classes of a new classification head
   */
  static Training training(TrainConfig config, TrainableModel model, ModelGraph graph, int outputs)
      throws IOException {
    Training training = training(config, graph, outputs, UpdateRules.clip(config.clip()));
    load(training.runner(), model, training.step().parts().model().all());
    return training;
  }

  /**
   * A session that trains with another clip than the configured one. The model's variables have no
   * values yet.
   */
  static Training training(TrainConfig config, ModelGraph graph, int outputs, ClipRule clip) {
    Optional<AttachedHead> head = head(config.model(), config.machine().seed(), graph, outputs);
    TrainStep step =
        step(
            config.model(),
            graph,
            head,
            new Rules(
                UpdateRules.gradients(config.update(), config.clip()),
                clip,
                UpdateRules.optimizer(config.optimizer())));
    EvaluationStep evaluation =
        EvaluationStep.build(graph.graph(), graph.evaluation(), head, graph.loss());
    StepRunner runner = StepRunner.forTraining(graph.graph(), step, evaluation, machine(config));
    return new Training(runner, step, evaluation);
  }

  /** Where a run trains, and how precisely. */
  static StepRunner.Machine machine(TrainConfig config) {
    return new StepRunner.Machine(config.machine(), config.update().precision());
  }

  /**
   * The new head, if the model gets one.
   *
   * @param outputs classes of a classification head
   */
  static Optional<AttachedHead> head(ModelConfig config, long seed, ModelGraph graph, int outputs) {
    double dropout = config.dropout() ? HEAD_DROPOUT : 0;
    Optional<Head> head =
        switch (config.head()) {
          case NONE -> Optional.empty();
          case CLASSIFICATION -> Optional.of(new ClassificationHead(outputs, dropout, seed));
          case REGRESSION -> Optional.of(new RegressionHead(dropout, seed));
        };
    Ops tf = Ops.create(graph.graph()).withSubScope("belay_head");
    return head.map(layers -> layers.attach(tf, graph.training().output()));
  }

  /** All variables of a model, then those of its new head, with what initializes tables. */
  static StepRunner.Weights weights(ModelGraph graph, Optional<AttachedHead> head) {
    List<Variables> variables = new ArrayList<>(List.of(graph.forward().variables()));
    head.ifPresent(layers -> variables.add(layers.variables()));
    return new StepRunner.Weights(variables, graph.forward().initializers());
  }

  /** How gradients become an update. */
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
            rules.optimizer(),
            name -> matchesAny(config.trust().withoutGradient(), name)));
  }

  /**
   * The step that training would make, by the simplest rules: to see what it trains.
   *
   * @throws dev.belay.graph.gradient.UntrainableModelException if it cannot be made
   */
  static TrainStep plannedStep(ModelConfig config, ModelGraph graph) {
    int outputs = config.labels().orElse(2);
    Rules simplest = new Rules(GradientPlan.PLAIN, new NoClip(), new Sgd());
    return step(config, graph, head(config, 0, graph, outputs), simplest);
  }

  private static boolean matchesAny(List<Pattern> patterns, String name) {
    return patterns.stream().anyMatch(pattern -> pattern.matcher(name).find());
  }

  /** The variables that a step changes. */
  static List<GraphVariable> trained(TrainStep step) {
    List<GraphVariable> trained = new ArrayList<>(step.parts().model().trainable());
    step.parts().head().ifPresent(head -> trained.addAll(head.trainable()));
    trained.removeIf(variable -> step.unused().contains(variable.name()));
    return trained;
  }

  /** How many numbers they hold. */
  static long parameters(List<GraphVariable> variables) {
    return variables.stream().mapToLong(variable -> variable.spec().shape().size()).sum();
  }

  /** A session that evaluates. */
  static StepRunner evaluation(MachineConfig machine, TrainableModel model, ModelGraph graph)
      throws IOException {
    EvaluationStep step =
        EvaluationStep.build(graph.graph(), graph.evaluation(), Optional.empty(), graph.loss());
    StepRunner runner =
        StepRunner.forEvaluation(graph.graph(), step, weights(graph, Optional.empty()), machine);
    load(runner, model, graph.forward().variables().all());
    return runner;
  }

  /** Gives variables the values that the model came with. */
  static void restore(StepRunner runner, TrainableModel model, List<GraphVariable> variables)
      throws IOException {
    runner.assign(
        variables,
        variable -> model.contents().read(model.variables().get(variable.name()).variable()));
  }

  /** Sets a model's weights; closes the session where that fails, since its owner never gets it. */
  static void load(StepRunner runner, TrainableModel model, List<GraphVariable> variables)
      throws IOException {
    try {
      restore(runner, model, variables);
    } catch (Throwable e) {
      runner.close();
      throw e;
    }
  }
}
