package dev.belay.train.step;

/** Owns a session of a graph, with the values of its variables; close it before the graph. */
public interface GraphSession extends AutoCloseable {
  /** A new run, to be told what it feeds, fetches and executes. */
  GraphRun runner();

  @Override
  void close();
}
