package dev.belay.graph.head;

import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.SequenceShape;
import java.util.Optional;
import java.util.function.BiFunction;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Head of ModernBERT for whole examples or for each token: features [B, H] or [B, T, H] through a
 * dense layer, an activation and a norm, then a projection, to [B, C] or [B, T, C].
 *
 * @param transform dense layer, activation and norm
 * @param mean the attention mask [B, T], if the mean of the tokens' features is read instead of
 *     each of them
 * @param projection its name
 * @param outputs C
 * @param dropoutRate before the projection
 * @param weights their initialization
 */
public record TransformedHead(
    HeadTransform transform,
    Optional<Output<?>> mean,
    String projection,
    int outputs,
    double dropoutRate,
    HeadWeights weights)
    implements Head {
  public TransformedHead {
    DenseHead.requireRate(dropoutRate);
  }

  @Override
  public AttachedHead attach(Ops tf, Output<?> features) {
    int axes = features.shape().numDimensions();
    int hidden = Math.toIntExact(features.shape().get(axes - 1));
    boolean perToken = axes == 3 && mean.isEmpty();
    Parameters parameters = weights.parameters(tf);
    BiFunction<ForwardContext, Operand<TFloat32>, Operand<TFloat32>> transformed =
        transform.declare(parameters, hidden, hidden);
    Dense logits = Dense.declare(parameters, projection, hidden, outputs);
    return WeightedHead.of(
        parameters,
        weights.beginning().seed(),
        (pass, read) -> {
          Ops here = pass.tf();
          Operand<TFloat32> rows =
              mean.isPresent()
                  ? TokenMean.of(here, read, mean.get())
                  : here.reshape(read, here.constant(new int[] {-1, hidden})); // [N, H]
          Operand<TFloat32> kept = pass.dropout(transformed.apply(pass, rows), dropoutRate);
          Operand<TFloat32> made = logits.apply(pass, kept); // [N, C]
          return perToken ? SequenceShape.of(here, read).perExample(here, made, outputs) : made;
        });
  }
}
