package dev.belay.train.step;

import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.proto.framework.ConfigProto;

/**
 * The processes that make each update together, as one of them sees them. Each takes its share of
 * every batch, and all have the same variables.
 */
public interface WorkerGroup {
  /** One process that makes each update alone. */
  WorkerGroup ALONE =
      new WorkerGroup() {
        @Override
        public int index() {
          return 0;
        }

        @Override
        public int count() {
          return 1;
        }

        @Override
        public float timeoutSeconds() {
          return 0;
        }

        @Override
        public GraphSession open(Graph graph, ConfigProto options) {
          return DirectSession.open(graph, options);
        }

        @Override
        public boolean wantsToStop() {
          return false;
        }

        @Override
        public void agreeToStop() {
          throw new IllegalStateException("nobody was asked");
        }

        @Override
        public List<float[]> ofEach(float... numbers) {
          return List.of(numbers);
        }

        @Override
        public double[] ofChief(double... numbers) {
          return numbers;
        }

        @Override
        public void leave() {}

        @Override
        public void detach() {}
      };

  /** Number of this process, from 0, which is the chief. */
  int index();

  /** Number of processes. */
  int count();

  /** How long one waits in a step for the others before it is given up; 0 for one alone. */
  float timeoutSeconds();

  /** A session for a graph that is the same in every process. */
  GraphSession open(Graph graph, ConfigProto options);

  /** Whether this process was asked to stop. */
  boolean wantsToStop();

  /** Called in every process at the same point, if any of them wanted to stop. */
  void agreeToStop();

  /** The chief's numbers; each process calls it at the same point, with as many of its own. */
  double[] ofChief(double... numbers);

  /**
   * The numbers that each process gives, by the numbers of the processes. Each process calls it at
   * the same point, with as many numbers as it likes. Processes that were asked to stop agree here
   * too, as after a step.
   */
  List<float[]> ofEach(float... numbers);

  /** Waits until every process has made its last step, after which each may end. */
  void leave();

  /**
   * Gives up the others, after one was lost: the sessions of this process answer again, as long as
   * they need no other process.
   */
  void detach();

  /** Whether this process writes what a run writes. */
  default boolean isChief() {
    return index() == 0;
  }
}
