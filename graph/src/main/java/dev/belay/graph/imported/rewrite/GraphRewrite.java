package dev.belay.graph.imported.rewrite;

/** Rewrite of a foreign graph that preserves its computation. */
public interface GraphRewrite {
  /** Changes the nodes and notes the changes for people. */
  void rewrite(NodeGraph graph);
}
