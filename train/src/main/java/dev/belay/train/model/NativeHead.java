package dev.belay.train.model;

import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.head.Head;
import dev.belay.graph.head.HeadWeights;
import dev.belay.graph.head.ScoreHead;
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

  /** Where its configuration says nothing of a head. */
  private static final double GPT2_TOKEN_DROPOUT = 0.1;

  /** The head that is asked for, else the one that the weights hold. */
  static NativeHead of(ModelConfig config, ModelConfiguration configuration, NamedTensors weights) {
    HeadKind found = HeadChoice.of(config, configuration, weights);
    if (isOfWords(found)) {
      ProblemTypes.requireClasses(config, found);
      return ofVocabulary(found, configuration);
    }
    Family family = configuration.family();
    if (found == HeadKind.QUESTION_ANSWERING) {
      ProblemTypes.requireClasses(config, found);
      return new NativeHead(found, family, OptionalInt.of(ENDS_OF_ANSWER), Optional.empty(), false);
    }
    boolean own = config.head() == HeadKind.NONE;
    OptionalInt stored = new NativeHead(found, family).storedOutputs(weights);
    if (own && stored.isEmpty()) {
      throw HeadChoice.incomplete(config.path(), weights, List.of(projection(found, family)));
    }
    boolean multiLabel = ProblemTypes.of(config, configuration.problemType());
    HeadKind kind =
        own && found == HeadKind.CLASSIFICATION && !multiLabel && stored.getAsInt() == 1
            ? HeadKind.REGRESSION
            : found;
    ProblemTypes.requireClasses(config, kind);
    if (own) {
      ProblemTypes.requireComputed(config, configuration.problemType(), kind);
    }
    OptionalInt outputs =
        kind == HeadKind.REGRESSION
            ? OptionalInt.of(1)
            : config.labels().isPresent()
                ? OptionalInt.of(config.labels().get())
                : own ? stored : OptionalInt.empty();
    boolean named =
        outputs.equals(stored)
            && configuration.labels().size() == outputs.orElse(-1)
            && configuration.labels().stream().noneMatch(label -> label.matches("LABEL_\\d+"));
    return new NativeHead(
        kind,
        family,
        outputs,
        named ? Optional.of(LabelMap.configured(configuration.labels())) : Optional.empty(),
        multiLabel && kind == HeadKind.CLASSIFICATION);
  }

  private NativeHead(HeadKind kind, Family family) {
    this(kind, family, OptionalInt.empty(), Optional.empty(), false);
  }

  private static boolean isOfWords(HeadKind kind) {
    return kind == HeadKind.MASKED_LM || kind == HeadKind.CAUSAL_LM || kind == HeadKind.SEQ2SEQ;
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
  boolean writes() {
    return kind == HeadKind.CAUSAL_LM || kind == HeadKind.SEQ2SEQ;
  }

  /** How many outputs the head of the weights has, if they hold one of this kind. */
  private OptionalInt storedOutputs(NamedTensors weights) {
    String kernel = projection(kind, family) + ".weight";
    return weights.names().contains(kernel)
        ? OptionalInt.of(Math.toIntExact(weights.spec(kernel).shape().get(0)))
        : OptionalInt.empty();
  }

  /** The layer that makes the answers of a head that has no words. */
  static String projection(HeadKind kind, Family family) {
    return switch (kind) {
      case TOKEN_CLASSIFICATION -> TOKENS;
      case QUESTION_ANSWERING -> ANSWERS;
      default ->
          family == Family.GPT2
              ? ScoreHead.PROJECTION
              : NativeEncoder.sequenceHead(family).projection();
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

  /** Whether it answers for whole examples. */
  boolean isPooled() {
    return kind == HeadKind.CLASSIFICATION || kind == HeadKind.REGRESSION;
  }

  /** Whether what it answers is about every token, so that the body makes all of them. */
  boolean readsAllTokens() {
    return perToken() || kind == HeadKind.MASKED_LM;
  }

  /** The names of its layers, or of weights that stand alone. */
  private List<String> layerNames(ModelConfiguration configuration, NamedTensors weights) {
    if (writes()) {
      return List.of();
    }
    if (kind == HeadKind.MASKED_LM) {
      return LanguageHeads.layers(configuration, weights);
    }
    String projection = projection(kind, family);
    return perToken() || family == Family.GPT2
        ? List.of(projection)
        : List.of(NativeEncoder.sequenceHead(family).dense(), projection);
  }

  /** Whether a weight is part of it. */
  boolean reads(String weight, NativeModel model) {
    return layerNames(model.configuration(), model.weights()).stream()
        .anyMatch(layer -> isOf(layer, weight));
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
        + (isOfWords(kind) ? "" : " (" + projection(kind, family) + ")");
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
    NativeModel model = making.model();
    List<String> layers = layerNames(model.configuration(), model.weights());
    List<String> fresh = layers.stream().filter(layer -> isFresh(layer, making)).toList();
    boolean own = making.config().head() == HeadKind.NONE;
    if (own && !fresh.isEmpty() && !making.config().files().fromScratch()) {
      throw HeadChoice.incomplete(making.config().path(), model.weights(), fresh);
    }
    String last = layers.get(layers.size() - 1);
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
                model.configuration().initializerRange(),
                making.seed()),
            variable -> making.config().trains(variable.name()));
    if (kind == HeadKind.MASKED_LM) {
      return Optional.of(LanguageHeads.masked(model, making.forward(), begin));
    }
    double dropout = making.config().dropout() ? dropout(model.configuration()) : 0;
    if (perToken()) {
      String projection = projection(kind, family);
      return Optional.of(new TokenHead(projection, making.outputs(), dropout, begin));
    }
    return Optional.of(
        family == Family.GPT2
            ? new ScoreHead(making.outputs(), begin)
            : new SequenceHead(
                NativeEncoder.sequenceHead(family), making.outputs(), dropout, begin));
  }

  /** A projection to another number of classes is none that could go on. */
  private boolean isFresh(String layer, Making making) {
    NamedTensors weights = making.model().weights();
    boolean counted = kind != HeadKind.MASKED_LM && layer.equals(projection(kind, family));
    return counted
        ? !storedOutputs(weights).equals(OptionalInt.of(making.outputs()))
        : weights.names().stream().noneMatch(weight -> isOf(layer, weight));
  }

  /** As Hugging Face's classes of the family and the task read their configuration. */
  private double dropout(ModelConfiguration configuration) {
    double hidden = configuration.dropouts().hidden();
    if (kind == HeadKind.QUESTION_ANSWERING) {
      return family == Family.DISTILBERT
          ? configuration.number("qa_dropout").orElse(DISTILBERT_ANSWER_DROPOUT)
          : 0;
    }
    if (family == Family.DISTILBERT && kind == HeadKind.TOKEN_CLASSIFICATION) {
      return hidden;
    }
    if (family == Family.GPT2) {
      return configuration
          .number("classifier_dropout")
          .or(() -> configuration.number("hidden_dropout"))
          .orElse(GPT2_TOKEN_DROPOUT);
    }
    return configuration.dropouts().classifier().orElse(hidden);
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
        body.withType("float32")
            .withHead(body.type().className() + ending, names)
            .withLabels(names, task().problemType(body.problemType())));
  }
}
