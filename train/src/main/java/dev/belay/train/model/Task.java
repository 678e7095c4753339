package dev.belay.train.model;

import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.failure.ModelException;
import dev.belay.train.metrics.ClassificationMetrics;
import dev.belay.train.metrics.EntityMetrics;
import dev.belay.train.metrics.LanguageMetrics;
import dev.belay.train.metrics.Metrics;
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
   * @throws ModelException if no loss of Belay fits the shape
   */
  public static Task of(String logits, Shape shape) {
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
      return new Task(Kind.TOKENS, outputs);
    }
    return new Task(rank == 1 || last == 1 ? Kind.REGRESSION : Kind.CLASSIFICATION, outputs);
  }

  /** What labels the data must have. */
  public LabelRule labelRule(Optional<LabelMap> known) {
    return switch (kind) {
      case REGRESSION -> LabelRule.numbers();
      case TOKENS -> LabelRule.words(known, outputs);
      case QUESTION_ANSWERING -> LabelRule.spans(true);
      case CAUSAL_LM -> LabelRule.language(LabelRule.Kind.NEXT_TOKEN, outputs.orElseThrow());
      case MASKED_LM -> LabelRule.language(LabelRule.Kind.HIDDEN_TOKEN, outputs.orElseThrow());
      case SEQ2SEQ -> LabelRule.language(LabelRule.Kind.TARGET_TEXT, outputs.orElseThrow());
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

  /** How the data to predict for are read, which need no labels. */
  public LabelRule unlabelled(Optional<LabelMap> known) {
    if (kind == Kind.QUESTION_ANSWERING) {
      return LabelRule.spans(false);
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
