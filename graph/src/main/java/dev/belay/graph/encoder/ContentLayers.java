package dev.belay.graph.encoder;

import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.Heads;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;

/** Layers of a disentangled attention, which project contents and distances. */
interface ContentLayers {
  /** Queries of the needed rows; keys and values of all. */
  Heads.Projected project(ForwardContext pass, EncoderBlock.Rows rows);

  /**
   * Keys of distances.
   *
   * @param distances [R, H]
   * @return [R, A * D]
   */
  Operand<TFloat32> keys(ForwardContext pass, Operand<TFloat32> distances);

  /**
   * Queries of distances.
   *
   * @param distances [R, H]
   * @return [R, A * D]
   */
  Operand<TFloat32> queries(ForwardContext pass, Operand<TFloat32> distances);
}
