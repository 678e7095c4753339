package dev.belay.tools.house.savedmodel;

import dev.belay.tools.house.graph.Computation;
import org.tensorflow.Graph;

/** Knows the computation and native TensorFlow, and has a name that says nothing. */
final class FormatUtil {
  Computation computation;
  Graph graph;
}
