package dev.belay.train.family;

import dev.belay.graph.forward.ForwardModel;
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
    MaskedLanguageHead.Form form = form(configuration.family());
    MaskedLanguageHead.Projection projection = projection(configuration, weights);
    return Stream.of(
            Stream.of(form.dense(), form.norm()),
            projection.table().stream(),
            projection.unread().stream(),
            Stream.of(projection.bias()))
        .flatMap(Function.identity())
        .toList();
  }

  /** A bias beside that of the head is what Hugging Face's classes read, where files have both. */
  private static MaskedLanguageHead.Projection projection(
      ModelConfiguration configuration, NamedTensors weights) {
    MaskedLanguageHead.Form form = form(configuration.family());
    String beside = form.decoder() + ".bias";
    boolean both = !beside.equals(form.bias()) && weights.names().contains(beside);
    return new MaskedLanguageHead.Projection(
        OutputTable.of(configuration, weights).own()
            ? Optional.of(form.decoder() + ".weight")
            : Optional.empty(),
        both ? beside : form.bias(),
        both && weights.names().contains(form.bias())
            ? Optional.of(form.bias())
            : Optional.empty());
  }

  private static MaskedLanguageHead.Form form(Family family) {
    return switch (family) {
      case BERT -> MaskedLanguageHead.Form.BERT;
      case ROBERTA, MPNET -> MaskedLanguageHead.Form.ROBERTA;
      case DISTILBERT -> MaskedLanguageHead.Form.DISTILBERT;
      case ELECTRA -> MaskedLanguageHead.Form.ELECTRA;
      case ALBERT -> MaskedLanguageHead.Form.ALBERT;
      case GPT2, LLAMA, GPT_NEOX, T5, BART ->
          throw new IllegalStateException(family + " hides no words");
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
    Family family = configuration.family();
    boolean ownActivation = List.of(Family.ROBERTA, Family.ELECTRA, Family.MPNET).contains(family);
    String words =
        EncoderFamily.spec(configuration, ofBody).names().base()
            + ".embeddings.word_embeddings.weight";
    return new MaskedLanguageHead(
        form(family),
        new Table(
            forward.variables().get(words).value().expect(TFloat32.class),
            configuration.sizes().embedding()),
        projection(configuration, weights),
        ownActivation ? Activation.GELU : ofBody,
        configuration.normEpsilon(),
        begin);
  }
}
