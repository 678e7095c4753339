package dev.belay.train.export;

import dev.belay.graph.EvaluationStep;
import dev.belay.graph.head.AttachedHead;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.export.SavedModelExport.Description;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.TrainableModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Writes a model as a SavedModel from weights alone: its graph is built for it, without adapters,
 * and no session is opened.
 *
 * @param model as it was read
 * @param config of the run; its adapter is left out
 * @param seed of the run
 * @param classes outputs of a new classification head
 */
public record MergedExport(TrainableModel model, ModelConfig config, long seed, int classes) {

  /** Source of the weights. */
  @FunctionalInterface
  public interface Weights {
    /** The weights of all variables of a graph, by name. */
    NamedTensors of(List<GraphVariable> variables) throws IOException;
  }

  /**
   * Writes a version folder; errors as {@link SavedModelExport#write}.
   *
   * @param target must not exist
   */
  public void write(Weights weights, Description description, Path target) throws IOException {
    try (ModelGraph graph = model.graph(config.withoutAdapter(), seed)) {
      Optional<AttachedHead> head = graph.attachHead(graph.task().outputs().orElse(classes));
      EvaluationStep evaluation =
          EvaluationStep.build(graph.graph(), graph.evaluation(), head, graph.loss());
      List<GraphVariable> variables = new ArrayList<>(graph.forward().variables().all());
      head.ifPresent(layers -> variables.addAll(layers.variables().all()));
      new SavedModelExport(model, graph, evaluation, variables, description)
          .write(weights.of(variables), target);
    }
  }
}
