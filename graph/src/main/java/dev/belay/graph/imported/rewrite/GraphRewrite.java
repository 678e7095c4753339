package dev.belay.graph.imported.rewrite;

/** One change to a foreign graph that keeps what it computes. */
public interface GraphRewrite {
  /** Changes the nodes and notes for people what was changed. */
  void rewrite(NodeGraph graph);
}
