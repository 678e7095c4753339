package dev.belay.train.report;

/** Keys of the lines of metrics.jsonl that are read again, and the kinds of events in it. */
public final class MetricsKey {
  public static final String EVENT = "event";
  public static final String START = "start";
  public static final String TRAIN = "train";
  public static final String NORMS = "norms";
  public static final String EVALUATION = "eval";
  public static final String DONE = "done";
  public static final String STEP = "step";
  public static final String TOTAL_STEPS = "total_steps";
  public static final String LOSS = "loss";
  public static final String GRAD_NORM = "grad_norm";
  public static final String GRAD_NORM_CLIPPED = "grad_norm_clipped";
  public static final String CLIP_SCALE = "clip_scale";
  public static final String CLIPPED = "clipped";
  public static final String LEARNING_RATE = "learning_rate";
  public static final String EXAMPLES = "examples";
  public static final String SECONDS = "seconds";
  public static final String LAYERS = "layers";
  public static final String GRADIENT = "gradient";
  public static final String UPDATE_RATIO = "update_ratio";

  private MetricsKey() {}
}
