package dev.belay.graph.decoder;

import dev.belay.graph.layer.AttentionBias;
import dev.belay.graph.layer.Dense;
import dev.belay.graph.layer.ForwardContext;
import dev.belay.graph.layer.KeyValueCache;
import dev.belay.graph.layer.Norm;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.layer.SequenceShape;
import dev.belay.graph.layer.Table;
import dev.belay.graph.layer.Visible;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** Embeddings, causal blocks, a norm; then a logit for each word. */
final class Decoder {
  private static final String POSITIONS = "wpe.weight";

  private final DecoderSpec spec;
  private final Table words; // [V, H]
  private final Optional<Table> positions; // [positions, H]
  private final List<DecoderBlock> blocks = new ArrayList<>();
  private final Norm norm;
  private final Optional<Dense> logits; // kernel [V, H]

  Decoder(Parameters all, DecoderSpec spec) {
    this.spec = spec;
    DecoderSpec.Sizes sizes = spec.sizes();
    DecoderNames names = spec.form().names();
    Parameters parameters = all.within(names.base());
    this.words = Table.ofWords(parameters, names.words(), sizes.vocabulary(), sizes.hidden());
    this.positions =
        sizes.positions() == 0
            ? Optional.empty()
            : Optional.of(Table.declare(parameters, POSITIONS, sizes.positions(), sizes.hidden()));
    for (int layer = 0; layer < sizes.layers(); layer++) {
      blocks.add(new DecoderBlock(parameters.within(names.layers() + "." + layer), spec, layer));
    }
    this.norm = new DecoderLayers(spec).norm(parameters, names.norm());
    this.logits =
        spec.output()
            .words()
            .map(
                made ->
                    made == DecoderSpec.Words.TIED
                        ? new Dense(words.rows(), true, Optional.empty())
                        : Dense.declareWithoutBias(
                            all, names.output(), sizes.hidden(), sizes.vocabulary()));
  }

  /**
   * Rows after the embeddings and after each layer, the last of them normalised: [N, H] each.
   *
   * @param ids [B, T]
   * @param mask 1 for tokens, 0 for padding, [B, T]
   */
  List<Operand<TFloat32>> decode(ForwardContext pass, Operand<TInt32> ids, Operand<TInt32> mask) {
    if (pass.isOfPackedRows()) {
      return decodePacked(pass, ids, mask);
    }
    Ops tf = pass.tf();
    SequenceShape extent = SequenceShape.of(tf, ids);
    Operand<TFloat32> bias =
        tf.math.add(
            AttentionBias.padding(tf, mask, extent),
            AttentionBias.causal(tf, extent.length())); // [B, 1, T, T]
    Visible earlier =
        new Visible(
            extent,
            Optional.of(bias),
            spec.attention().rotary().map(rotary -> rotary.rotation(tf, extent.length())));
    return through(pass, embed(pass.within("embeddings"), ids, extent), earlier);
  }

  /** The same of rows of several examples, whose numbers are the mask. */
  private List<Operand<TFloat32>> decodePacked(
      ForwardContext pass, Operand<TInt32> ids, Operand<TInt32> examples) {
    Ops tf = pass.tf();
    SequenceShape extent = SequenceShape.of(tf, ids);
    PackedExamples packed = PackedExamples.of(tf, examples, extent);
    Operand<TInt32> places = packed.places(); // [B, T]
    Operand<TInt32> longest =
        tf.math.add(tf.max(places, tf.constant(new int[] {0, 1})), tf.constant(1));
    Visible earlier =
        new Visible(
            extent,
            Optional.of(packed.bias()),
            spec.attention()
                .rotary()
                .map(rotary -> rotary.rotation(tf, perHead(tf, places), longest)));
    Operand<TFloat32> rows = lookUp(tf, ids); // [N, H]
    Operand<TFloat32> x =
        positions.isPresent() ? tf.math.add(rows, positions.get().look(tf, places)) : rows;
    return through(pass, pass.dropout(x, spec.dropout().embeddings()), earlier);
  }

  /**
   * The rows of tokens that follow others, after the last layer and normalised, [N, H].
   *
   * @param ids of the tokens, [B, T]; padding is at the left, before all other tokens
   * @param mask 1 for tokens, 0 for padding, those of the cache first, [B, P + T]
   * @param cache of the P tokens before them, which gets their keys and values
   */
  Operand<TFloat32> decodeNext(
      ForwardContext pass, Operand<TInt32> ids, Operand<TInt32> mask, KeyValueCache cache) {
    Ops tf = pass.tf();
    SequenceShape extent = SequenceShape.of(tf, ids);
    SequenceShape total = SequenceShape.of(tf, mask);
    Operand<TFloat32> bias =
        tf.math.add(
            AttentionBias.padding(tf, mask, total),
            AttentionBias.causalAtEnd(tf, extent.length(), total.length())); // [B, 1, T, P + T]
    Operand<TInt32> places = places(tf, mask, extent); // [B, T]
    Visible earlier =
        new Visible(
            extent,
            Optional.of(bias),
            spec.attention()
                .rotary()
                .map(rotary -> rotary.rotation(tf, perHead(tf, places), total.length())),
            Optional.of(cache));
    Operand<TFloat32> rows = words.look(tf, ids); // [N, H]
    Operand<TFloat32> x =
        positions.isPresent() ? tf.math.add(rows, positions.get().look(tf, places)) : rows;
    return through(pass, x, earlier).get(blocks.size());
  }

  /** Positions of the tokens, counted without padding, [B, T]. */
  private static Operand<TInt32> places(Ops tf, Operand<TInt32> mask, SequenceShape extent) {
    Operand<TInt32> zero = tf.constant(0);
    Operand<TInt32> one = tf.constant(1);
    Operand<TInt32> counted = tf.math.sub(tf.math.cumsum(mask, one), one); // [B, P + T]
    Operand<TInt32> before = tf.math.sub(SequenceShape.of(tf, mask).length(), extent.length());
    Operand<TInt32> own =
        tf.slice(counted, tf.stack(List.of(zero, before)), tf.constant(new int[] {-1, -1}));
    return tf.math.maximum(own, zero); // [B, T]
  }

  private static Operand<TInt32> perHead(Ops tf, Operand<TInt32> places) {
    return tf.expandDims(places, tf.constant(1)); // [B, 1, T]
  }

  /** The rows x, and those after each layer, the last of them normalised: [N, H] each. */
  private List<Operand<TFloat32>> through(
      ForwardContext pass, Operand<TFloat32> embedded, Visible earlier) {
    Ops tf = pass.tf();
    Visible near = near(tf, earlier);
    Operand<TFloat32> x = embedded;
    List<Operand<TFloat32>> states = new ArrayList<>(List.of(x));
    for (int layer = 0; layer < blocks.size(); layer++) {
      DecoderBlock block = blocks.get(layer);
      Visible visible = isNear(layer) ? near : earlier;
      x =
          pass.block(
              "layer_" + layer,
              List.of(x),
              (inside, read) -> block.apply(inside, read.get(0), visible));
      states.add(x);
    }
    states.set(blocks.size(), norm.apply(tf, x));
    return states;
  }

  /** The same tokens, which see no farther than the window. */
  private Visible near(Ops tf, Visible earlier) {
    return spec.attention()
        .window()
        .map(
            window ->
                AttentionBias.window(
                    tf, earlier.extent().length(), earlier.seen().length(), window.tokens()))
        .map(far -> earlier.withBias(tf.math.add(earlier.bias().orElseThrow(), far)))
        .orElse(earlier);
  }

  private boolean isNear(int layer) {
    return spec.attention().window().map(window -> window.layers().contains(layer)).orElse(false);
  }

  private Operand<TFloat32> embed(ForwardContext pass, Operand<TInt32> ids, SequenceShape extent) {
    Ops tf = pass.tf();
    Operand<TFloat32> rows = lookUp(tf, ids); // [N, H]
    return pass.dropout(
        positions.isPresent() ? positioned(tf, rows, extent) : rows, spec.dropout().embeddings());
  }

  private Operand<TFloat32> lookUp(Ops tf, Operand<TInt32> ids) {
    OptionalInt untrained = spec.form().untrainedWord();
    return untrained.isPresent()
        ? words.lookExcept(tf, ids, untrained.getAsInt())
        : words.look(tf, ids);
  }

  /** Rows [N, H] with those of their positions. */
  private Operand<TFloat32> positioned(Ops tf, Operand<TFloat32> rows, SequenceShape extent) {
    int hidden = spec.sizes().hidden();
    Operand<TFloat32> sum =
        tf.math.add(
            extent.perExample(tf, rows, hidden),
            positions.orElseThrow().first(tf, extent.length())); // [B, T, H]
    return tf.reshape(sum, tf.constant(new int[] {-1, hidden})); // [N, H]
  }

  /**
   * The output layer from rows [N, H] to the next token of each, [N, V]; empty if a head reads
   * them.
   */
  Optional<Dense> logits() {
    return logits;
  }
}
