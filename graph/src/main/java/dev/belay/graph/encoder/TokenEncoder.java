package dev.belay.graph.encoder;

import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.PackedTokens;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.types.TFloat32;

/** Layers of an encoder, from token ids to the last rows. */
interface TokenEncoder {
  /**
   * Rows after the embeddings and after each layer, [M, H] each. If only the first token of each
   * example is needed, the last rows are [B, H]: the last block attends to all tokens and computes
   * only these.
   *
   * @param tokens the M positions to compute
   */
  List<Operand<TFloat32>> encode(
      ForwardContext pass, EncoderInputs inputs, PackedTokens tokens, Pooling reading);
}
