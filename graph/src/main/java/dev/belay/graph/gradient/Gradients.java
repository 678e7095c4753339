package dev.belay.graph.gradient;

import dev.belay.graph.variable.GraphVariable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.types.TFloat32;

/**
 * Gradient of a loss by variables. Only {@link BackwardPasses} asks the native runtime for
 * gradients.
 *
 * <p>Repeated rows of a lookup are summed, so every gradient is dense and of its variable's shape,
 * as in PyTorch. Where the model's author saved a custom gradient, and at loops and arrays, the
 * graph is cut: the native gradient stops at the results of the gap, the gap maps it to gradients
 * of the arguments, and a new native gradient continues from there. Contributions that reach a
 * variable by several paths are added up.
 *
 * @param gradients one for each variable that the loss depends on, in their order
 * @param unused variables that the loss does not read at all, such as those of an unused pooler
 * @param allowed variables that the loss reads and that have no gradient, as the caller allowed
 */
public record Gradients(
    List<Gradient> gradients, List<GraphVariable> unused, List<GraphVariable> allowed) {

  /**
   * Arguments of one differentiation.
   *
   * @param variables to differentiate by; float32
   * @param saved gaps that bring their own gradient
   * @param mayHaveNone names of variables that the loss may read without having a gradient
   * @param rows what the norm of a gradient is measured on
   */
  public record Request(
      List<GraphVariable> variables,
      List<? extends GradientGap> saved,
      Predicate<String> mayHaveNone,
      NormRows rows) {}

  /**
   * Adds the gradient to the graph; its norm is that of the dense gradient.
   *
   * @see #of(Ops, Operand, Request)
   */
  public static Gradients of(
      Ops tf,
      Operand<TFloat32> loss,
      List<GraphVariable> variables,
      List<? extends GradientGap> saved,
      Predicate<String> mayHaveNone) {
    return of(tf, loss, new Request(variables, saved, mayHaveNone, NormRows.DENSE));
  }

  /**
   * Adds the gradient to the graph.
   *
   * @param tf where the nodes go
   * @param loss scalar
   * @throws UntrainableModelException if a variable that the loss reads has no gradient, and may
   *     not have none; it lists all of them
   */
  public static Gradients of(Ops tf, Operand<TFloat32> loss, Request request) {
    List<GraphVariable> variables = request.variables();
    requireFloat32(variables);
    BackwardPasses backward =
        new BackwardPasses(
            tf,
            variables.stream().<Output<?>>map(variable -> variable.value().asOutput()).toList(),
            request.saved());
    backward.run(List.of(loss.asOutput()), List.of(tf.onesLike(loss).asOutput()));
    List<Gradient> gradients = new ArrayList<>();
    List<GraphVariable> unused = new ArrayList<>();
    List<GraphVariable> allowed = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (GraphVariable variable : variables) {
      Operand<?> sum = backward.sum(variable.value());
      if (sum != null) {
        Operand<TFloat32> value = float32(sum);
        gradients.add(new Gradient(variable, value, request.rows().of(value)));
      } else if (!backward.isRead(variable)) {
        unused.add(variable);
      } else if (request.mayHaveNone().test(variable.name())) {
        allowed.add(variable);
      } else {
        missing.add(variable.name());
      }
    }
    if (!missing.isEmpty()) {
      throw new UntrainableModelException(
          "The loss reads "
              + missing.size()
              + " variables that should train, but has no gradient by them, since the model stops"
              + " it or uses them as integers: "
              + String.join(", ", missing)
              + ". Freeze them (--freeze), or say that they may stay as they are with"
              + " --allow-no-gradient.");
    }
    if (gradients.isEmpty()) {
      throw new UntrainableModelException(
          "The loss "
              + loss.asOutput().op().name()
              + " depends on none of the "
              + variables.size()
              + " variables that should train, such as "
              + variables.get(0).name()
              + ". Train another function or output (--signature, --output, --loss-output), or other"
              + " variables (--trainable, --freeze).");
    }
    return new Gradients(gradients, unused, allowed);
  }

  /**
   * Adds the gradient of tensors, given theirs, by other tensors.
   *
   * @param gradients of {@code from}, in their order
   * @return gradients of {@code by}, in their order; null where there is none
   */
  public static List<Operand<?>> of(
      Ops tf,
      List<Output<?>> from,
      List<Output<?>> gradients,
      List<Output<?>> by,
      List<? extends GradientGap> gaps) {
    BackwardPasses backward = new BackwardPasses(tf, by, gaps);
    backward.run(from, gradients);
    List<Operand<?>> sums = new ArrayList<>();
    by.forEach(tensor -> sums.add(backward.sum(tensor)));
    return sums;
  }

  /**
   * Adds the gradient of a tensor by tensors that it is computed from.
   *
   * @param gradient of {@code from}
   * @param gaps between them
   * @return gradients of {@code by}, in their order; null where there is none
   */
  public static List<Output<?>> within(
      Ops tf,
      Output<?> from,
      Output<?> gradient,
      List<Output<?>> by,
      List<? extends GradientGap> gaps) {
    if (!gaps.isEmpty()) {
      List<Output<?>> sums = new ArrayList<>();
      of(tf, List.of(from), List.of(gradient), by, gaps)
          .forEach(sum -> sums.add(sum == null ? null : sum.asOutput()));
      return sums;
    }
    Output<?>[] parts =
        BackwardPasses.nativeGradients(tf, new Output<?>[] {from}, by, List.of(gradient));
    List<Output<?>> gradients = new ArrayList<>();
    for (Output<?> part : parts) {
      gradients.add(part == null || part.isClosed() ? null : part);
    }
    return gradients;
  }

  @SuppressWarnings("unchecked") // the variables were checked, and a gradient has its type
  private static Operand<TFloat32> float32(Operand<?> gradient) {
    return (Operand<TFloat32>) gradient;
  }

  private static void requireFloat32(List<GraphVariable> variables) {
    String others =
        variables.stream()
            .filter(variable -> variable.spec().dtype() != DataType.DT_FLOAT)
            .map(variable -> variable.name() + " (" + variable.spec().dtype() + ")")
            .collect(Collectors.joining(", "));
    if (!others.isEmpty()) {
      throw new UntrainableModelException(
          "Belay trains float32 variables; these are of another type: "
              + others
              + ". Freeze them (--freeze), or save the model with float32 weights.");
    }
  }
}
