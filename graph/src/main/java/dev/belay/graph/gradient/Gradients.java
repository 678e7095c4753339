package dev.belay.graph.gradient;

import dev.belay.graph.search.FloatingTypes;
import dev.belay.graph.search.Operations;
import dev.belay.graph.variable.GraphVariable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.types.TFloat32;

/**
 * Gradient of a loss by variables. Only this class asks the native runtime for gradients.
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
    Backward backward =
        new Backward(
            tf,
            variables.stream().<Output<?>>map(variable -> variable.value().asOutput()).toList(),
            request.saved());
    backward.run(List.of(loss.asOutput()), null);
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
    Backward backward = new Backward(tf, by, gaps);
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
    Output<?>[] parts = nativeGradients(tf, new Output<?>[] {from}, by, List.of(gradient));
    List<Output<?>> gradients = new ArrayList<>();
    for (Output<?> part : parts) {
      gradients.add(part == null || part.isClosed() ? null : part);
    }
    return gradients;
  }

  private static Output<?>[] nativeGradients(
      Ops tf, Output<?>[] from, List<Output<?>> by, List<Output<?>> gradients) {
    try {
      return ((Graph) tf.scope().env())
          .addGradients(
              tf.scope().makeOpName("gradients"),
              from,
              by.toArray(new Output<?>[0]),
              gradients == null ? null : gradients.toArray(new Output<?>[0]));
    } catch (RuntimeException e) {
      // Ops without a gradient were reported before, so this op's gradient does not work for its
      // types or attributes; the runtime's message names it.
      throw new UntrainableModelException(
          "The native runtime failed to differentiate the model, at an op whose gradient it has"
              + " but not for these types or attributes: "
              + e.getMessage()
              + " Freeze the variables below that op (--freeze), or train another function.",
          e);
    }
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

  /** Backward passes from the loss to the variables, with the gradients accumulated so far. */
  private static final class Backward {
    private final Ops tf;
    private final GradientFlow flow;
    private final List<? extends GradientGap> saved;
    private final Set<Output<?>> wanted;
    private final Map<Output<?>, List<Operand<?>>> arrived = new LinkedHashMap<>();
    private final Set<String> read = new HashSet<>();

    Backward(Ops tf, List<Output<?>> by, List<? extends GradientGap> saved) {
      this.tf = tf;
      this.flow = new GradientFlow((Graph) tf.scope().env());
      this.saved = saved;
      this.wanted = new LinkedHashSet<>(by);
      saved.forEach(gap -> wanted.addAll(gap.results()));
    }

    void run(List<Output<?>> from, List<Output<?>> gradients) {
      pass(from, gradients);
      for (GradientGap gap : lossFirst()) {
        List<Operand<?>> results = new ArrayList<>();
        for (Output<?> result : gap.results()) {
          results.add(sum(result));
        }
        if (results.stream().anyMatch(result -> result != null)) {
          cross(gap, results);
        }
      }
    }

    boolean isRead(GraphVariable variable) {
      return read.contains(variable.value().op().name());
    }

    /** The sum of the gradients that reached a tensor, or null. */
    Operand<?> sum(Output<?> at) {
      List<Operand<?>> parts = arrived.getOrDefault(at, List.of());
      return parts.isEmpty() ? null : parts.size() == 1 ? parts.get(0) : addN(parts);
    }

    private void cross(GradientGap gap, List<Operand<?>> results) {
      List<Output<?>> incoming = new ArrayList<>();
      results.forEach(result -> incoming.add(result == null ? null : result.asOutput()));
      List<Output<?>> outgoing = gap.backward(tf, incoming);
      List<Output<?>> from = new ArrayList<>();
      List<Output<?>> gradients = new ArrayList<>();
      for (int i = 0; i < outgoing.size(); i++) {
        Output<?> gradient = outgoing.get(i);
        if (gradient != null && gradient.dataType() == gap.arguments().get(i).dataType()) {
          from.add(gap.arguments().get(i));
          gradients.add(gradient);
        }
      }
      pass(from, gradients);
    }

    /** Adds the gradient of {@code from} by all requested tensors upstream. */
    private void pass(List<Output<?>> from, List<Output<?>> gradients) {
      read.addAll(flow.ancestors(from));
      List<Output<?>> rest = new ArrayList<>();
      List<Output<?>> gradientsOfRest = new ArrayList<>();
      for (int i = 0; i < from.size(); i++) {
        Output<?> source = behindIdentity(from.get(i));
        if (wanted.contains(source)) {
          arrive(source, gradients == null ? tf.onesLike(source).asOutput() : gradients.get(i));
        } else if (source.dataType() != DataType.DT_VARIANT && dependsOnWanted(from.get(i))) {
          rest.add(from.get(i));
          gradientsOfRest.add(gradients == null ? null : gradients.get(i));
        }
      }
      Set<String> upstream = flow.ancestors(rest);
      List<Output<?>> by = new ArrayList<>();
      for (Output<?> tensor : wanted) {
        if (upstream.contains(tensor.op().name()) && FloatingTypes.isReal(tensor.dataType())) {
          by.add(tensor);
        }
      }
      if (by.isEmpty() || rest.isEmpty()) {
        return;
      }
      Output<?>[] parts =
          nativeGradients(tf, apart(rest), by, gradients == null ? null : gradientsOfRest);
      for (int i = 0; i < parts.length; i++) {
        // A path that ends upstream returns a part without a native op, which reads as closed.
        if (parts[i] != null && !parts[i].isClosed()) {
          arrive(by.get(i), parts[i]);
        }
      }
    }

    /** The native runtime fails at a tensor without any path, such as a variable that is frozen. */
    private boolean dependsOnWanted(Output<?> tensor) {
      Set<String> upstream = flow.ancestors(List.of(tensor));
      return wanted.stream().anyMatch(one -> upstream.contains(one.op().name()));
    }

    /** Sums are taken apart, so that all parts are added in one order, however many passes. */
    private void arrive(Output<?> at, Output<?> gradient) {
      List<Operand<?>> parts = arrived.computeIfAbsent(at, key -> new ArrayList<>());
      boolean sum =
          !saved.isEmpty()
              && gradient.op().type().equals("AddN")
              && FloatingTypes.isReal(gradient.dataType());
      if (sum) {
        parts.addAll(Operations.inputs((GraphOperation) gradient.op()));
      } else {
        parts.add(gradient);
      }
    }

    /** The tensor that Identity nodes pass on, up to one that is requested. */
    private Output<?> behindIdentity(Output<?> tensor) {
      Output<?> source = tensor;
      while (!wanted.contains(source) && source.op().type().equals("Identity")) {
        source = ((GraphOperation) source.op()).input(0);
      }
      return source;
    }

    /**
     * Puts each tensor behind an Identity, so that none depends on another: when several tensors
     * are differentiated at once, the native runtime stops at each of them and loses contributions
     * from others downstream.
     */
    private Output<?>[] apart(List<Output<?>> from) {
      return from.stream()
          .map(tensor -> from.size() == 1 ? tensor : tf.identity(tensor).asOutput())
          .toArray(Output<?>[]::new);
    }

    /** The gaps in an order in which each comes after all gaps downstream of it. */
    private List<GradientGap> lossFirst() {
      List<GradientGap> waiting = new ArrayList<>(saved);
      Map<GradientGap, Set<String>> upstream = new LinkedHashMap<>();
      saved.forEach(gap -> upstream.put(gap, flow.ancestors(gap.arguments())));
      List<GradientGap> ordered = new ArrayList<>();
      while (!waiting.isEmpty()) {
        for (GradientGap gap : List.copyOf(waiting)) {
          boolean feedsAnother =
              waiting.stream()
                  .anyMatch(
                      other ->
                          !other.node().equals(gap.node())
                              && gap.results().stream()
                                  .anyMatch(
                                      result -> upstream.get(other).contains(result.op().name())));
          if (!feedsAnother) {
            ordered.add(gap);
            waiting.remove(gap);
          }
        }
      }
      return ordered;
    }

    private Operand<?> addN(List<Operand<?>> parts) {
      return tf.scope()
          .opBuilder("AddN", "AddN")
          .addInputList(parts.stream().map(Operand::asOutput).toArray(Output<?>[]::new))
          .build()
          .output(0);
    }
  }
}
