package dev.belay.train.model;

import dev.belay.graph.variable.HeldRows;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.task.Task;
import java.io.IOException;
import java.util.Map;

/**
 * Owns the graph of a training, which is built when the data are known, or when only the graph
 * tells which task the data are for. Close it after the session that runs it.
 */
public final class PlannedGraph implements AutoCloseable {
  private final TrainableModel model;
  private final ModelConfig config;
  private final long seed;
  private final boolean packed;
  private ModelGraph graph;

  /**
   * A graph that is not built yet.
   *
   * @param packed whether rows hold several examples
   */
  public PlannedGraph(TrainableModel model, ModelConfig config, long seed, boolean packed) {
    this.model = model;
    this.config = config;
    this.seed = seed;
    this.packed = packed;
  }

  /** The task of the model. */
  public Task task() throws IOException {
    return model.task().isPresent() ? model.task().get() : built(Map.of()).task();
  }

  /**
   * The graph.
   *
   * @param held rows to hold of the tables of those names; none of a model that does not know its
   *     task before it is built
   */
  public ModelGraph built(Map<String, HeldRows> held) throws IOException {
    if (graph == null) {
      graph = packed ? model.packedGraph(config, seed, held) : model.graph(config, seed, held);
      graph.requireMatches(config);
    }
    return graph;
  }

  @Override
  public void close() {
    if (graph != null) {
      graph.close();
    }
  }
}
