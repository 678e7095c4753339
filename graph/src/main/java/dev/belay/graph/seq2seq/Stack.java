package dev.belay.graph.seq2seq;

import dev.belay.graph.layer.AttentionBias;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.Heads;
import dev.belay.graph.layer.KeyValueCache;
import dev.belay.graph.layer.Norm;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.RelativePositions;
import dev.belay.graph.layer.SequenceShape;
import dev.belay.graph.layer.Visible;
import dev.belay.graph.seq2seq.AttentionLayer.Memory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** Blocks of the encoder, or of the decoder, which also attend to the encoder's output. */
final class Stack {
  private final Seq2SeqSpec.Rates dropout;
  private final Optional<RelativePositions> distances;
  private final Optional<LearnedPositions> positions;
  private final List<Block> blocks = new ArrayList<>();
  private final Optional<Norm> norm;

  private record Block(
      AttentionLayer attention, Optional<AttentionLayer> cross, FeedForwardLayer feedForward) {}

  private Stack(Parameters parameters, Seq2SeqSpec spec, Seq2SeqSpec.Blocks sizes, boolean reads) {
    Seq2SeqNames names = spec.form().names();
    this.dropout = spec.dropout();
    this.distances =
        spec.positions() instanceof Seq2SeqSpec.Relative relative
            ? Optional.of(distances(parameters, spec, sizes, reads, relative))
            : Optional.empty();
    this.positions =
        spec.positions() instanceof Seq2SeqSpec.Learned learned
            ? Optional.of(LearnedPositions.declare(parameters, learned, spec))
            : Optional.empty();
    for (int i = 0; i < sizes.layers(); i++) {
      Parameters block = parameters.within(names.layers() + "." + i);
      blocks.add(
          new Block(
              new AttentionLayer(block, names.attention(), spec, sizes),
              reads
                  ? Optional.empty()
                  : Optional.of(new AttentionLayer(block, names.cross(), spec, sizes)),
              new FeedForwardLayer(
                  block,
                  reads ? names.encoderFeedForward() : names.decoderFeedForward(),
                  spec,
                  sizes.intermediate())));
    }
    this.norm = names.lastNorm().map(name -> new Seq2SeqLayers(spec).norm(parameters, name));
  }

  private static RelativePositions distances(
      Parameters parameters,
      Seq2SeqSpec spec,
      Seq2SeqSpec.Blocks sizes,
      boolean reads,
      Seq2SeqSpec.Relative relative) {
    return RelativePositions.declare(
        parameters.deviating(1 / Math.sqrt(spec.sizes().hidden())),
        // Held by the first block, used by all.
        "block.0.layer.0.SelfAttention.relative_attention_bias",
        new RelativePositions.Buckets(relative.buckets(), relative.farthest(), reads),
        sizes.heads());
  }

  static Stack encoder(Parameters all, Seq2SeqSpec spec) {
    return new Stack(all.within("encoder"), spec, spec.sizes().encoder(), true);
  }

  static Stack decoder(Parameters all, Seq2SeqSpec spec) {
    return new Stack(all.within("decoder"), spec, spec.sizes().decoder(), false);
  }

  /**
   * Rows at first and after each block, the last of them normalised if there is a norm for that:
   * [N, H] each.
   *
   * @param embedded words, [N, H]
   * @param hidden bias that hides positions: [T, T] or [B, 1, 1, T]
   * @param memory the encoder's output; only for the decoder
   */
  List<Operand<TFloat32>> apply(
      ForwardContext pass,
      Operand<TFloat32> embedded,
      SequenceShape extent,
      Operand<TFloat32> hidden,
      Optional<Memory> memory) {
    Ops tf = pass.tf();
    Operand<TFloat32> bias =
        pass.shared(
            distances.isPresent()
                ? tf.math.add(distances.get().bias(tf, extent.length()), hidden)
                : hidden); // [B or 1, A, T, T], or as hidden
    Operand<TFloat32> x = entered(pass, embedded, extent, () -> tf.constant(0)); // [N, H]
    List<Operand<TFloat32>> states = new ArrayList<>(List.of(x));
    for (int i = 0; i < blocks.size(); i++) {
      Block block = blocks.get(i);
      List<Operand<TFloat32>> inputs = new ArrayList<>(List.of(x, bias));
      memory.ifPresent(read -> inputs.add(read.rows()));
      x =
          pass.block(
              "layer_" + i, inputs, (inside, read) -> through(block, inside, read, extent, memory));
      states.add(x);
    }
    states.set(blocks.size(), pass.dropout(normalised(tf, x), dropout.last()));
    return states;
  }

  /**
   * The rows that the first block reads, [N, H].
   *
   * @param embedded words, [N, H]
   * @param before makes the number of the tokens before them, where it is needed
   */
  private Operand<TFloat32> entered(
      ForwardContext pass,
      Operand<TFloat32> embedded,
      SequenceShape extent,
      Supplier<Operand<TInt32>> before) {
    Operand<TFloat32> x =
        positions.isPresent()
            ? positions.get().add(pass.tf(), embedded, extent, before.get())
            : embedded;
    return pass.dropout(x, dropout.rows());
  }

  private Operand<TFloat32> normalised(Ops tf, Operand<TFloat32> x) {
    return norm.isPresent() ? norm.get().apply(tf, x) : x;
  }

  /**
   * Applies a block.
   *
   * @param read rows, bias of the self-attention and, for the decoder, rows of the encoder
   */
  private static Operand<TFloat32> through(
      Block block,
      ForwardContext pass,
      List<Operand<TFloat32>> read,
      SequenceShape extent,
      Optional<Memory> memory) {
    Operand<TFloat32> x =
        block.attention().toThemselves(pass.within("attention"), read.get(0), extent, read.get(1));
    if (block.cross().isPresent()) {
      Memory whole = memory.orElseThrow();
      Memory given = new Memory(read.get(2), whole.extent(), whole.bias());
      x = block.cross().get().to(given, pass.within("cross"), x, extent);
    }
    return block.feedForward().apply(pass.within("feed_forward"), x);
  }

  /** Keys and values of the encoder's output for each block of the decoder. */
  List<KeyValueCache.KeyValues> known(ForwardContext pass, Memory memory) {
    List<KeyValueCache.KeyValues> known = new ArrayList<>();
    for (int i = 0; i < blocks.size(); i++) {
      ForwardContext inside = pass.within("layer_" + i).within("cross");
      known.add(blocks.get(i).cross().orElseThrow().known(inside, memory));
    }
    return known;
  }

  /**
   * The last rows of tokens of the decoder that follow others, normalised: [N, H].
   *
   * @param embedded words, [N, H]
   * @param extent B and T
   * @param cache of the tokens before them, which gets their keys and values
   * @param read keys and values of {@link #known}, with B, S and the bias that hides padding
   */
  Operand<TFloat32> next(
      ForwardContext pass,
      Operand<TFloat32> embedded,
      SequenceShape extent,
      KeyValueCache cache,
      Read read) {
    Ops tf = pass.tf();
    Operand<TInt32> all = cache.total().length();
    Operand<TFloat32> later = AttentionBias.causalAtEnd(tf, extent.length(), all); // [T, P + T]
    Operand<TFloat32> bias =
        distances.isPresent()
            ? tf.math.add(distances.get().biasAtEnd(tf, extent.length(), all), later)
            : later; // [1, A, T, P + T], or [T, P + T]
    Visible visible = new Visible(extent, Optional.of(bias), Optional.empty(), Optional.of(cache));
    Heads.Between between = new Heads.Between(extent, read.extent());
    Operand<TFloat32> x =
        entered(pass, embedded, extent, () -> tf.math.sub(all, extent.length())); // [N, H]
    for (int i = 0; i < blocks.size(); i++) {
      Block block = blocks.get(i);
      ForwardContext inside = pass.within("layer_" + i);
      x = block.attention().toThemselves(inside.within("attention"), x, visible);
      x =
          block
              .cross()
              .orElseThrow()
              .to(read.known().get(i), inside.within("cross"), x, between, read.hidden());
      x = block.feedForward().apply(inside.within("feed_forward"), x);
    }
    return normalised(tf, x);
  }

  /**
   * What the decoder knows of the encoder's output.
   *
   * @param known keys and values for each block
   * @param extent B and S
   * @param hidden bias that hides padding, [B, 1, 1, S]
   */
  record Read(
      List<KeyValueCache.KeyValues> known, SequenceShape extent, Operand<TFloat32> hidden) {}
}
