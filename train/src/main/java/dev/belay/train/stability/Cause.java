package dev.belay.train.stability;

import dev.belay.graph.search.NodeNames;
import dev.belay.train.step.NonFinite;
import dev.belay.train.step.TensorRange;
import java.util.Locale;
import java.util.Set;

/** Cause of numbers that are not finite. */
public enum Cause {
  WEIGHT(
      "the weight itself holds numbers that are not finite",
      "It was already so in the model or a checkpoint: inspect the file, or start from an "
          + "earlier one."),
  INPUT(
      "a number of the batch itself is not finite",
      "Look at the example in the data file; the bundle's batch.json says which it is."),
  LABEL(
      "a label is not a number, or not one of the model's classes",
      "Look at the example in the data file; the bundle's batch.json says which it is."),
  LOG_OF_ZERO(
      "the logarithm of zero: a probability was rounded to 0",
      "Take the loss of the logits, not of probabilities: name the output that holds logits with"
          + " --output."),
  SOFTMAX_OVERFLOW(
      "overflow in an exponential or a softmax: its argument is above 88, where exp leaves float32",
      "Lower --learning-rate, add --warmup-ratio 0.1, or lower --max-grad-norm."),
  DIVISION_BY_ZERO(
      "a division by zero, or a root or its derivative at or below zero",
      "Look at the layer's epsilon, and at rows of the batch that are all zero or all padding."),
  LOSS_SCALE(
      "the scaled gradient left the range of half precision",
      "A few such steps are usual with fp16; begin with a lower --loss-scale if there are many."),
  HALF_RANGE(
      "a value above 65504 was made half precision",
      "Use --precision fp32 or bf16, or freeze the layer."),
  LEARNING_RATE(
      "the numbers have grown until their product left float32, as they do under a learning rate"
          + " that is too high",
      "Lower --learning-rate, add --warmup-ratio 0.1, or lower --max-grad-norm; metrics.jsonl shows"
          + " when the norm began to rise."),
  NORM_OVERFLOW(
      "every gradient is finite, but their norm is not: above 1.8e19 its squares leave float32",
      "Lower --learning-rate, or begin with smaller weights in the layer with the largest"
          + " gradient."),
  EXPLODED(
      "the norm is finite but far above what it was",
      "Look at this step's batch; raise --explode-factor if such steps are usual here."),
  GONE(
      "run again, the step is finite",
      "The numbers depend on the order of additions, so it is close to an overflow: lower "
          + "--learning-rate."),
  NOT_EXAMINED(
      "several workers made the step, and none of them can run it again alone",
      "`belay replay` looks for the first op that is not finite, in one process."),
  UNKNOWN("not known", "The ranges of the op's inputs say what it was given.");

  private static final Set<String> LOGARITHMS = Set.of("Log", "Log1p", "Xlogy");
  private static final Set<String> EXPONENTIALS =
      Set.of(
          "Exp",
          "Expm1",
          "Softmax",
          "LogSoftmax",
          "Sinh",
          "Cosh",
          "SoftmaxCrossEntropyWithLogits",
          "SparseSoftmaxCrossEntropyWithLogits");
  private static final Set<String> DIVISIONS =
      Set.of(
          "Div",
          "RealDiv",
          "DivNoNan",
          "Xdivy",
          "Reciprocal",
          "Inv",
          "Rsqrt",
          "RsqrtGrad",
          "Sqrt",
          "SqrtGrad",
          "ReciprocalGrad",
          "InvGrad",
          "Pow");

  private final String words;
  private final String advice;

  Cause(String words, String advice) {
    this.words = words;
    this.advice = advice;
  }

  /** In words. */
  public String words() {
    return words;
  }

  /** Advice. */
  public String advice() {
    return advice;
  }

  /** As JSON has it. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The cause that the op and its inputs suggest. */
  static Cause of(NonFinite found, double lossScale) {
    double largest = found.inputs().stream().mapToDouble(TensorRange::magnitude).max().orElse(0);
    if (found.variable().isPresent()) {
      return WEIGHT;
    }
    if (found.type().startsWith("Placeholder")) {
      return NodeNames.isInStep(found.operation(), NodeNames.LOSS) ? LABEL : INPUT;
    }
    if (found.backward() && lossScale > 1) {
      return LOSS_SCALE;
    }
    if (found.type().equals("Cast")) {
      return HALF_RANGE;
    }
    if (LOGARITHMS.contains(found.type())) {
      return LOG_OF_ZERO;
    }
    if (EXPONENTIALS.contains(found.type())) {
      return SOFTMAX_OVERFLOW;
    }
    if (DIVISIONS.contains(found.type()) && touchesZero(found)) {
      return DIVISION_BY_ZERO;
    }
    if (NodeNames.isInStep(found.operation(), NodeNames.CLIP)) {
      return NORM_OVERFLOW;
    }
    return largest > 1e9 ? LEARNING_RATE : UNKNOWN;
  }

  private static boolean touchesZero(NonFinite found) {
    return found.inputs().stream().anyMatch(input -> input.min() <= 0 && input.max() >= 0)
        || found.inputs().stream().anyMatch(input -> input.min() < 0);
  }
}
