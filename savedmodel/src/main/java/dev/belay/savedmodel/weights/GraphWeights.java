package dev.belay.savedmodel.weights;

import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.configuration.ConfigurationReader;
import dev.belay.savedmodel.configuration.ConfigurationWriter;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.export.SavedModelWriter;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.names.DialectName;
import dev.belay.savedmodel.names.RenamedTensors;
import dev.belay.savedmodel.names.RestoreReport;
import dev.belay.savedmodel.tensor.FloatWidening;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Writes weights into the variables of a SavedModel, whose graph is unchanged. */
public final class GraphWeights {
  private GraphWeights() {}

  /**
   * Writes a SavedModel with other weights.
   *
   * @param weights in any dialect; half precision is widened
   * @param graph weights that were read from the SavedModel whose graph is used
   * @param target must not exist
   * @param tokenizer the tokenizer's files by their names
   * @return the report of the restored weights: always complete
   * @throws UnsupportedModelException if a variable has no weight, a weight no variable, or shapes
   *     differ; the message lists all of them
   */
  public static RestoreReport write(
      ModelWeights weights, ModelWeights graph, Path target, Map<String, byte[]> tokenizer)
      throws IOException {
    SavedModelContents model =
        graph
            .savedModel()
            .orElseThrow(
                () ->
                    new UnsupportedModelException(
                        graph.location().path(),
                        "file",
                        "is no SavedModel, and only a SavedModel has a graph"));
    NamedTensors wide = new FloatWidening(weights.canonical());
    Map<String, TensorSpec> wanted = new LinkedHashMap<>();
    graph.canonical().names().forEach(name -> wanted.put(name, graph.canonical().spec(name)));
    RestoreReport report = RestoreReport.compare(wanted, wide, Set.of());
    report.requireComplete(weights.location().path());
    SavedModelWriter.replaceVariables(
        model.directory(), values(weights, graph), extras(weights, graph, tokenizer), target);
    return report;
  }

  /** The approximate size in bytes of the SavedModel whose graph is used. */
  public static long bytes(ModelWeights graph) throws IOException {
    return graph.savedModel().isPresent() ? SavedModelWriter.bytes(graph.savedModel().get()) : 0;
  }

  /** Information that a SavedModel lacks and another conversion will need. */
  private static Map<String, byte[]> extras(
      ModelWeights weights, ModelWeights graph, Map<String, byte[]> tokenizer) {
    Map<String, byte[]> extras = new LinkedHashMap<>(tokenizer);
    Optional<ModelConfiguration> configuration = weights.configuration().or(graph::configuration);
    if (configuration.isPresent()) {
      extras.put(
          ConfigurationReader.HUGGING_FACE,
          ConfigurationWriter.huggingFace(
              Heads.describe(configuration.get(), weights.canonical())));
    }
    return extras;
  }

  /** By checkpoint key, in the layout of the graph's own dialect. */
  private static NamedTensors values(ModelWeights weights, ModelWeights graph) {
    VariableTensors variables = (VariableTensors) graph.stored();
    Map<String, DialectName> targets = new LinkedHashMap<>();
    graph
        .storedNames()
        .forEach(
            (canonical, stored) ->
                targets.put(
                    canonical, new DialectName(variables.key(stored), graph.layout(canonical))));
    return new FloatWidening(RenamedTensors.inDialect(weights.canonical(), targets));
  }
}
