package dev.belay.train.model;

import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.layer.Activation;
import dev.belay.savedmodel.configuration.ConfigurationReader;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.model.FlatGraph;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Parts of a SavedModel with Belay's own graph besides the graph. */
final class NativeServing {
  private NativeServing() {}

  /**
   * The parts.
   *
   * @param call that it serves
   * @param names of the classes, if there are classes
   */
  static TrainableModel.Serving of(NativeModel model, ForwardCall call, List<String> names) {
    List<FlatGraph.FlatTensor> inputs = new ArrayList<>();
    call.inputs()
        .forEach(
            (name, input) ->
                inputs.add(
                    new FlatGraph.FlatTensor(
                        name, input.op().name(), input.dataType(), input.shape())));
    Map<String, byte[]> extras = new LinkedHashMap<>();
    extras.put(
        ConfigurationReader.HUGGING_FACE, model.head().configuration(forHuggingFace(model), names));
    try {
      extras.putAll(model.source().weights().orElseThrow().generationFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new TrainableModel.Serving(inputs, List.of(), Map.of(), extras);
  }

  /** Translates {@code gelu} of google-research/bert, which Hugging Face calls {@code gelu_new}. */
  private static ModelConfiguration forHuggingFace(NativeModel model) {
    ModelConfiguration configuration = model.configuration();
    boolean byTanh =
        model.activation() == Activation.GELU_TANH
            && configuration.feedForward().activation().equals("gelu");
    return byTanh ? configuration.withActivation("gelu_new") : configuration;
  }
}
