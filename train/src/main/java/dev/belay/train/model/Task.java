package dev.belay.train.model;

import dev.belay.train.config.ModelConfig.ProblemType;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.failure.ModelException;
import dev.belay.train.metrics.ClassificationMetrics;
import dev.belay.train.metrics.EntityMetrics;
import dev.belay.train.metrics.LanguageMetrics;
import dev.belay.train.metrics.Metrics;
import dev.belay.train.metrics.MultiLabelMetrics;
import dev.belay.train.metrics.RegressionMetrics;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.tensorflow.ndarray.Shape;

/**
 * What a model learns, as the shape of its logits says.
 *
 * @param kind what a label is
 * @param outputs length of the logits' last dimension, if it is known before a run
 */
public record Task(Kind kind, OptionalInt outputs) {

  /** The kinds. */
  public enum Kind {
    /** One class per example: logits [B, C]. */
    CLASSIFICATION,
    /** Any number of classes per example: logits [B, C]. */
    MULTI_LABEL,
    /** One number per example: outputs [B, 1] or [B]. */
    REGRESSION,
    /** One class or token id per token: logits [B, T, C]. */
    TOKENS,
    /** The word after each token: logits [B, T, V]. */
    CAUSAL_LM,
    /** The words that are hidden: logits [B, T, V]. */
    MASKED_LM,
    /** A text about another: logits [B, T, V]. */
    SEQ2SEQ,
    /** Where in a context the answer to a question starts and ends: logits [B, T, 2]. */
    QUESTION_ANSWERING;

    /** Whether it answers with words of a vocabulary. */
    public boolean isLanguage() {
      return this == CAUSAL_LM || this == MASKED_LM || this == SEQ2SEQ;
    }
  }

  /**
   * The task of a model's own head.
   *
   * @param logits what the output is called, for the error
   * @param causal whether logits for each token are those of the token after it
   * @throws ModelException if no loss of Belay fits the shape
   */
  public static Task of(String logits, Shape shape, boolean causal) {
    int rank = shape.numDimensions();
    if (rank == Shape.UNKNOWN_SIZE || rank < 1 || rank > 3) {
      throw new ModelException(
          "output '"
              + logits
              + "' has "
              + (rank == Shape.UNKNOWN_SIZE ? "an unknown shape" : "the shape " + shape)
              + "; expected logits [batch, classes], [batch, tokens, classes] or one value per"
              + " example. Name another output with --output, or train a new head with --head");
    }
    long last = shape.get(rank - 1);
    OptionalInt outputs =
        rank == 1 || last == Shape.UNKNOWN_SIZE
            ? OptionalInt.empty()
            : OptionalInt.of(Math.toIntExact(last));
    if (rank == 3) {
      return new Task(causal ? Kind.CAUSAL_LM : Kind.TOKENS, outputs);
    }
    return new Task(rank == 1 || last == 1 ? Kind.REGRESSION : Kind.CLASSIFICATION, outputs);
  }

  /**
   * The task of a model's own head whose classes do not exclude each other.
   *
   * @param logits what the output is called, for the error
   * @throws ModelException if it is not a row of logits for each example
   */
  public static Task ofLabels(String logits, Shape shape) {
    if (shape.numDimensions() != 2) {
      throw new ModelException(
          "output '"
              + logits
              + "' has "
              + (shape.isUnknown() ? "an unknown shape" : "the shape " + shape)
              + "; expected logits [batch, labels] for multi_label_classification. Name another"
              + " output with --output, or train a new head with --head");
    }
    long last = shape.get(1);
    return new Task(
        Kind.MULTI_LABEL,
        last == Shape.UNKNOWN_SIZE ? OptionalInt.empty() : OptionalInt.of(Math.toIntExact(last)));
  }

  /**
   * What a model's files say of it, {@code problem_type} in Hugging Face's words.
   *
   * @param before what they said; where they said nothing, only several labels must be said
   */
  public Optional<String> problemType(Optional<String> before) {
    return switch (kind) {
      case MULTI_LABEL -> Optional.of(ProblemType.MULTI_LABEL_CLASSIFICATION.option());
      case CLASSIFICATION -> before.map(any -> ProblemType.SINGLE_LABEL_CLASSIFICATION.option());
      case REGRESSION -> before.map(any -> "regression");
      default -> Optional.empty();
    };
  }

  /** What labels the data must have. */
  public LabelRule labelRule(Optional<LabelMap> names) {
    Optional<LabelMap> known = ofOutputs(names);
    return switch (kind) {
      case REGRESSION -> LabelRule.numbers();
      case MULTI_LABEL -> LabelRule.classSets(fitting(known), outputs);
      case TOKENS -> LabelRule.words(known, outputs);
      case QUESTION_ANSWERING -> LabelRule.spans(true);
      case CAUSAL_LM -> LabelRule.language(LabelRule.Kind.NEXT_TOKEN, outputs);
      case MASKED_LM -> LabelRule.language(LabelRule.Kind.HIDDEN_TOKEN, outputs);
      case SEQ2SEQ -> LabelRule.language(LabelRule.Kind.TARGET_TEXT, outputs);
      case CLASSIFICATION ->
          known
              .map(LabelRule::classes)
              .orElseGet(
                  () ->
                      outputs.isPresent()
                          ? LabelRule.classes(outputs.getAsInt())
                          : LabelRule.classes());
    };
  }

  /** Names that a config.json gives are those of the outputs if they are as many. */
  public Optional<LabelMap> ofOutputs(Optional<LabelMap> names) {
    return names.filter(map -> !map.isConfigured() || outputs.equals(OptionalInt.of(map.size())));
  }

  /**
   * The labels of an example are a row as wide as the logits.
   *
   * @throws ModelException if there are more or fewer names than outputs
   */
  private Optional<LabelMap> fitting(Optional<LabelMap> known) {
    if (known.isPresent() && outputs.isPresent() && known.get().size() != outputs.getAsInt()) {
      throw new ModelException(
          "the model has "
              + outputs.getAsInt()
              + " outputs and "
              + known.get().size()
              + " names of labels: "
              + known.get()
              + "; expected one for each output, in their order (--labels, or labels.txt in the"
              + " model's assets.extra)");
    }
    return known;
  }

  /** How the data to predict for are read, which need no labels. */
  public LabelRule unlabelled(Optional<LabelMap> names) {
    Optional<LabelMap> known = ofOutputs(names);
    if (kind == Kind.QUESTION_ANSWERING) {
      return LabelRule.spans(false);
    }
    if (kind == Kind.MULTI_LABEL) {
      fitting(known);
    }
    return kind == Kind.TOKENS && known.isPresent() ? LabelRule.wordsAlone() : LabelRule.none();
  }

  /**
   * An empty collection of the metrics that fit.
   *
   * @param classes how many logits there are
   * @param labels their names, if they are known
   */
  public Metrics newMetrics(int classes, Optional<LabelMap> labels) {
    return switch (kind) {
      case REGRESSION -> new RegressionMetrics();
      case CLASSIFICATION -> new ClassificationMetrics(classes);
      case MULTI_LABEL -> new MultiLabelMetrics(classes);
      case CAUSAL_LM, MASKED_LM, SEQ2SEQ -> new LanguageMetrics();
      case QUESTION_ANSWERING ->
          throw new IllegalStateException("answers are measured by the questions of a data set");
      case TOKENS -> {
        List<String> names = labels.map(LabelMap::names).orElse(List.of());
        yield names.size() == classes && EntityMetrics.fit(names)
            ? new EntityMetrics(names)
            : new ClassificationMetrics(classes);
      }
    };
  }
}
