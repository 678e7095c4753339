package dev.belay.train.family;

import dev.belay.graph.encoder.DisentangledEncoderSpec;
import dev.belay.graph.encoder.EncoderSpec;
import dev.belay.graph.head.HeadWeights;
import dev.belay.graph.head.SequenceHead;
import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.DistanceBuckets;
import dev.belay.savedmodel.configuration.DisentangledAttention;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Family;
import java.util.Set;

/** Converts a configuration of DeBERTa to the specifications of {@code graph}. */
public final class DebertaFamily {
  private static final String POSITIONS = "deberta.embeddings.position_embeddings.weight";

  private DebertaFamily() {}

  /**
   * The architecture.
   *
   * @param stored names of the weights of the files
   */
  public static DisentangledEncoderSpec spec(
      ModelConfiguration configuration, Activation activation, Set<String> stored) {
    DisentangledAttention said = configuration.disentangledAttention();
    EncoderSpec encoder = EncoderFamily.spec(configuration, activation);
    return new DisentangledEncoderSpec(
        encoder,
        new DisentangledEncoderSpec.Attention(
            layers(configuration.family(), said),
            said.distances().map(DebertaFamily::buckets),
            said.normed(),
            said.byKeys(),
            said.byQueries(),
            said.summands()),
        positions(said, stored),
        configuration.padId(),
        said.convolution()
            .map(
                form ->
                    new DisentangledEncoderSpec.Convolution(
                        form.width(), form.groups(), EncoderFamily.activation(form.activation()))));
  }

  private static DisentangledEncoderSpec.Layers layers(Family family, DisentangledAttention said) {
    if (family == Family.DEBERTA) {
      return DisentangledEncoderSpec.Layers.JOINT;
    }
    return said.shared()
        ? DisentangledEncoderSpec.Layers.SHARED
        : DisentangledEncoderSpec.Layers.APART;
  }

  private static DistanceBuckets buckets(DisentangledAttention.Distances said) {
    return new DistanceBuckets(said.span(), Math.max(said.buckets(), 0), said.farthest());
  }

  /** Files may hold a table that its class leaves out, as those of the first version do. */
  private static DisentangledEncoderSpec.PositionRows positions(
      DisentangledAttention said, Set<String> stored) {
    if (said.addsPositions()) {
      return DisentangledEncoderSpec.PositionRows.ADDED;
    }
    return stored.contains(POSITIONS)
        ? DisentangledEncoderSpec.PositionRows.KEPT
        : DisentangledEncoderSpec.PositionRows.NONE;
  }

  /** Whether hidden words are predicted by layers like BERT's. */
  static boolean hasLegacyHead(ModelConfiguration configuration) {
    return configuration.disentangledAttention().legacyHead();
  }

  /**
   * A head for whole examples.
   *
   * @param outputs C
   * @param pooling rate of dropout before its first layer
   * @param dropout rate before the last layer
   */
  public static SequenceHead head(
      ModelConfiguration configuration,
      int outputs,
      double pooling,
      double dropout,
      HeadWeights weights) {
    return new SequenceHead(form(configuration), outputs, pooling, dropout, weights);
  }

  private static SequenceHead.Form form(ModelConfiguration configuration) {
    return SequenceHead.Form.deberta(
        EncoderFamily.activation(configuration.disentangledAttention().pooler().activation()));
  }
}
