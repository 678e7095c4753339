package dev.belay.graph.encoder;

import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.LayerNorm;
import dev.belay.graph.layer.PackedTokens;
import dev.belay.graph.layer.PairMask;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.SequenceShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * DeBERTa, arXiv 2006.03654: embeddings, then blocks that attend to contents and distances, each
 * normalised after it.
 */
final class DisentangledEncoder implements TokenEncoder {
  private final DisentangledEmbeddings embeddings;
  private final Optional<Operand<TFloat32>> distances; // [R, H]
  private final Optional<LayerNorm> distanceNorm;
  private final List<DisentangledBlock> blocks = new ArrayList<>();
  private final Optional<TokenConvolution> convolution;

  DisentangledEncoder(Parameters all, DisentangledEncoderSpec spec) {
    EncoderSpec encoder = spec.encoder();
    Parameters parameters = all.within(encoder.names().base());
    this.embeddings = new DisentangledEmbeddings(parameters, spec);
    this.distances = distances(parameters, spec);
    this.distanceNorm = distanceNorm(parameters.within("encoder"), spec);
    for (int layer = 0; layer < encoder.sizes().layers(); layer++) {
      blocks.add(new DisentangledBlock(parameters.within(encoder.names().block(layer, 0)), spec));
    }
    this.convolution =
        spec.convolution()
            .map(form -> new TokenConvolution(parameters.within("encoder.conv"), encoder, form));
  }

  /** The table of distances, which files hold even if no term reads it. */
  private static Optional<Operand<TFloat32>> distances(
      Parameters parameters, DisentangledEncoderSpec spec) {
    if (spec.attention().distances().isEmpty()) {
      return Optional.empty();
    }
    String name = spec.encoder().names().distances() + ".weight";
    int rows = spec.attention().distances().get().count();
    int hidden = spec.encoder().sizes().hidden();
    if (spec.attention().readsDistances()) {
      return Optional.of(parameters.table(name, rows, hidden));
    }
    parameters.kept(name, rows, hidden);
    return Optional.empty();
  }

  private static Optional<LayerNorm> distanceNorm(
      Parameters parameters, DisentangledEncoderSpec spec) {
    EncoderSpec encoder = spec.encoder();
    int hidden = encoder.sizes().hidden();
    if (!spec.attention().normed()) {
      return Optional.empty();
    }
    if (spec.attention().readsDistances()) {
      return Optional.of(LayerNorm.declare(parameters, "LayerNorm", hidden, encoder.normEpsilon()));
    }
    parameters.kept("LayerNorm.weight", hidden);
    parameters.kept("LayerNorm.bias", hidden);
    return Optional.empty();
  }

  @Override
  public List<Operand<TFloat32>> encode(
      ForwardContext pass, EncoderInputs inputs, PackedTokens packed, Pooling reading) {
    Ops tf = pass.tf();
    SequenceShape extent = SequenceShape.of(tf, inputs.ids());
    Operand<TFloat32> seen =
        tf.dtypes.cast(tf.math.equal(inputs.mask(), tf.constant(1)), TFloat32.class); // [B, T]
    TokenConvolution.Tokens tokens =
        new TokenConvolution.Tokens(
            packed, extent, tf.reshape(seen, tf.constant(new int[] {-1, 1})));
    Operand<TFloat32> found = embeddings.look(pass, inputs, tokens); // [M, H]
    Operand<TFloat32> x = convolution.isPresent() ? pass.shared(found) : found;
    List<Operand<TFloat32>> states = new ArrayList<>(List.of(x));
    int last = blocks.size() - 1;
    Optional<PairMask> ofAll =
        last > 0 || reading == Pooling.ALL_TOKENS || convolution.isPresent()
            ? Optional.of(PairMask.of(tf, seen, extent.length()))
            : Optional.empty();
    List<Operand<TFloat32>> embedded = distances(pass); // [R, H]: one, or none
    for (int layer = 0; layer <= last; layer++) {
      Step step = new Step(layer, layer == last && reading == Pooling.FIRST_TOKEN, tokens);
      List<Operand<TFloat32>> read = new ArrayList<>(List.of(x));
      read.addAll(embedded);
      x =
          pass.block(
              "layer_" + layer,
              read,
              (inside, inner) ->
                  step.asksFirst(convolution)
                      ? first(inside, inner, step, seen)
                      : all(inside, inner, step, ofAll.orElseThrow()));
      states.add(x);
    }
    return states;
  }

  /** The normalised embeddings of distances, which all blocks read. */
  private List<Operand<TFloat32>> distances(ForwardContext pass) {
    return distances.stream()
        .map(
            table ->
                pass.shared(
                    distanceNorm.isPresent()
                        ? distanceNorm.get().apply(pass.within("distances"), table)
                        : table))
        .toList();
  }

  /**
   * A layer of a pass.
   *
   * @param layer its number
   * @param firstOnly whether the result of each example's first token alone is needed
   * @param tokens of the batch
   */
  private record Step(int layer, boolean firstOnly, TokenConvolution.Tokens tokens) {
    /** Whether the block need not compute other tokens, which a convolution reads. */
    boolean asksFirst(Optional<TokenConvolution> convolution) {
      return firstOnly && (layer > 0 || convolution.isEmpty());
    }
  }

  /** The rows of all tokens, of which at the end those of the first ones are taken. */
  private Operand<TFloat32> all(
      ForwardContext pass, List<Operand<TFloat32>> read, Step step, PairMask mask) {
    Operand<TFloat32> rows = read.get(0);
    TokenConvolution.Tokens tokens = step.tokens();
    SequenceShape extent = tokens.extent();
    Operand<TFloat32> made =
        blocks
            .get(step.layer())
            .apply(
                pass,
                new EncoderBlock.Rows(rows, rows, extent, extent, tokens.packed()),
                mask,
                read.stream().skip(1).findFirst());
    if (step.layer() > 0 || convolution.isEmpty()) {
      return made;
    }
    Operand<TFloat32> mixed = convolution.get().apply(pass, rows, made, tokens);
    return step.firstOnly() ? tokens.packed().first(pass.tf(), mixed, extent) : mixed;
  }

  /** The rows of each example's first token alone. */
  private Operand<TFloat32> first(
      ForwardContext pass, List<Operand<TFloat32>> read, Step step, Operand<TFloat32> seen) {
    Ops tf = pass.tf();
    Operand<TFloat32> rows = read.get(0);
    TokenConvolution.Tokens tokens = step.tokens();
    SequenceShape extent = tokens.extent();
    SequenceShape one = extent.withLength(tf.constant(1));
    return blocks
        .get(step.layer())
        .apply(
            pass,
            new EncoderBlock.Rows(
                rows, tokens.packed().first(tf, rows, extent), one, extent, tokens.packed()),
            PairMask.of(tf, seen, one.length()),
            read.stream().skip(1).findFirst());
  }
}
