package dev.belay.train.task;

import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.LayeredForward;
import dev.belay.graph.forward.TensorNames;
import dev.belay.graph.head.HeadWeights;
import dev.belay.graph.layer.Activation;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Family;
import org.tensorflow.Output;

/**
 * Inputs from which the layers of a head are built.
 *
 * @param files of the model
 * @param body in the graph
 * @param activation of the body
 * @param outputs C
 * @param weights source of the weights
 */
public record HeadLayers(
    HeadFiles files, ForwardModel body, Activation activation, int outputs, HeadWeights weights) {

  Family family() {
    return files.family();
  }

  ModelConfiguration configuration() {
    return files.configuration();
  }

  /** The attention mask, [B, T]. */
  Output<?> mask() {
    return body.call(LayeredForward.EVALUATION).inputs().get(TensorNames.ATTENTION_MASK);
  }

  /** The rate, unless dropout is off. */
  double dropout(double rate) {
    return files.config().dropout() ? rate : 0;
  }
}
