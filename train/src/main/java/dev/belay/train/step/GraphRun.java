package dev.belay.train.step;

import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.Tensor;

/** One run of a session. */
public interface GraphRun {
  /** Gives a tensor of the graph a value, which its owner closes after the run. */
  GraphRun feed(Output<?> input, Tensor value);

  /** Requests a tensor. */
  GraphRun fetch(Operand<?> output);

  /** Executes an operation. */
  GraphRun addTarget(Operation operation);

  /** Runs; the caller closes what it fetched. */
  FetchedTensors run();
}
