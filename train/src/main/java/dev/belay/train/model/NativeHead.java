package dev.belay.train.model;

import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.head.Head;
import dev.belay.graph.head.HeadWeights;
import dev.belay.graph.head.SequenceHead;
import dev.belay.graph.head.TokenHead;
import dev.belay.graph.layer.Parameters;
import dev.belay.savedmodel.configuration.ConfigurationWriter;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.ModelConfig.HeadKind;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.failure.ModelException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The head of a model that Belay builds: the one that its weights hold, or a new one.
 *
 * @param kind what it answers
 * @param family whose head it is
 * @param outputs C, if it is known before the data are
 * @param labels class names by index, if they are known
 * @param multiLabel whether an example has any number of its classes
 */
record NativeHead(
    HeadKind kind,
    Family family,
    OptionalInt outputs,
    Optional<LabelMap> labels,
    boolean multiLabel) {
  private static final String TOKENS = "classifier";
  private static final String ANSWERS = "qa_outputs";

  /** A start and an end. */
  private static final int ENDS_OF_ANSWER = 2;

  /** Of Hugging Face's families only DistilBERT drops what this head reads. */
  private static final double DISTILBERT_ANSWER_DROPOUT = 0.1;

  /** The head that is asked for, else the one that the weights hold. */
  static NativeHead of(ModelConfig config, ModelConfiguration configuration, NamedTensors weights) {
    Family family = configuration.family();
    HeadKind asked = config.head();
    boolean multiLabel = ProblemTypes.of(config, configuration.problemType());
    Optional<HeadKind> language = LanguageHeads.only(family);
    if (language.isPresent()) {
      ProblemTypes.requireClasses(config, language.get());
      return ofLanguage(language.get(), asked, configuration);
    }
    if (asked == HeadKind.CAUSAL_LM || asked == HeadKind.SEQ2SEQ) {
      throw new ModelException(
          "--head "
              + asked.option()
              + ": a "
              + family.modelType()
              + " writes no text; its heads are classification, regression, token-classification,"
              + " question-answering and masked-lm");
    }
    HeadKind found = asked == HeadKind.NONE ? own(config.path(), configuration, weights) : asked;
    boolean oneLabel = multiLabel && asked == HeadKind.NONE && found == HeadKind.REGRESSION;
    HeadKind kind = oneLabel ? HeadKind.CLASSIFICATION : found;
    ProblemTypes.requireClasses(config, kind);
    if (kind == HeadKind.MASKED_LM) {
      LanguageHeads.requireTied(configuration, weights);
      return ofVocabulary(kind, configuration);
    }
    if (kind == HeadKind.QUESTION_ANSWERING) {
      return new NativeHead(kind, family, OptionalInt.of(ENDS_OF_ANSWER), Optional.empty(), false);
    }
    NativeHead head = unmeasured(kind, family);
    OptionalInt stored = head.storedOutputs(weights);
    OptionalInt outputs =
        kind == HeadKind.REGRESSION
            ? OptionalInt.of(1)
            : config.labels().isPresent()
                ? OptionalInt.of(config.labels().get())
                : asked == HeadKind.NONE ? stored : OptionalInt.empty();
    boolean named =
        outputs.equals(stored)
            && configuration.labels().size() == outputs.orElse(-1)
            && configuration.labels().stream().noneMatch(label -> label.matches("LABEL_\\d+"));
    return new NativeHead(
        kind,
        family,
        outputs,
        named ? Optional.of(LabelMap.of(configuration.labels())) : Optional.empty(),
        multiLabel && kind == HeadKind.CLASSIFICATION);
  }

  private static NativeHead unmeasured(HeadKind kind, Family family) {
    return new NativeHead(kind, family, OptionalInt.empty(), Optional.empty(), false);
  }

  private static NativeHead ofLanguage(
      HeadKind kind, HeadKind asked, ModelConfiguration configuration) {
    if (asked != HeadKind.NONE && asked != kind) {
      throw new ModelException(
          "--head "
              + asked.option()
              + ": of "
              + configuration.family().modelType()
              + " Belay trains "
              + kind.option()
              + ", the head that it has");
    }
    return ofVocabulary(kind, configuration);
  }

  private static NativeHead ofVocabulary(HeadKind kind, ModelConfiguration configuration) {
    return new NativeHead(
        kind,
        configuration.family(),
        OptionalInt.of(configuration.sizes().vocabulary()),
        Optional.empty(),
        false);
  }

  /** Whether it is the model's output over its vocabulary. */
  private boolean writes() {
    return kind == HeadKind.CAUSAL_LM || kind == HeadKind.SEQ2SEQ;
  }

  private static HeadKind own(Path model, ModelConfiguration configuration, NamedTensors weights) {
    boolean perToken =
        configuration.architectures().stream()
            .anyMatch(architecture -> architecture.endsWith("ForTokenClassification"));
    HeadKind kind = perToken ? HeadKind.TOKEN_CLASSIFICATION : HeadKind.CLASSIFICATION;
    OptionalInt outputs = unmeasured(kind, configuration.family()).storedOutputs(weights);
    if (outputs.isEmpty() && LanguageHeads.findsHiddenWords(configuration)) {
      return HeadKind.MASKED_LM;
    }
    if (weights.names().contains(ANSWERS + ".weight")
        && (outputs.isEmpty() || findsAnswers(configuration))) {
      return HeadKind.QUESTION_ANSWERING;
    }
    if (outputs.isEmpty()) {
      throw new ModelException(
          model
              + ": expected a head for classes of examples or tokens, or for answers, found none among"
              + " the "
              + weights.names().size()
              + " weights: add a new one with --head classification, regression,"
              + " token-classification, question-answering or masked-lm");
    }
    return outputs.getAsInt() == 1 ? HeadKind.REGRESSION : kind;
  }

  /** How many outputs the head of the weights has, if they hold one of this kind. */
  private OptionalInt storedOutputs(NamedTensors weights) {
    String kernel = projection() + ".weight";
    return weights.names().contains(kernel)
        ? OptionalInt.of(Math.toIntExact(weights.spec(kernel).shape().get(0)))
        : OptionalInt.empty();
  }

  private String projection() {
    return switch (kind) {
      case TOKEN_CLASSIFICATION -> TOKENS;
      case QUESTION_ANSWERING -> ANSWERS;
      default -> NativeEncoder.sequenceHead(family).projection();
    };
  }

  /** Whether a configuration says that its model finds where answers start and end. */
  static boolean findsAnswers(ModelConfiguration configuration) {
    return configuration.architectures().stream()
        .anyMatch(architecture -> architecture.endsWith("ForQuestionAnswering"));
  }

  boolean perToken() {
    return kind == HeadKind.TOKEN_CLASSIFICATION || kind == HeadKind.QUESTION_ANSWERING;
  }

  /** Whether what it answers is about every token, so that the body makes all of them. */
  boolean readsAllTokens() {
    return perToken() || kind == HeadKind.MASKED_LM;
  }

  /** The names of its layers, or of weights that stand alone. */
  private List<String> layerNames() {
    return writes()
        ? List.of()
        : kind == HeadKind.MASKED_LM
            ? LanguageHeads.layers(family)
            : perToken()
                ? List.of(projection())
                : List.of(NativeEncoder.sequenceHead(family).dense(), projection());
  }

  /** Whether a weight is part of it. */
  boolean reads(String weight) {
    return layerNames().stream().anyMatch(layer -> isOf(layer, weight));
  }

  private static boolean isOf(String layer, String weight) {
    return weight.equals(layer) || weight.startsWith(layer + ".");
  }

  /** Whether a weight of the body is the layer that only heads of whole examples read. */
  static boolean isPooler(String weight) {
    return weight.matches("[^.]+\\.pooler\\..*");
  }

  Task task() {
    return switch (kind) {
      case REGRESSION -> new Task(Task.Kind.REGRESSION, outputs);
      case TOKEN_CLASSIFICATION -> new Task(Task.Kind.TOKENS, outputs);
      case QUESTION_ANSWERING -> new Task(Task.Kind.QUESTION_ANSWERING, outputs);
      case MASKED_LM -> new Task(Task.Kind.MASKED_LM, outputs);
      case CAUSAL_LM -> new Task(Task.Kind.CAUSAL_LM, outputs);
      case SEQ2SEQ -> new Task(Task.Kind.SEQ2SEQ, outputs);
      case CLASSIFICATION, NONE ->
          new Task(multiLabel ? Task.Kind.MULTI_LABEL : Task.Kind.CLASSIFICATION, outputs);
    };
  }

  String description() {
    return "head "
        + kind.option()
        + (multiLabel ? ", multi-label" : "")
        + (layerNames().isEmpty() ? "" : " (" + layerNames().get(layerNames().size() - 1) + ")");
  }

  /**
   * What the layers are made for.
   *
   * @param forward the body in the graph
   * @param notes to be told what begins at random
   */
  record Making(
      NativeModel model,
      ForwardModel forward,
      ModelConfig config,
      int outputs,
      long seed,
      List<String> notes) {}

  /** The layers; none where the body ends in its own. */
  Optional<Head> layers(Making making) {
    if (writes()) {
      return Optional.empty();
    }
    List<String> fresh = layerNames().stream().filter(layer -> isFresh(layer, making)).toList();
    String last = layerNames().get(layerNames().size() - 1);
    if (!fresh.contains(last)) {
      making.notes().add("head: " + last + " goes on as the files have it");
    }
    if (!fresh.isEmpty()) {
      making.notes().add("new layers, which begin at random: " + fresh);
    }
    HeadWeights begin =
        new HeadWeights(
            new Parameters.Beginning(
                name -> fresh.stream().anyMatch(layer -> isOf(layer, name)),
                making.model().configuration().initializerRange(),
                making.seed()),
            variable -> making.config().trains(variable.name()));
    if (kind == HeadKind.MASKED_LM) {
      return Optional.of(
          LanguageHeads.masked(
              making.model().configuration(),
              making.model().activation(),
              making.forward(),
              begin));
    }
    double dropout = making.config().dropout() ? dropout(making.model().configuration()) : 0;
    Head head =
        perToken()
            ? new TokenHead(projection(), making.outputs(), dropout, begin)
            : new SequenceHead(
                NativeEncoder.sequenceHead(family), making.outputs(), dropout, begin);
    return Optional.of(head);
  }

  /** A projection to another number of classes is none that could go on. */
  private boolean isFresh(String layer, Making making) {
    NamedTensors weights = making.model().weights();
    boolean counted = kind != HeadKind.MASKED_LM && layer.equals(projection());
    return counted
        ? !storedOutputs(weights).equals(OptionalInt.of(making.outputs()))
        : weights.names().stream().noneMatch(weight -> isOf(layer, weight));
  }

  private double dropout(ModelConfiguration configuration) {
    if (kind == HeadKind.QUESTION_ANSWERING) {
      boolean drops = family == Family.DISTILBERT;
      return drops && configuration.others().get("qa_dropout") instanceof Number rate
          ? rate.doubleValue()
          : drops ? DISTILBERT_ANSWER_DROPOUT : 0;
    }
    return configuration.dropouts().classifier().orElse(configuration.dropouts().hidden());
  }

  /** config.json of the model with this head. */
  byte[] configuration(ModelConfiguration body, List<String> names) {
    String ending =
        switch (kind) {
          case TOKEN_CLASSIFICATION -> "ForTokenClassification";
          case QUESTION_ANSWERING -> "ForQuestionAnswering";
          case CAUSAL_LM -> "LMHeadModel";
          case MASKED_LM -> "ForMaskedLM";
          case SEQ2SEQ -> "ForConditionalGeneration";
          case NONE, CLASSIFICATION, REGRESSION -> "ForSequenceClassification";
        };
    return ConfigurationWriter.huggingFace(
        body.withHead(family.className() + ending, names)
            .withLabels(names, task().problemType(body.problemType())));
  }
}
