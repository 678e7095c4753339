package dev.belay.train.step;

import dev.belay.graph.TrainStep;
import dev.belay.graph.measure.VariableNorms;
import dev.belay.graph.replica.Replicas;
import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.data.batch.UpdateBatch;
import dev.belay.train.event.VariableNorm;
import dev.belay.train.event.WorkerTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.Tensor;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt64;

/**
 * One update in a session, whose owner closes it: one run for a batch at once, or one for each part
 * of it and one for the update.
 *
 * @param replicas in this process
 * @param workers processes that make the update together
 * @param normLimit a norm above this keeps the update from being made
 * @param measures whether it says what it does to each variable
 */
record UpdateRun(
    GraphSession session,
    TrainStep graph,
    Replicas replicas,
    WorkerGroup workers,
    double learningRate,
    double normLimit,
    boolean measures) {

  UpdateRun(
      GraphSession session,
      TrainStep graph,
      Replicas replicas,
      WorkerGroup workers,
      double learningRate,
      double normLimit) {
    this(session, graph, replicas, workers, learningRate, normLimit, false);
  }

  /** The same, and it says what it does to each variable. */
  UpdateRun measuring() {
    return new UpdateRun(session, graph, replicas, workers, learningRate, normLimit, true);
  }

  StepResult atOnce(Batch batch, long step) {
    if (replicas.count() > 1) {
      return shared(batch, step);
    }
    if (workers.count() > 1) {
      return share(batch, step);
    }
    try (Feeds feeds = new Feeds(session.runner())) {
      data(feeds, batch, step);
      return apply(feeds, 0);
    }
  }

  /**
   * A batch with fewer rows than there are replicas is done whole by each of them, and weighs as
   * often as it is done, so that the sum over the replicas is its gradient again.
   */
  private StepResult shared(Batch batch, long step) {
    int count = replicas.count();
    boolean whole = Shares.rows(batch) < count;
    long begin = System.nanoTime();
    float weight = weight(batch) * (whole ? count : 1);
    double millis = (System.nanoTime() - begin) / 1e6;
    try (Feeds feeds = new Feeds(session.runner())) {
      data(feeds, whole ? Collections.nCopies(count, batch) : Shares.of(batch, count), step, 0);
      toEach(feeds, graph.measures().weight(), TFloat32.scalarOf(weight));
      return apply(feeds, millis);
    }
  }

  /**
   * The share of this process. All processes read the same batch, so each knows the weight of the
   * whole; a batch with fewer rows than there are processes is done as {@link #shared} does it.
   */
  private StepResult share(Batch batch, long step) {
    int count = workers.count();
    boolean whole = Shares.rows(batch) < count;
    long begin = System.nanoTime();
    float weight = weight(batch) * (whole ? count : 1);
    double millis = (System.nanoTime() - begin) / 1e6;
    try (Feeds feeds = new Feeds(session.runner())) {
      Batch mine = whole ? batch : Shares.of(batch, count).get(workers.index());
      data(feeds, mine, draw(step, workers.index()), 0);
      feeds.put(graph.measures().weight().asOutput(), TFloat32.scalarOf(weight));
      return apply(feeds, millis);
    }
  }

  /**
   * The loss of each part is its sum divided by the weight of the whole, which is therefore
   * computed first. Each part, and each replica's share of it, draws different random numbers.
   */
  StepResult inParts(UpdateBatch batch, long step) {
    long begin = System.nanoTime();
    float weight = weight(batch);
    Operation accumulate = graph.pass().accumulate().orElseThrow();
    for (int i = 0; i < batch.parts().size(); i++) {
      Batch part = batch.parts().get(i);
      List<Batch> shares = ownShares(part);
      if (shares.isEmpty()) {
        continue; // it has fewer rows than there are processes
      }
      try (Feeds feeds = new Feeds(session.runner())) {
        data(feeds, shares, step, i);
        toEach(feeds, graph.measures().weight(), TFloat32.scalarOf(weight));
        for (int replica = 0; replica < shares.size(); replica++) {
          feeds.runner().addTarget(replicas.in(replica, accumulate));
        }
        feeds.runner().run().close();
      }
    }
    double millis = (System.nanoTime() - begin) / 1e6;
    try (Feeds feeds = new Feeds(session.runner())) {
      toEach(feeds, graph.measures().weight(), TFloat32.scalarOf(weight));
      return apply(feeds, millis);
    }
  }

  /** An update whose loss compares the rows of several passes. */
  StepResult cached(UpdateBatch batch, long step) {
    return new CachedUpdate(this, batch.parts().get(0), step).make();
  }

  /**
   * What is fed to each pass from inputs to gradients, of the first replica alone.
   *
   * @return feeds all that loss and gradients of a pass are computed from
   */
  List<Consumer<Feeds>> passes(UpdateBatch batch, long step) {
    if (graph.pass().cached().isPresent()) {
      return new CachedUpdate(this, batch.parts().get(0), step).passes();
    }
    float weight = weight(batch);
    List<Consumer<Feeds>> passes = new ArrayList<>();
    for (Batch part : batch.parts()) {
      long draw = draw(step, passes.size());
      passes.add(
          feeds -> {
            data(feeds, part, draw);
            feeds.put(graph.measures().weight().asOutput(), TFloat32.scalarOf(weight));
          });
    }
    return passes;
  }

  /** What the replicas of this process do of a part of a batch. */
  private List<Batch> ownShares(Batch part) {
    int all = replicas.count() * workers.count();
    List<Batch> shares = Shares.of(part, Math.min(Shares.rows(part), all));
    int begin = Math.min(workers.index() * replicas.count(), shares.size());
    return shares.subList(begin, Math.min(begin + replicas.count(), shares.size()));
  }

  /**
   * By what a pass draws its random numbers: no two passes of a run have the same.
   *
   * @param part of the step's passes in all processes, on all replicas, from 0
   */
  long draw(long step, int part) {
    return graph.pass().accumulate().isPresent() || replicas.count() * workers.count() > 1
        ? Math.addExact(Math.multiplyExact(step - 1, 1L << 20), part + 1)
        : step;
  }

  private float weight(UpdateBatch batch) {
    float weight = 0;
    for (Batch part : batch.parts()) {
      weight += weight(part);
    }
    return weight;
  }

  private float weight(Batch part) {
    try (Feeds feeds = new Feeds(session.runner())) {
      feeds.labels(graph.feeds().labels(), part.labels().orElseThrow());
      try (FetchedTensors result = feeds.runner().fetch(graph.measures().weight()).run()) {
        return ((TFloat32) result.get(0)).getFloat();
      }
    }
  }

  /** Feeds the first replica alone. */
  private void data(Feeds feeds, Batch batch, long draw) {
    data(feeds, batch, draw, 0);
  }

  private void data(Feeds feeds, List<Batch> shares, long step, int part) {
    for (int i = 0; i < shares.size(); i++) {
      int replica = (part * workers.count() + workers.index()) * replicas.count() + i;
      data(feeds, shares.get(i), draw(step, replica), i);
    }
  }

  private void data(Feeds feeds, Batch batch, long draw, int replica) {
    features(feeds, batch.features(), draw, replica);
    feeds.labels(replicas.in(replica, graph.feeds().labels()), batch.labels().orElseThrow());
  }

  /** Feeds what the model reads. */
  void features(Feeds feeds, Map<String, BatchColumn> features, long draw, int replica) {
    Map<String, Output<?>> inputs = new LinkedHashMap<>();
    graph.feeds().inputs().forEach((name, input) -> inputs.put(name, replicas.in(replica, input)));
    feeds.columns(inputs, features);
    feeds.put(replicas.in(replica, graph.feeds().step().asOutput()), TInt64.scalarOf(draw));
  }

  private void toEach(Feeds feeds, Operand<?> input, Tensor value) {
    feeds.put(input.asOutput(), value);
    for (int i = 1; i < replicas.count(); i++) {
      feeds.runner().feed(replicas.in(i, input.asOutput()), value);
    }
  }

  StepResult apply(Feeds feeds, double millisBefore) {
    TrainStep.Measures tensors = graph.measures();
    toEach(feeds, graph.feeds().learningRate(), TFloat32.scalarOf((float) learningRate));
    toEach(feeds, graph.feeds().normLimit(), TFloat32.scalarOf((float) normLimit));
    for (int i = 0; i < replicas.count(); i++) {
      feeds.runner().addTarget(replicas.in(i, graph.apply()));
    }
    GraphRun runner =
        feeds
            .runner()
            .fetch(tensors.loss())
            .fetch(tensors.norm())
            .fetch(tensors.clippedNorm())
            .fetch(tensors.clipScale())
            .fetch(tensors.clips())
            .fetch(tensors.lossScale())
            .fetch(tensors.applied());
    if (graph.stopFlag().isPresent()) {
      feeds.put(graph.stopFlag().get().request(), TFloat32.scalarOf(workers.wantsToStop() ? 1 : 0));
      runner.fetch(graph.stopFlag().get().requests());
      runner.fetch(graph.clock().orElseThrow().computed());
      runner.fetch(graph.clock().orElseThrow().reduced());
    }
    if (measures) {
      runner.fetch(graph.measures().variableNorms().rows());
    }
    double timeOfDay = System.currentTimeMillis();
    long begin = System.nanoTime();
    try (FetchedTensors result = runner.run()) {
      double millis = millisBefore + (System.nanoTime() - begin) / 1e6;
      return result(result, millis, timeOfDay - millisBefore);
    }
  }

  /**
   * Reads the fetches in their order.
   *
   * @param begin of the step, in milliseconds since 1970
   */
  private StepResult result(FetchedTensors fetched, double millis, double begin) {
    int index = 7;
    WorkerTime time = WorkerTime.UNKNOWN;
    if (graph.stopFlag().isPresent()) {
      if (scalar(fetched, index++) > 0) {
        workers.agreeToStop();
      }
      double computed = timeMillis(fetched, index++);
      time = new WorkerTime(0, computed - begin, timeMillis(fetched, index++) - computed);
    }
    return new StepResult(
        scalar(fetched, 0),
        scalar(fetched, 1),
        scalar(fetched, 2),
        scalar(fetched, 3),
        flag(fetched, 4),
        scalar(fetched, 5),
        flag(fetched, 6),
        millis,
        time,
        measures ? columns(fetched.get(index)) : List.of());
  }

  private static double timeMillis(FetchedTensors fetched, int index) {
    return ((TFloat64) fetched.get(index)).getDouble() * 1e3;
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

  private static float scalar(FetchedTensors result, int index) {
    return ((TFloat32) result.get(index)).getFloat();
  }

  private static boolean flag(FetchedTensors result, int index) {
    return ((TBool) result.get(index)).getBoolean();
  }
}
