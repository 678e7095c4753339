package dev.belay.train.step;

import dev.belay.graph.TrainStep;
import dev.belay.graph.measure.VariableNorms;
import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.UpdateBatch;
import dev.belay.train.event.VariableNorm;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * One update in a session, whose owner closes it: one run for a batch at once, or one for each part
 * of it and one for the update.
 *
 * @param normLimit a norm above this keeps the update from being made
 * @param measures whether it says what it does to each variable
 */
record UpdateRun(
    Session session, TrainStep graph, double learningRate, double normLimit, boolean measures) {

  UpdateRun(Session session, TrainStep graph, double learningRate, double normLimit) {
    this(session, graph, learningRate, normLimit, false);
  }

  /** The same, and it says what it does to each variable. */
  UpdateRun measuring() {
    return new UpdateRun(session, graph, learningRate, normLimit, true);
  }

  StepResult atOnce(Batch batch, long step) {
    try (Feeds feeds = new Feeds(session.runner())) {
      data(feeds, batch, step);
      return apply(feeds, 0);
    }
  }

  /**
   * The loss of each part is its sum divided by the weight of the whole, which is therefore asked
   * for first. Each part draws random numbers of its own.
   */
  StepResult inParts(UpdateBatch batch, long step) {
    long begin = System.nanoTime();
    float weight = 0;
    for (Batch part : batch.parts()) {
      weight += weight(part);
    }
    for (int i = 0; i < batch.parts().size(); i++) {
      try (Feeds feeds = new Feeds(session.runner())) {
        data(feeds, batch.parts().get(i), draw(graph, step, i));
        feeds.put(graph.measures().weight().asOutput(), TFloat32.scalarOf(weight));
        feeds.runner().addTarget(graph.pass().accumulate().orElseThrow()).run().close();
      }
    }
    double millis = (System.nanoTime() - begin) / 1e6;
    try (Feeds feeds = new Feeds(session.runner())) {
      feeds.put(graph.measures().weight().asOutput(), TFloat32.scalarOf(weight));
      return apply(feeds, millis);
    }
  }

  /** By what a pass draws its random numbers: no two passes of a run have the same. */
  static long draw(TrainStep graph, long step, int part) {
    return graph.pass().accumulate().isPresent()
        ? Math.addExact(Math.multiplyExact(step - 1, 1L << 20), part + 1)
        : step;
  }

  float weight(Batch part) {
    try (Feeds feeds = new Feeds(session.runner())) {
      feeds.labels(graph.feeds().labels(), part.labels().orElseThrow());
      try (Result result = feeds.runner().fetch(graph.measures().weight()).run()) {
        return ((TFloat32) result.get(0)).getFloat();
      }
    }
  }

  void data(Feeds feeds, Batch batch, long draw) {
    feeds.columns(graph.feeds().inputs(), batch.features());
    feeds.labels(graph.feeds().labels(), batch.labels().orElseThrow());
    feeds.put(graph.feeds().step().asOutput(), TInt64.scalarOf(draw));
  }

  private StepResult apply(Feeds feeds, double millisBefore) {
    TrainStep.Measures tensors = graph.measures();
    feeds.put(graph.feeds().learningRate().asOutput(), TFloat32.scalarOf((float) learningRate));
    feeds.put(graph.feeds().normLimit().asOutput(), TFloat32.scalarOf((float) normLimit));
    Session.Runner runner =
        feeds
            .runner()
            .fetch(tensors.loss())
            .fetch(tensors.norm())
            .fetch(tensors.clippedNorm())
            .fetch(tensors.clipScale())
            .fetch(tensors.clips())
            .fetch(tensors.lossScale())
            .fetch(tensors.applied())
            .addTarget(graph.apply());
    if (measures) {
      runner.fetch(graph.measures().variableNorms().rows());
    }
    long begin = System.nanoTime();
    try (Result result = runner.run()) {
      double millis = millisBefore + (System.nanoTime() - begin) / 1e6;
      return new StepResult(
          scalar(result, 0),
          scalar(result, 1),
          scalar(result, 2),
          scalar(result, 3),
          flag(result, 4),
          scalar(result, 5),
          flag(result, 6),
          millis,
          measures ? columns(result.get(7)) : List.of());
    }
  }

  private List<VariableNorm> columns(Tensor rows) {
    VariableNorms norms = graph.measures().variableNorms();
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

  private static float scalar(Result result, int index) {
    return ((TFloat32) result.get(index)).getFloat();
  }

  private static boolean flag(Result result, int index) {
    return ((TBool) result.get(index)).getBoolean();
  }
}
