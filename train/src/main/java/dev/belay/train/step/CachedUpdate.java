package dev.belay.train.step;

import dev.belay.graph.TrainStep;
import dev.belay.train.data.batch.Batch;
import dev.belay.train.data.batch.BatchColumn;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.Tensor;
import org.tensorflow.types.TFloat32;

/**
 * An update whose loss compares all rows of a batch, of which the model computes a part at a time.
 * Each part is computed twice, with the same random numbers: for its rows, and then for the
 * gradient, which continues that of the rows.
 */
final class CachedUpdate {
  private final UpdateRun run;
  private final TrainStep graph;
  private final TrainStep.CachedRows cache;
  private final BatchColumn labels;
  private final List<Part> parts = new ArrayList<>();

  /** An update by a whole batch. */
  CachedUpdate(UpdateRun run, Batch batch, long step) {
    this.run = run;
    this.graph = run.graph();
    this.cache = graph.pass().cached().orElseThrow();
    this.labels = batch.labels().orElseThrow();
    int rows = batch.features().values().iterator().next().rows();
    for (int begin = 0; begin < rows; begin += cache.rows()) {
      parts.add(part(batch, begin, Math.min(begin + cache.rows(), rows), step));
    }
  }

  /**
   * Some rows of the batch.
   *
   * @param draw by which both passes draw their random numbers
   */
  private record Part(int begin, int end, Map<String, BatchColumn> features, long draw) {}

  private Part part(Batch batch, int begin, int end, long step) {
    Map<String, BatchColumn> features = new LinkedHashMap<>();
    batch.features().forEach((name, column) -> features.put(name, column.slice(begin, end)));
    return new Part(begin, end, features, run.draw(step, parts.size()));
  }

  StepResult make() {
    long begin = System.nanoTime();
    BatchColumn.FloatMatrix gradient = gradient(rows(), List.of(cache.addLoss()));
    Operation accumulate = graph.pass().accumulate().orElseThrow();
    for (Part part : parts) {
      try (Feeds feeds = new Feeds(run.session().runner())) {
        continued(feeds, part, gradient);
        feeds.runner().addTarget(accumulate).run().close();
      }
    }
    double millis = (System.nanoTime() - begin) / 1e6;
    try (Feeds feeds = new Feeds(run.session().runner())) {
      feeds.labels(graph.feeds().labels(), labels);
      return run.apply(feeds, millis);
    }
  }

  /** What is fed to each part for its gradient, and for the loss of all rows. */
  List<Consumer<Feeds>> passes() {
    BatchColumn.FloatMatrix rows = rows();
    BatchColumn.FloatMatrix gradient = gradient(rows, List.of());
    List<Consumer<Feeds>> passes = new ArrayList<>();
    for (Part part : parts) {
      passes.add(
          feeds -> {
            continued(feeds, part, gradient);
            compared(feeds, rows);
          });
    }
    return passes;
  }

  /** The rows of all parts, [R, H]. */
  private BatchColumn.FloatMatrix rows() {
    List<float[]> values = new ArrayList<>();
    for (Part part : parts) {
      try (Feeds feeds = new Feeds(run.session().runner())) {
        run.features(feeds, part.features(), part.draw(), 0);
        values.add(floats(feeds, cache.gradient().rows().part()));
      }
    }
    int columns = values.get(0).length / (parts.get(0).end() - parts.get(0).begin());
    int rows = parts.get(parts.size() - 1).end();
    float[] all = new float[Math.multiplyExact(rows, columns)];
    for (int i = 0; i < values.size(); i++) {
      int begin = parts.get(i).begin() * columns;
      System.arraycopy(values.get(i), 0, all, begin, values.get(i).length);
    }
    return new BatchColumn.FloatMatrix(rows, columns, all);
  }

  /** The gradient of the loss by all rows, [R, H]. */
  private BatchColumn.FloatMatrix gradient(
      BatchColumn.FloatMatrix rows, List<Operation> operations) {
    try (Feeds feeds = new Feeds(run.session().runner())) {
      compared(feeds, rows);
      operations.forEach(feeds.runner()::addTarget);
      float[] values = floats(feeds, cache.gradient().gradient());
      return new BatchColumn.FloatMatrix(rows.rows(), rows.columns(), values);
    }
  }

  private void compared(Feeds feeds, BatchColumn.FloatMatrix rows) {
    put(feeds, cache.gradient().rows().all().asOutput(), rows);
    feeds.labels(graph.feeds().labels(), labels);
  }

  private void continued(Feeds feeds, Part part, BatchColumn.FloatMatrix gradient) {
    run.features(feeds, part.features(), part.draw(), 0);
    put(feeds, cache.gradient().ofPart().asOutput(), gradient.slice(part.begin(), part.end()));
  }

  private static void put(Feeds feeds, Output<?> input, BatchColumn column) {
    feeds.put(input, BatchTensors.of(column, input.dataType(), input.shape().numDimensions()));
  }

  private static float[] floats(Feeds feeds, Operand<TFloat32> tensor) {
    try (FetchedTensors result = feeds.runner().fetch(tensor).run()) {
      Tensor values = result.get(0);
      return NativeTensors.floats(values);
    }
  }
}
