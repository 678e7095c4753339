package dev.belay.graph.imported.loop;

/** Reason why a loop has no gradient. */
final class LoopObstacle extends Exception {
  private static final long serialVersionUID = 1;

  LoopObstacle(String reason) {
    super(reason);
  }
}
