package dev.belay.train.step;

import dev.belay.graph.EvaluationStep;
import dev.belay.graph.TrainStep;
import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.replica.Replicas;
import dev.belay.graph.stage.LossScale;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Variables;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.train.config.MachineConfig;
import dev.belay.train.config.UpdateConfig.Precision;
import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.data.batch.UpdateBatch;
import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.Graph;
import org.tensorflow.Operation;
import org.tensorflow.Tensor;
import org.tensorflow.exceptions.TFFailedPreconditionException;
import org.tensorflow.proto.framework.ConfigProto;
import org.tensorflow.types.TFloat32;

/**
 * Owns the session of a model's graph and runs it: one update, one evaluation, one variable read or
 * set. Close it before the graph.
 */
public final class StepRunner implements AutoCloseable {
  private final Graph graph;
  private final Replicas replicas;
  private final GraphSession session;
  private final WorkerGroup workers;
  private final VariableMemory memory;
  private final Optional<TrainStep> train;
  private final AppliedUpdates applied;
  private final EvaluationStep evaluation;
  private final List<Variables> weights;

  /** Made when a step goes wrong. */
  private StepProbe probe;

  private StepRunner(Graph graph, Running running, Steps steps, List<Variables> weights) {
    this.graph = graph;
    this.replicas = running.replicas();
    this.session = running.session();
    this.workers = running.workers();
    this.train = steps.train();
    this.applied = new AppliedUpdates(session, train.flatMap(TrainStep::updateCount));
    Map<String, Double> decays = train.map(step -> step.parts().decays()).orElse(Map.of());
    this.memory = new VariableMemory(session, replicas, decays);
    this.evaluation = steps.evaluation();
    this.weights = weights;
  }

  /** The session that runs the steps, with its replicas and the processes that take part. */
  private record Running(Replicas replicas, GraphSession session, WorkerGroup workers) {}

  /** The steps that are run. */
  private record Steps(Optional<TrainStep> train, EvaluationStep evaluation) {}

  /**
   * A runner that trains and evaluates. Variables have no values yet. Where several devices share
   * each batch, the graph must be complete: each gets a copy of it.
   */
  public static StepRunner forTraining(
      Graph graph, TrainStep train, EvaluationStep evaluation, StepMachine machine) {
    List<Variables> weights = new ArrayList<>(List.of(train.parts().model()));
    train.parts().head().ifPresent(weights::add);
    List<String> devices = machine.config().replicaDevices();
    Shares.requireOpenBatch(train, Math.max(devices.size(), machine.workers().count()));
    Replicas replicas = devices.size() == 1 ? Replicas.single(graph) : Replicas.of(graph, devices);
    ConfigProto options = SessionOptions.of(machine.config(), machine.precision(), graph);
    ProbeRunner.requireGpus(machine.config(), options);
    GraphSession session = machine.workers().open(graph, options);
    Running running = new Running(replicas, session, machine.workers());
    return new StepRunner(graph, running, new Steps(Optional.of(train), evaluation), weights)
        .started(train.initializers());
  }

  /**
   * State of a model.
   *
   * @param variables of the model, then of a new head
   * @param initializers operations that initialize lookup tables
   */
  public record Weights(List<Variables> variables, List<Operation> initializers) {}

  /** A runner that only evaluates. Variables have no values yet. */
  public static StepRunner forEvaluation(
      Graph graph, EvaluationStep evaluation, Weights weights, MachineConfig machine) {
    ConfigProto options = SessionOptions.of(machine, Precision.FP32, graph);
    ProbeRunner.requireGpus(machine, options);
    return new StepRunner(
            graph,
            new Running(
                Replicas.single(graph), DirectSession.open(graph, options), WorkerGroup.ALONE),
            new Steps(Optional.empty(), evaluation),
            weights.variables())
        .started(weights.initializers());
  }

  /** A graph waits for its sessions when it is closed, so none may stay open behind an error. */
  private StepRunner started(List<Operation> initializers) {
    try {
      run(initializers);
      return this;
    } catch (TFFailedPreconditionException e) {
      close();
      throw new ModelException(
          "TensorFlow cannot fill a lookup table of the model: "
              + e.getMessage().lines().findFirst().orElse("no reason given")
              + "; the file of the table is not as the model's author meant it");
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  /** Gives slots, head and tables their first values again. The model's variables stay. */
  public void initialize() {
    run(train.orElseThrow().initializers());
    applied.reset();
  }

  private void run(List<Operation> operations) {
    if (!operations.isEmpty()) {
      GraphRun runner = session.runner();
      for (int i = 0; i < replicas.count(); i++) {
        for (Operation operation : operations) {
          runner.addTarget(replicas.in(i, operation));
        }
      }
      runner.run().close();
    }
  }

  /**
   * Makes one update.
   *
   * @param step from 1; with the seed it decides what dropout drops
   * @param normLimit a norm above this keeps the update from being made; infinity for no limit
   */
  public StepResult train(UpdateBatch batch, double learningRate, long step, double normLimit) {
    return train(batch, step, update(learningRate, normLimit));
  }

  /** Makes one update, and measures what it does to each variable. */
  public StepResult trainMeasuring(
      UpdateBatch batch, double learningRate, long step, double normLimit) {
    return train(batch, step, update(learningRate, normLimit).measuring());
  }

  private UpdateRun update(double learningRate, double normLimit) {
    return new UpdateRun(session, train.orElseThrow(), replicas, workers, learningRate, normLimit);
  }

  private StepResult train(UpdateBatch batch, long step, UpdateRun update) {
    TrainStep.Pass pass = train.orElseThrow().pass();
    StepResult result =
        pass.cached().isPresent()
            ? update.cached(batch, step)
            : pass.accumulate().isPresent()
                ? update.inParts(batch, step)
                : update.atOnce(batch.parts().get(0), step);
    return memory.follow(applied.received(result), update.learningRate());
  }

  /**
   * Looks for where a step went wrong, by running it again without its update.
   *
   * @return empty if, this time, everything is finite, or if several workers make the steps: the
   *     probe changes the graph, which a session of several workers does not see
   */
  public Optional<NonFinite> examine(UpdateBatch batch, long step) {
    if (workers.count() > 1) {
      return Optional.empty();
    }
    if (probe == null) {
      probe = new StepProbe(graph, session, train.orElseThrow(), replicas);
    }
    return probe.examine(batch, step);
  }

  /** Runs the evaluation pass on a batch without fetching its outputs, to test for errors. */
  public void tryForward(Batch batch) {
    try (Feeds feeds = new Feeds(session.runner())) {
      feeds.columns(evaluation.inputs(), batch.features());
      feeds.runner().addTarget(evaluation.output().asOutput().op()).run().close();
    }
  }

  /** Asks the model; the loss is zero for a batch without labels. */
  public EvaluationResult evaluate(Batch batch) {
    try (Feeds feeds = new Feeds(session.runner())) {
      feeds.columns(evaluation.inputs(), batch.features());
      GraphRun runner = feeds.runner().fetch(evaluation.output());
      boolean labelled = batch.labels().isPresent();
      if (labelled) {
        feeds.labels(evaluation.labels(), batch.labels().get());
        runner.fetch(evaluation.lossSum()).fetch(evaluation.weight());
      }
      try (FetchedTensors result = runner.run()) {
        Tensor logits = result.get(0);
        return new EvaluationResult(
            NativeTensors.floats(logits),
            logits.shape(),
            labelled ? scalar(result, 1) : 0,
            labelled ? scalar(result, 2) : 0);
      }
    }
  }

  /** Asks the model about a batch with labels, and takes no answer but how good it is. */
  public BatchScore score(Batch batch) {
    try (Feeds feeds = new Feeds(session.runner())) {
      feeds.columns(evaluation.inputs(), batch.features());
      feeds.labels(evaluation.labels(), batch.labels().orElseThrow());
      GraphRun runner = feeds.runner();
      runner.fetch(evaluation.lossSum()).fetch(evaluation.weight());
      runner.fetch(evaluation.right().orElseThrow());
      try (FetchedTensors result = runner.run()) {
        return new BatchScore(scalar(result, 0), scalar(result, 1), scalar(result, 2));
      }
    }
  }

  /**
   * Asks the model about the tokens of a batch that have labels.
   *
   * @return [N, C] for these N tokens, in their order
   */
  public EvaluationResult choices(Batch batch) {
    try (Feeds feeds = new Feeds(session.runner())) {
      feeds.columns(evaluation.inputs(), batch.features());
      feeds.labels(evaluation.labels(), batch.labels().orElseThrow());
      try (FetchedTensors result =
          feeds.runner().fetch(evaluation.choices().orElseThrow().logits()).run()) {
        Tensor logits = result.get(0);
        return new EvaluationResult(NativeTensors.floats(logits), logits.shape(), 0, 0);
      }
    }
  }

  /**
   * Asks a pass of the model for one of its outputs, float32.
   *
   * @param columns by the names of the pass's inputs
   * @return without a loss
   */
  public EvaluationResult ask(ForwardCall call, Map<String, BatchColumn> columns, String output) {
    try (Feeds feeds = new Feeds(session.runner())) {
      feeds.columns(call.inputs(), columns);
      try (FetchedTensors result = feeds.runner().fetch(call.output(output)).run()) {
        Tensor answer = result.get(0);
        return new EvaluationResult(NativeTensors.floats(answer), answer.shape(), 0, 0);
      }
    }
  }

  /**
   * Runs a pass that reads a state and makes the next one.
   *
   * @param columns by the names of the pass's inputs; the others are fed from the state, or keep
   *     their defaults
   * @param state takes over what the pass makes, except {@code numbers}
   * @param numbers names of the outputs to read, float32
   * @return the numbers of each of these outputs, row by row
   */
  public List<float[]> advance(
      ForwardCall call, Map<String, BatchColumn> columns, CallState state, List<String> numbers) {
    return state.advance(session.runner(), call, columns, numbers);
  }

  private static float scalar(FetchedTensors result, int index) {
    return ((TFloat32) result.get(index)).getFloat();
  }

  /** Gives values to variables. */
  public void assign(List<GraphVariable> variables, ValueSource values) throws IOException {
    memory.assign(variables, values);
    run(train.flatMap(TrainStep::settle).stream().toList());
  }

  /** Source of the values of variables. */
  @FunctionalInterface
  public interface ValueSource {
    /** The value of a variable, read at the call. */
    TensorPieces value(GraphVariable variable) throws IOException;
  }

  /** The processes that make each update together. */
  public WorkerGroup workers() {
    return workers;
  }

  /** Whether no update was begun since the last result, such as one that a lost worker cut off. */
  public boolean isBetweenUpdates() {
    return applied.agree();
  }

  /** The weights of the model without a head that was added to it. */
  public List<GraphVariable> modelWeights() {
    return weights.get(0).all();
  }

  /** The weights of the head that was added, if one was. */
  public List<GraphVariable> headWeights() {
    return weights.stream().skip(1).flatMap(variables -> variables.all().stream()).toList();
  }

  /** The weights of the model and of a new head, in order. */
  public List<GraphVariable> weights() {
    return weights.stream().flatMap(variables -> variables.all().stream()).toList();
  }

  /**
   * The weights as they are now, held by TensorFlow: a variable that is updated meanwhile gets new
   * memory, so that training may continue while they are written.
   */
  public VariableSnapshot snapshotWeights() {
    return memory.snapshot(weights());
  }

  /** The weights that a checkpoint holds, which are all but those frozen beside adapters. */
  public VariableSnapshot snapshotCheckpoint() {
    return memory.snapshot(weights().stream().filter(weight -> !isConstant(weight)).toList());
  }

  private boolean isConstant(GraphVariable weight) {
    return train.map(step -> step.parts().constant().contains(weight.name())).orElse(false);
  }

  /** State of training between steps besides the weights: slots and beta powers. */
  public VariableSnapshot snapshotOptimizer() {
    return memory.snapshot(optimizerVariables());
  }

  private List<GraphVariable> optimizerVariables() {
    return train.orElseThrow().parts().slots().all();
  }

  /** Sets the loss scale, where there is one. */
  public void setLossScale(float scale) throws IOException {
    List<GraphVariable> slots =
        optimizerVariables().stream().filter(v -> v.name().equals(LossScale.NAME)).toList();
    ByteBuffer value = ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    assign(slots, slot -> TensorPieces.of(value.putFloat(0, scale)));
  }

  /** Sets the weights of a checkpoint; those that it leaves out keep the values of the model. */
  public void restore(NamedTensors saved) throws IOException {
    List<GraphVariable> held =
        weights().stream()
            .filter(weight -> !isConstant(weight) || saved.names().contains(weight.name()))
            .toList();
    SavedValues.of(held, saved).requireAll("weights");
    assign(held, variable -> saved.pieces(variable.name()));
  }

  /** Sets slots and beta powers from a checkpoint. */
  public void restoreOptimizer(NamedTensors saved) throws IOException {
    List<GraphVariable> variables = optimizerVariables();
    SavedValues.of(variables, saved).requireAll("optimizer");
    assign(variables, variable -> saved.pieces(variable.name()));
  }

  /**
   * Sets those slots and beta powers that a checkpoint of another optimizer has too; the others
   * start at their first values.
   *
   * @return notes for people
   */
  public List<String> restoreMatchingOptimizer(NamedTensors saved) throws IOException {
    SavedValues matching = SavedValues.of(optimizerVariables(), saved);
    assign(matching.found(), variable -> saved.pieces(variable.name()));
    return matching.notes();
  }

  @Override
  public void close() {
    session.close();
    memory.close();
  }
}
