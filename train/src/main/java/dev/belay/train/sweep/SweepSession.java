package dev.belay.train.sweep;

import dev.belay.graph.clip.Threshold;
import dev.belay.graph.search.NodeNames;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.VariableSpec;
import dev.belay.graph.variable.Variables;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.train.config.OptimizerConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.model.UpdateRules;
import dev.belay.train.session.TrainingSession;
import dev.belay.train.step.StepRunner;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.DataType;

/**
 * Owns the session in which arms of a sweep are trained one after the other. Close it before the
 * graph.
 */
public final class SweepSession implements AutoCloseable {
  private final TrainableModel model;
  private final TrainingSession.Training training;
  private final OptimizerConfig optimizer;
  private final GraphVariable threshold;

  private SweepSession(
      TrainableModel model,
      TrainingSession.Training training,
      OptimizerConfig optimizer,
      GraphVariable threshold) {
    this.model = model;
    this.optimizer = optimizer;
    this.training = training;
    this.threshold = threshold;
  }

  /**
   * Builds the step of a rule, for any threshold; {@link #reset} before it is used.
   *
   * @param config of one of the arms
   * @param outputs classes of a new classification head
   */
  public static SweepSession open(
      TrainConfig config, TrainableModel model, ModelGraph graph, int outputs) {
    Variables own =
        new Variables(Ops.create(graph.graph()).withSubScope(NodeNames.PREFIX + "sweep"));
    GraphVariable threshold =
        own.create(new VariableSpec("clip_threshold", DataType.DT_FLOAT, Shape.scalar(), false));
    TrainingSession.Training training =
        TrainingSession.training(
            config, graph, outputs, UpdateRules.clip(config.clip(), Threshold.of(threshold)));
    return new SweepSession(model, training, config.optimizer(), threshold);
  }

  /** Resets weights and slots to the initial values of every run, and sets the clip's threshold. */
  public void reset(float clipThreshold) throws IOException {
    StepRunner runner = training.runner();
    runner.initialize();
    TrainingSession.restore(runner, model);
    TrainingSession.restoreOptimizer(training, model, optimizer);
    ByteBuffer value =
        ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, clipThreshold);
    runner.assign(List.of(threshold), variable -> TensorPieces.of(value));
  }

  public StepRunner runner() {
    return training.runner();
  }

  public long trainableParameters() {
    return TrainingSession.parameters(TrainingSession.trained(training.step()));
  }

  @Override
  public void close() {
    training.runner().close();
  }
}
