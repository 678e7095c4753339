package dev.belay.train.step;

import dev.belay.graph.EvaluationStep;
import dev.belay.graph.TrainStep;
import dev.belay.graph.measure.VariableNorms;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Variables;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import dev.belay.train.config.MachineConfig;
import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.Column;
import dev.belay.train.event.VariableNorm;
import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.Graph;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.exceptions.TFFailedPreconditionException;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * Owns the session of a model's graph and runs it: one update, one evaluation, one variable read or
 * set. Close it before the graph.
 */
public final class StepRunner implements AutoCloseable {
  /** Variables are read and set in parts of about this size. */
  private static final long PART_BYTES = 64L << 20;

  /** A message names no more variables than a person reads. */
  private static final int MOST_NAMED = 5;

  private final Session session;
  private final Optional<TrainStep> train;
  private final EvaluationStep evaluation;
  private final List<Variables> weights;

  private StepRunner(
      Session session,
      Optional<TrainStep> train,
      EvaluationStep evaluation,
      List<Variables> weights) {
    this.session = session;
    this.train = train;
    this.evaluation = evaluation;
    this.weights = weights;
  }

  /** A runner that trains and evaluates. Variables have no values yet. */
  public static StepRunner forTraining(
      Graph graph, TrainStep train, EvaluationStep evaluation, MachineConfig machine) {
    List<Variables> weights = new ArrayList<>(List.of(train.parts().model()));
    train.parts().head().ifPresent(weights::add);
    Session session = new Session(graph, SessionOptions.of(machine));
    return new StepRunner(session, Optional.of(train), evaluation, weights)
        .started(train.initializers());
  }

  /**
   * What a model knows.
   *
   * @param variables of the model, then of a new head
   * @param initializers what fills lookup tables
   */
  public record Weights(List<Variables> variables, List<Operation> initializers) {}

  /** A runner that only evaluates. Variables have no values yet. */
  public static StepRunner forEvaluation(
      Graph graph, EvaluationStep evaluation, Weights weights, MachineConfig machine) {
    Session session = new Session(graph, SessionOptions.of(machine));
    return new StepRunner(session, Optional.empty(), evaluation, weights.variables())
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
  }

  private void run(List<Operation> operations) {
    if (!operations.isEmpty()) {
      Session.Runner runner = session.runner();
      operations.forEach(runner::addTarget);
      runner.run().close();
    }
  }

  /**
   * Makes one update.
   *
   * @param step from 1; with the seed it decides what dropout drops
   */
  public StepResult train(Batch batch, double learningRate, long step) {
    return train(batch, learningRate, step, Optional.empty());
  }

  /** Makes one update, and measures what it does to each variable. */
  public StepResult trainMeasuring(Batch batch, double learningRate, long step) {
    return train(
        batch, learningRate, step, Optional.of(train.orElseThrow().measures().variableNorms()));
  }

  private StepResult train(
      Batch batch, double learningRate, long step, Optional<VariableNorms> norms) {
    TrainStep graph = train.orElseThrow();
    TrainStep.Measures measures = graph.measures();
    try (Feeds feeds = new Feeds(session.runner())) {
      feeds.columns(graph.feeds().inputs(), batch.features());
      feeds.labels(graph.feeds().labels(), batch.labels().orElseThrow());
      feeds.put(graph.feeds().learningRate().asOutput(), TFloat32.scalarOf((float) learningRate));
      feeds.put(graph.feeds().step().asOutput(), TInt64.scalarOf(step));
      Session.Runner runner =
          feeds
              .runner()
              .fetch(measures.loss())
              .fetch(measures.norm())
              .fetch(measures.clippedNorm())
              .fetch(measures.clipScale())
              .addTarget(graph.apply());
      norms.ifPresent(measured -> runner.fetch(measured.rows()));
      long begin = System.nanoTime();
      try (Result result = runner.run()) {
        double millis = (System.nanoTime() - begin) / 1e6;
        return new StepResult(
            scalar(result, 0),
            scalar(result, 1),
            scalar(result, 2),
            scalar(result, 3),
            millis,
            norms.map(measured -> columns(measured, result.get(4))).orElse(List.of()));
      }
    }
  }

  private static List<VariableNorm> columns(VariableNorms norms, Tensor rows) {
    float[] values = NativeTensors.floats(rows); // [3, V]
    int count = norms.variables().size();
    List<VariableNorm> columns = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      columns.add(
          new VariableNorm(
              norms.variables().get(i),
              values[VariableNorms.GRADIENT * count + i],
              values[VariableNorms.WEIGHT * count + i],
              values[VariableNorms.UPDATE * count + i]));
    }
    return columns;
  }

  /** Asks the model; the loss is zero for a batch without labels. */
  public EvaluationResult evaluate(Batch batch) {
    try (Feeds feeds = new Feeds(session.runner())) {
      feeds.columns(evaluation.inputs(), batch.features());
      Session.Runner runner = feeds.runner().fetch(evaluation.output());
      boolean labelled = batch.labels().isPresent();
      if (labelled) {
        feeds.labels(evaluation.labels(), batch.labels().get());
        runner.fetch(evaluation.lossSum()).fetch(evaluation.weight());
      }
      try (Result result = runner.run()) {
        Tensor logits = result.get(0);
        return new EvaluationResult(
            NativeTensors.floats(logits),
            logits.shape(),
            labelled ? scalar(result, 1) : 0,
            labelled ? scalar(result, 2) : 0);
      }
    }
  }

  private static float scalar(Result result, int index) {
    return ((TFloat32) result.get(index)).getFloat();
  }

  /** Gives values to variables. */
  public void assign(List<GraphVariable> variables, ValueSource values) throws IOException {
    for (List<GraphVariable> part : parts(variables)) {
      try (Feeds feeds = new Feeds(session.runner())) {
        for (GraphVariable variable : part) {
          feeds.put(
              variable.newValue(),
              NativeTensors.of(
                  variable.spec().dtype(), variable.spec().shape(), values.read(variable)));
          feeds.runner().addTarget(variable.assign());
        }
        feeds.runner().run().close();
      }
    }
  }

  /** Where the value of a variable comes from, little-endian. */
  @FunctionalInterface
  public interface ValueSource {
    ByteBuffer read(GraphVariable variable) throws IOException;
  }

  /** Takes the value of a variable, little-endian. */
  @FunctionalInterface
  public interface ValueSink {
    void accept(GraphVariable variable, ByteBuffer value) throws IOException;
  }

  /** Hands over a copy of each variable's value. */
  public void read(List<GraphVariable> variables, ValueSink sink) throws IOException {
    for (List<GraphVariable> part : parts(variables)) {
      Session.Runner runner = session.runner();
      part.forEach(variable -> runner.fetch(variable.value()));
      try (Result result = runner.run()) {
        for (int i = 0; i < part.size(); i++) {
          sink.accept(part.get(i), NativeTensors.bytes(result.get(i)));
        }
      }
    }
  }

  /** A run costs some milliseconds whatever it does, and holds all its values at once. */
  private static List<List<GraphVariable>> parts(List<GraphVariable> variables) {
    List<List<GraphVariable>> parts = new ArrayList<>();
    long bytes = PART_BYTES;
    for (GraphVariable variable : variables) {
      if (bytes >= PART_BYTES) {
        parts.add(new ArrayList<>());
        bytes = 0;
      }
      parts.get(parts.size() - 1).add(variable);
      bytes += spec(variable).bytes();
    }
    return parts;
  }

  /** The weights of the model and of a new head, in order. */
  public List<GraphVariable> weights() {
    return weights.stream().flatMap(variables -> variables.all().stream()).toList();
  }

  /**
   * The weights as they are now, held by TensorFlow: a variable that is updated meanwhile gets new
   * memory, so that training may go on while they are written.
   */
  public VariableSnapshot snapshotWeights() {
    return snapshot(weights());
  }

  /** What training keeps between steps beside the weights: slots and beta powers. */
  public VariableSnapshot snapshotOptimizer() {
    return snapshot(optimizerVariables());
  }

  private List<GraphVariable> optimizerVariables() {
    return train.orElseThrow().parts().slots().all();
  }

  private VariableSnapshot snapshot(List<GraphVariable> variables) {
    List<VariableSnapshot.Part> held = new ArrayList<>();
    try {
      for (List<GraphVariable> part : parts(variables)) {
        Session.Runner runner = session.runner();
        part.forEach(variable -> runner.fetch(variable.value()));
        held.add(new VariableSnapshot.Part(part, runner.run()));
      }
      return new VariableSnapshot(held);
    } catch (Throwable e) {
      held.forEach(part -> part.values().close());
      throw e;
    }
  }

  private static TensorSpec spec(GraphVariable variable) {
    return new TensorSpec(variable.spec().dtype(), variable.spec().shape());
  }

  /** Sets every weight from a checkpoint that {@link #snapshotWeights} was written to. */
  public void restore(NamedTensors saved) throws IOException {
    restore(weights(), saved, "weights");
  }

  /** Sets slots and beta powers from a checkpoint. */
  public void restoreOptimizer(NamedTensors saved) throws IOException {
    restore(optimizerVariables(), saved, "optimizer");
  }

  /** TensorFlow aborts the process if it is fed a value of another shape. */
  private void restore(List<GraphVariable> variables, NamedTensors saved, String what)
      throws IOException {
    List<String> missing = new ArrayList<>();
    for (GraphVariable variable : variables) {
      String name = variable.name();
      if (!saved.names().contains(name)) {
        missing.add(name + ": not there");
      } else if (!saved.spec(name).equals(spec(variable))) {
        missing.add(name + ": " + saved.spec(name) + ", expected " + spec(variable));
      }
    }
    if (!missing.isEmpty()) {
      throw new ModelException(
          "the checkpoint's "
              + what
              + " are not those of this run, "
              + missing.size()
              + " of "
              + variables.size()
              + " variables differ: "
              + String.join("; ", missing.subList(0, Math.min(MOST_NAMED, missing.size())))
              + (missing.size() > MOST_NAMED ? "; ..." : "")
              + ". Was the model, the head or the optimizer another one?");
    }
    assign(variables, variable -> saved.read(variable.name()));
  }

  @Override
  public void close() {
    session.close();
  }

  /** Owns the tensors that one run is fed with. */
  private static final class Feeds implements AutoCloseable {
    private final Session.Runner runner;
    private final List<Tensor> tensors = new ArrayList<>();

    Feeds(Session.Runner runner) {
      this.runner = runner;
    }

    Session.Runner runner() {
      return runner;
    }

    void columns(Map<String, Output<?>> inputs, Map<String, Column> columns) {
      inputs.forEach(
          (name, input) ->
              put(
                  input,
                  BatchTensors.of(
                      columns.get(name), input.dataType(), input.shape().numDimensions())));
    }

    void labels(Output<?> labels, Column column) {
      put(labels, BatchTensors.of(column, labels.dataType(), labels.shape().numDimensions()));
    }

    void put(Output<?> input, Tensor tensor) {
      tensors.add(tensor);
      runner.feed(input, tensor);
    }

    @Override
    public void close() {
      tensors.forEach(Tensor::close);
    }
  }
}
