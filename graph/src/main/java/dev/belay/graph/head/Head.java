package dev.belay.graph.head;

import org.tensorflow.Output;
import org.tensorflow.op.Ops;

/** New layers on a model, trained together with it. One class for each task. */
public interface Head {
  /**
   * Adds the head's variables to the graph.
   *
   * @param tf where nodes go
   * @param features input of the head: [B, H], or [B, S, H] of which the first token counts; later
   *     the head may be applied to other tensors of the same H, such as those of an evaluation
   * @throws IllegalArgumentException if the tensor has another shape
   */
  AttachedHead attach(Ops tf, Output<?> features);
}
