package dev.belay.train.model;

import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.names.ModelType;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.ModelConfig.HeadKind;
import dev.belay.train.failure.ModelException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Chooses what a model that Belay builds answers: what is asked for, else what its files have. */
final class HeadChoice {
  private static final Set<HeadKind> OF_ENCODERS =
      EnumSet.of(
          HeadKind.CLASSIFICATION,
          HeadKind.REGRESSION,
          HeadKind.TOKEN_CLASSIFICATION,
          HeadKind.QUESTION_ANSWERING,
          HeadKind.MASKED_LM);
  private static final Set<HeadKind> OF_DECODERS =
      EnumSet.of(
          HeadKind.CLASSIFICATION,
          HeadKind.REGRESSION,
          HeadKind.TOKEN_CLASSIFICATION,
          HeadKind.QUESTION_ANSWERING,
          HeadKind.CAUSAL_LM);

  private final Path model;
  private final ModelConfiguration configuration;
  private final NamedTensors weights;

  private HeadChoice(Path model, ModelConfiguration configuration, NamedTensors weights) {
    this.model = model;
    this.configuration = configuration;
    this.weights = weights;
  }

  /**
   * The kind of head.
   *
   * @throws ModelException if the family has none of the kind that is asked for, or the files have
   *     none that Belay knows
   */
  static HeadKind of(ModelConfig config, ModelConfiguration configuration, NamedTensors weights) {
    HeadKind asked = config.head();
    if (asked == HeadKind.NONE) {
      return new HeadChoice(config.path(), configuration, weights).own();
    }
    Set<HeadKind> known = known(configuration.family());
    if (!known.contains(asked)) {
      throw new ModelException(
          "--head "
              + asked.option()
              + ": of "
              + configuration.type().key()
              + " Belay trains "
              + options(known));
    }
    return asked;
  }

  private static Set<HeadKind> known(Family family) {
    return switch (family) {
      case GPT2 -> OF_DECODERS;
      case T5 -> EnumSet.of(HeadKind.SEQ2SEQ);
      default -> OF_ENCODERS;
    };
  }

  private static String options(Set<HeadKind> kinds) {
    return kinds.stream().map(HeadKind::option).collect(Collectors.joining(", "));
  }

  private HeadKind own() {
    if (configuration.architectures().isEmpty()) {
      return byWeights();
    }
    String architecture = configuration.architectures().get(0);
    Optional<ModelType> type = ModelType.ofClass(architecture);
    String ending = type.flatMap(named -> named.ending(architecture)).orElse("");
    HeadKind kind =
        switch (ending) {
          case "ForSequenceClassification" -> HeadKind.CLASSIFICATION;
          case "ForTokenClassification" -> HeadKind.TOKEN_CLASSIFICATION;
          case "ForQuestionAnswering" -> HeadKind.QUESTION_ANSWERING;
          case "ForMaskedLM" -> HeadKind.MASKED_LM;
          case "LMHeadModel", "DoubleHeadsModel" -> HeadKind.CAUSAL_LM;
          case "ForConditionalGeneration", "WithLMHeadModel" -> HeadKind.SEQ2SEQ;
          case "Model" -> byWeights();
          default -> HeadKind.NONE;
        };
    if (!known(configuration.family()).contains(kind)) {
      throw new ModelException(
          model
              + ": its config.json says that it is a "
              + architecture
              + ", whose head Belay does not have; of "
              + configuration.type().key()
              + " it has "
              + options(known(configuration.family()))
              + ": name one with --head");
    }
    return kind == HeadKind.MASKED_LM || kind == HeadKind.CAUSAL_LM || hasLayers(kind)
        ? kind
        : byWeights();
  }

  private boolean hasLayers(HeadKind kind) {
    return kind == HeadKind.SEQ2SEQ
        || has(NativeHead.projection(kind, configuration.family()) + ".weight");
  }

  /** Of files that name no class, or one without a head. */
  private HeadKind byWeights() {
    return switch (configuration.family()) {
      case T5 -> HeadKind.SEQ2SEQ;
      case GPT2 ->
          List.of(
                  HeadKind.CLASSIFICATION,
                  HeadKind.QUESTION_ANSWERING,
                  HeadKind.TOKEN_CLASSIFICATION)
              .stream()
              .filter(this::hasLayers)
              .findFirst()
              .orElse(HeadKind.CAUSAL_LM);
      default ->
          hasLayers(HeadKind.QUESTION_ANSWERING) && !hasLayers(HeadKind.CLASSIFICATION)
              ? HeadKind.QUESTION_ANSWERING
              : HeadKind.CLASSIFICATION;
    };
  }

  private boolean has(String weight) {
    return weights.names().contains(weight);
  }

  /** Complains of files that have no head, or only a part of one. */
  static ModelException incomplete(Path model, NamedTensors weights, List<String> missing) {
    return new ModelException(
        model
            + ": expected a head for classes of examples or tokens, or for answers, found no "
            + String.join(", ", missing)
            + " among the "
            + weights.names().size()
            + " weights: add a new one with --head classification, regression,"
            + " token-classification, question-answering or masked-lm");
  }
}
