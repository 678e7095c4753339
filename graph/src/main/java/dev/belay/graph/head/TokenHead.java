package dev.belay.graph.head;

import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.SequenceShape;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Head with outputs for each token: features [B, T, H] through one projection to [B, T, C]. The
 * outputs are classes of tokens, or the start and the end of an answer.
 *
 * @param projection its name, such as {@code classifier} or {@code qa_outputs}
 * @param outputs C
 * @param dropoutRate before it
 * @param weights their initialization
 */
public record TokenHead(String projection, int outputs, double dropoutRate, HeadWeights weights)
    implements Head {
  public TokenHead {
    DenseHead.requireRate(dropoutRate);
  }

  @Override
  public AttachedHead attach(Ops tf, Output<?> features) {
    int hidden = Math.toIntExact(features.shape().get(2));
    Parameters parameters = weights.parameters(tf);
    Dense dense = Dense.declare(parameters, projection, hidden, outputs);
    return WeightedHead.of(
        parameters,
        weights.beginning().seed(),
        (pass, tokens) -> {
          Ops here = pass.tf();
          Operand<TFloat32> rows = here.reshape(tokens, here.constant(new int[] {-1, hidden}));
          Operand<TFloat32> answers = dense.apply(pass, pass.dropout(rows, dropoutRate)); // [N, C]
          return SequenceShape.of(here, tokens).perExample(here, answers, outputs); // [B, T, C]
        });
  }
}
