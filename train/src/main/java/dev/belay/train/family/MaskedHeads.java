package dev.belay.train.family;

import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.head.HeadTransform;
import dev.belay.graph.head.HeadWeights;
import dev.belay.graph.head.MaskedLanguageHead;
import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Table;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.tensor.NamedTensors;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.tensorflow.types.TFloat32;

/** Layers with which each family predicts hidden tokens. */
public final class MaskedHeads {
  private MaskedHeads() {}

  /** Names of the layers that predict hidden tokens, and of weights outside layers. */
  public static List<String> layers(ModelConfiguration configuration, NamedTensors weights) {
    MaskedLanguageHead.Form form = form(configuration);
    MaskedLanguageHead.Projection projection = projection(configuration, weights);
    return Stream.of(
            Stream.of(form.dense(), form.norm()),
            projection.table().stream(),
            projection.unread().stream(),
            projection.bias().stream())
        .flatMap(Function.identity())
        .toList();
  }

  /** A bias beside that of the head is what Hugging Face's classes read, where files have both. */
  private static MaskedLanguageHead.Projection projection(
      ModelConfiguration configuration, NamedTensors weights) {
    MaskedLanguageHead.Form form = form(configuration);
    if (form.equals(MaskedLanguageHead.Form.DEBERTA)) {
      return new MaskedLanguageHead.Projection(
          Optional.empty(), Optional.of(form.bias()), Optional.empty());
    }
    String beside = form.decoder() + ".bias";
    boolean both = !beside.equals(form.bias()) && weights.names().contains(beside);
    boolean none =
        configuration.family() == Family.MODERNBERT
            && !ModernBertFamily.hasDecoderBias(configuration);
    return new MaskedLanguageHead.Projection(
        OutputTable.of(configuration, weights).own()
            ? Optional.of(form.decoder() + ".weight")
            : Optional.empty(),
        none ? Optional.empty() : Optional.of(both ? beside : form.bias()),
        both && weights.names().contains(form.bias())
            ? Optional.of(form.bias())
            : Optional.empty());
  }

  private static MaskedLanguageHead.Form form(ModelConfiguration configuration) {
    Family family = configuration.family();
    return switch (family) {
      case BERT -> MaskedLanguageHead.Form.BERT;
      case ROBERTA, MPNET -> MaskedLanguageHead.Form.ROBERTA;
      case DISTILBERT -> MaskedLanguageHead.Form.DISTILBERT;
      case ELECTRA -> MaskedLanguageHead.Form.ELECTRA;
      case ALBERT -> MaskedLanguageHead.Form.ALBERT;
      case MODERNBERT -> MaskedLanguageHead.Form.MODERNBERT;
      case DEBERTA, DEBERTA_V2 ->
          DebertaFamily.hasLegacyHead(configuration)
              ? MaskedLanguageHead.Form.BERT
              : MaskedLanguageHead.Form.DEBERTA;
      default -> throw new IllegalStateException(family + " hides no words");
    };
  }

  /**
   * The layers over a body that is in the graph.
   *
   * @param ofBody its activation
   */
  public static MaskedLanguageHead head(
      ModelConfiguration configuration,
      NamedTensors weights,
      ForwardModel forward,
      Activation ofBody,
      HeadWeights begin) {
    return new MaskedLanguageHead(
        transform(configuration, ofBody),
        new Table(
            forward
                .variables()
                .get(EncoderFamily.words(configuration.family()))
                .value()
                .expect(TFloat32.class),
            configuration.sizes().embedding()),
        projection(configuration, weights),
        begin);
  }

  private static HeadTransform transform(ModelConfiguration configuration, Activation ofBody) {
    return switch (configuration.family()) {
      case MODERNBERT -> ModernBertFamily.transform(configuration);
      case ROBERTA, ELECTRA, MPNET -> transformAsBert(configuration, Activation.GELU);
      default -> transformAsBert(configuration, ofBody);
    };
  }

  private static HeadTransform transformAsBert(
      ModelConfiguration configuration, Activation activation) {
    MaskedLanguageHead.Form form = form(configuration);
    return new HeadTransform(
        form.dense(),
        form.norm(),
        HeadTransform.Biases.BOTH,
        activation,
        configuration.normEpsilon());
  }
}
