package dev.belay.train.model;

import dev.belay.graph.GradientPlan;
import dev.belay.graph.clip.AdaptiveClip;
import dev.belay.graph.clip.AutoClip;
import dev.belay.graph.clip.ClipRule;
import dev.belay.graph.clip.GlobalNormClip;
import dev.belay.graph.clip.GroupedClip;
import dev.belay.graph.clip.NoClip;
import dev.belay.graph.clip.NormClip;
import dev.belay.graph.clip.Threshold;
import dev.belay.graph.clip.ValueClip;
import dev.belay.graph.gradient.NormRows;
import dev.belay.graph.optimizer.Adafactor;
import dev.belay.graph.optimizer.Adam;
import dev.belay.graph.optimizer.AdamVariant;
import dev.belay.graph.optimizer.DecayRule;
import dev.belay.graph.optimizer.Lamb;
import dev.belay.graph.optimizer.Moments;
import dev.belay.graph.optimizer.Momentum;
import dev.belay.graph.optimizer.Optimizer;
import dev.belay.graph.optimizer.Schedule;
import dev.belay.graph.optimizer.Schedules;
import dev.belay.graph.optimizer.Sgd;
import dev.belay.graph.stage.DynamicLossScale;
import dev.belay.graph.stage.GradientStage;
import dev.belay.train.config.ClipConfig;
import dev.belay.train.config.OptimizerConfig;
import dev.belay.train.config.ScheduleConfig;
import dev.belay.train.config.UpdateConfig;
import java.util.List;
import java.util.Optional;

/** The configured clip, optimizer and schedule, as classes of {@code graph}. */
public final class UpdateRules {
  private UpdateRules() {}

  /** The clip. */
  public static ClipRule clip(ClipConfig config) {
    return grouped(config, clip(config, config.mode(), value(config)));
  }

  private static ClipRule grouped(ClipConfig config, ClipRule rest) {
    if (config.groups().isEmpty()) {
      return rest;
    }
    List<GroupedClip.Group> groups =
        config.groups().stream()
            .map(
                group ->
                    new GroupedClip.Group(
                        group.toString(), group::holds, clip(config, group.mode(), group.value())))
            .toList();
    return new GroupedClip(groups, rest);
  }

  private static double value(ClipConfig config) {
    return switch (config.mode()) {
      case GLOBAL_NORM, NORM -> config.maxGradNorm();
      case VALUE -> config.clipValue();
      case ADAPTIVE -> config.adaptive().lambda();
      case AUTO -> config.autoPercentile();
      case NONE -> 0;
    };
  }

  private static ClipRule clip(ClipConfig config, ClipConfig.Mode mode, double value) {
    return switch (mode) {
      case GLOBAL_NORM -> new GlobalNormClip(value);
      case NORM -> new NormClip(value);
      case VALUE -> new ValueClip(value);
      case ADAPTIVE ->
          new AdaptiveClip(value, name -> config.adaptive().skip().matcher(name).find());
      case AUTO -> new AutoClip(value);
      case NONE -> new NoClip();
    };
  }

  /**
   * The clip with a threshold that may change between runs of the graph. Rules without one, and
   * those of groups, are as configured.
   */
  public static ClipRule clip(ClipConfig config, Threshold threshold) {
    return grouped(
        config,
        switch (config.mode()) {
          case GLOBAL_NORM, NONE -> new GlobalNormClip(threshold);
          case NORM -> new NormClip(threshold);
          case VALUE -> new ValueClip(threshold);
          case ADAPTIVE, AUTO -> clip(config, config.mode(), value(config));
        });
  }

  /**
   * The computation of an update's gradient.
   *
   * @param stages that add up gradients, where several devices or workers share each batch
   */
  public static GradientPlan gradients(
      UpdateConfig config, ClipConfig clip, List<GradientStage> stages) {
    return new GradientPlan(
        config.accumulates(),
        config.miniBatchSize(),
        config.precision() == UpdateConfig.Precision.FP16
            ? Optional.of(new DynamicLossScale(config.lossScale(), config.lossScaleGrowth()))
            : Optional.empty(),
        stages,
        clip.norms() == ClipConfig.Norms.TF ? NormRows.TF : NormRows.DENSE);
  }

  /** The optimizer. */
  public static Optimizer optimizer(OptimizerConfig config) {
    Moments moments = new Moments(config.beta1(), config.beta2(), config.epsilon());
    DecayRule decay = DecayRule.ofWeights(config.weightDecay());
    AdamVariant variant =
        config.look().amsgrad()
            ? AdamVariant.AMSGRAD
            : config.look().nesterov() ? AdamVariant.NESTEROV : AdamVariant.PLAIN;
    return switch (config.kind()) {
      case ADAM -> Adam.of(moments, variant);
      case ADAMW -> Adam.withDecay(moments, decay, variant);
      case BERT_ADAM -> Adam.ofBert(moments, decay);
      case ADAM_TORCH -> Adam.ofTorch(moments, Optional.empty(), variant);
      case ADAMW_TORCH -> Adam.ofTorch(moments, Optional.of(decay), variant);
      case SGD -> new Sgd();
      case MOMENTUM -> Momentum.of(config.momentum(), config.look().nesterov());
      case KERAS_MOMENTUM -> Momentum.ofKeras(config.momentum(), config.look().nesterov());
      case LAMB -> new Lamb(moments, decay);
      case ADAFACTOR -> new Adafactor(decay);
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
              ? Schedules.bertLinear(span, config.end())
              : Schedules.linear(span, config.end());
      case COSINE -> Schedules.cosine(span);
      case POLYNOMIAL -> Schedules.polynomial(span, config.end(), config.power());
      case INVERSE_SQRT -> Schedules.inverseSqrt(span);
    };
  }
}
