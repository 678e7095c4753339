package dev.belay.tools.house.graph.other;

import org.tensorflow.internal.c_api.TF_Graph;

/** The second package that uses internals. */
final class Internals {
  TF_Graph internal;
}
