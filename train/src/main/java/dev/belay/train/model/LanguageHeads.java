package dev.belay.train.model;

import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.head.HeadWeights;
import dev.belay.graph.head.MaskedLanguageHead;
import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Table;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.train.config.ModelConfig.HeadKind;
import dev.belay.train.failure.ModelException;
import java.util.List;
import java.util.Optional;
import org.tensorflow.types.TFloat32;

/** How the families answer with words. */
final class LanguageHeads {
  private LanguageHeads() {}

  /** What a family answers that has one answer. */
  static Optional<HeadKind> only(Family family) {
    return switch (family) {
      case GPT2 -> Optional.of(HeadKind.CAUSAL_LM);
      case T5 -> Optional.of(HeadKind.SEQ2SEQ);
      default -> Optional.empty();
    };
  }

  /** Whether a configuration says that its model answers with words. */
  static boolean isLanguageModel(ModelConfiguration configuration) {
    return only(configuration.family()).isPresent() || findsHiddenWords(configuration);
  }

  /** Whether a configuration says that its model finds hidden words. */
  static boolean findsHiddenWords(ModelConfiguration configuration) {
    return configuration.architectures().stream()
        .anyMatch(architecture -> architecture.endsWith("ForMaskedLM"));
  }

  /** What the layers are called that find hidden words: two layers, and a bias by its full name. */
  static List<String> layers(Family family) {
    MaskedLanguageHead.Form form = form(family);
    return List.of(form.dense(), form.norm(), form.bias());
  }

  private static MaskedLanguageHead.Form form(Family family) {
    return switch (family) {
      case BERT -> MaskedLanguageHead.Form.BERT;
      case ROBERTA -> MaskedLanguageHead.Form.ROBERTA;
      case DISTILBERT -> MaskedLanguageHead.Form.DISTILBERT;
      case ELECTRA -> MaskedLanguageHead.Form.ELECTRA;
      case ALBERT -> MaskedLanguageHead.Form.ALBERT;
      case GPT2, T5 -> throw new IllegalStateException(family + " hides no words");
    };
  }

  /** Refuses an output over the vocabulary that is not the word embeddings: Belay ties the two. */
  static void requireTied(ModelConfiguration configuration, NamedTensors weights) {
    String decoder =
        switch (configuration.family()) {
          case DISTILBERT -> "vocab_projector.weight";
          case ELECTRA -> "generator_lm_head.weight";
          case ROBERTA -> "lm_head.decoder.weight";
          case ALBERT -> "predictions.decoder.weight";
          default -> "cls.predictions.decoder.weight";
        };
    if (weights.names().contains(decoder)) {
      throw new ModelException(
          "--head masked-lm: the weights have a "
              + decoder
              + " that differs from the word embeddings, and Belay trains the two as one, as BERT"
              + " does; train another head");
    }
  }

  /** The layers over a body that is in the graph. */
  static MaskedLanguageHead masked(
      ModelConfiguration configuration,
      Activation ofBody,
      ForwardModel forward,
      HeadWeights begin) {
    Family family = configuration.family();
    boolean ownActivation = family == Family.ROBERTA || family == Family.ELECTRA;
    String words =
        NativeEncoder.spec(configuration, ofBody).names().base()
            + ".embeddings.word_embeddings.weight";
    return new MaskedLanguageHead(
        form(family),
        new Table(
            forward.variables().get(words).value().expect(TFloat32.class),
            configuration.sizes().embedding()),
        ownActivation ? Activation.GELU : ofBody,
        configuration.normEpsilon(),
        begin);
  }
}
