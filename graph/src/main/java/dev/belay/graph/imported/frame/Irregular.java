package dev.belay.graph.imported.frame;

/** Reason why a part of a graph is not of the form that TensorFlow Python gives it. */
final class Irregular extends Exception {
  private static final long serialVersionUID = 1;

  Irregular(String reason) {
    super(reason);
  }
}
