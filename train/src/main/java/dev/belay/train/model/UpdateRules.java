package dev.belay.train.model;

import dev.belay.graph.clip.ClipRule;
import dev.belay.graph.clip.GlobalNormClip;
import dev.belay.graph.clip.NoClip;
import dev.belay.graph.clip.Threshold;
import dev.belay.graph.optimizer.Adam;
import dev.belay.graph.optimizer.AdamW;
import dev.belay.graph.optimizer.BertAdam;
import dev.belay.graph.optimizer.DecayRule;
import dev.belay.graph.optimizer.Moments;
import dev.belay.graph.optimizer.Momentum;
import dev.belay.graph.optimizer.Optimizer;
import dev.belay.graph.optimizer.Schedule;
import dev.belay.graph.optimizer.Schedules;
import dev.belay.graph.optimizer.Sgd;
import dev.belay.train.config.ClipConfig;
import dev.belay.train.config.OptimizerConfig;
import dev.belay.train.config.ScheduleConfig;

/** The configured clip, optimizer and schedule, in the words of the graph room. */
public final class UpdateRules {
  private UpdateRules() {}

  /** The clip. */
  public static ClipRule clip(ClipConfig config) {
    return switch (config.mode()) {
      case GLOBAL_NORM -> new GlobalNormClip(config.maxGradNorm());
      case NONE -> new NoClip();
    };
  }

  /**
   * The clip with a threshold that may change between runs of the graph.
   *
   * @param mode a rule that has a threshold
   */
  public static ClipRule clip(ClipConfig.Mode mode, Threshold threshold) {
    return switch (mode) {
      case GLOBAL_NORM -> new GlobalNormClip(threshold);
      case NONE -> throw new IllegalArgumentException(mode + " has no threshold");
    };
  }

  /** The optimizer. */
  public static Optimizer optimizer(OptimizerConfig config) {
    Moments moments = new Moments(config.beta1(), config.beta2(), config.epsilon());
    DecayRule decay = DecayRule.ofWeights(config.weightDecay());
    return switch (config.kind()) {
      case ADAM -> new Adam(moments);
      case ADAMW -> new AdamW(moments, decay);
      case BERT_ADAM -> new BertAdam(moments, decay);
      case SGD -> new Sgd();
      case MOMENTUM -> new Momentum(config.momentum(), false);
    };
  }

  /**
   * The schedule. Hugging Face's, but for bert_adam with a linear one: that is
   * google-research/bert's own, whose line starts at step 1.
   */
  public static Schedule schedule(
      ScheduleConfig config, OptimizerConfig optimizer, long totalSteps) {
    long warmup = Math.min(totalSteps, config.warmupSteps(totalSteps));
    Schedules.Span span = new Schedules.Span(optimizer.learningRate(), warmup, totalSteps);
    return switch (config.kind()) {
      case CONSTANT -> Schedules.constant(span);
      case LINEAR ->
          optimizer.kind() == OptimizerConfig.Kind.BERT_ADAM
              ? Schedules.bertLinear(span)
              : Schedules.linear(span, 0);
      case COSINE -> Schedules.cosine(span);
      case POLYNOMIAL -> Schedules.polynomial(span, 0, 2);
      case INVERSE_SQRT -> Schedules.inverseSqrt(span);
    };
  }
}
