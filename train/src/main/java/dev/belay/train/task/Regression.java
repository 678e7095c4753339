package dev.belay.train.task;

import dev.belay.graph.head.Head;
import dev.belay.graph.head.RegressionHead;
import dev.belay.graph.loss.Loss;
import dev.belay.graph.loss.MeanSquaredError;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.QuestionConfig;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.metrics.Metrics;
import dev.belay.train.metrics.RegressionMetrics;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * One number per example: outputs [B, 1] or [B].
 *
 * @param outputs 1; empty for [B]
 */
public record Regression(OptionalInt outputs) implements PooledTask {
  /** Name in Hugging Face's {@code problem_type}. */
  static final String PROBLEM = "regression";

  /** Outputs [B, 1]. */
  public Regression() {
    this(OptionalInt.of(1));
  }

  @Override
  public String option() {
    return "regression";
  }

  @Override
  public Task with(HeadFiles files) {
    String projection = PooledTask.layer(files.family());
    files.requireStored(projection);
    ProblemTypes.refuse(files.config(), this);
    if (files.isOwn()) {
      ProblemTypes.refuseClasses(files.config(), files.configuration().problemType());
    }
    return this;
  }

  @Override
  public Optional<String> problemType(Optional<String> before) {
    return before.map(any -> PROBLEM);
  }

  @Override
  public Task onSavedModel(ModelConfig config, Optional<String> said) {
    ProblemTypes.refuse(config, this);
    return this;
  }

  @Override
  public Optional<Head> savedModelHead(int outputs, double dropout, long seed) {
    return Optional.of(new RegressionHead(dropout, seed));
  }

  @Override
  public Loss loss(boolean probabilities) {
    return new MeanSquaredError();
  }

  @Override
  public LabelRule labels(Optional<LabelMap> names) {
    return LabelRule.numbers();
  }

  @Override
  public BatchColumn madeUpLabels(int examples, int tokens) {
    return new BatchColumn.FloatMatrix(examples, 1, new float[examples]);
  }

  @Override
  public Metrics newMetrics(
      Dataset data, int outputs, Optional<LabelMap> labels, QuestionConfig questions) {
    return new RegressionMetrics();
  }

  @Override
  public int predict(PredictionRun run, Consumer<Prediction> sink) {
    return predict(run, RegressionValue::of, sink);
  }
}
