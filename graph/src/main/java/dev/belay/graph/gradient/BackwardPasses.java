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
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.DataType;

/** Backward passes from the loss to the variables, with the gradients accumulated so far. */
final class BackwardPasses {
  private final Ops tf;
  private final GradientFlow flow;
  private final List<? extends GradientGap> saved;
  private final Set<Output<?>> wanted;
  private final Map<Output<?>, List<Operand<?>>> arrived = new LinkedHashMap<>();
  private final List<Start> waiting = new ArrayList<>();
  private final Set<String> read = new HashSet<>();

  /** A tensor whose gradient is given. */
  private record Start(Output<?> tensor, Output<?> gradient) {}

  BackwardPasses(Ops tf, List<Output<?>> by, List<? extends GradientGap> saved) {
    this.tf = tf;
    this.flow = new GradientFlow((Graph) tf.scope().env());
    this.saved = saved;
    this.wanted = new LinkedHashSet<>(by);
    saved.forEach(gap -> wanted.addAll(gap.results()));
  }

  void run(List<Output<?>> from, List<Output<?>> gradients) {
    start(from, gradients);
    for (GradientGap gap : lossFirst()) {
      pass(waitingFor(gap));
      List<Operand<?>> results = new ArrayList<>();
      for (Output<?> result : gap.results()) {
        results.add(sum(result));
      }
      if (results.stream().anyMatch(result -> result != null)) {
        cross(gap, results);
      }
    }
    pass(List.copyOf(waiting));
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
    start(from, gradients);
  }

  /** Takes note of gradients that are given, of tensors that are requested or lie downstream. */
  private void start(List<Output<?>> from, List<Output<?>> gradients) {
    read.addAll(flow.ancestors(from));
    for (int i = 0; i < from.size(); i++) {
      Output<?> tensor = from.get(i);
      Output<?> source = behindIdentity(tensor);
      if (wanted.contains(source)) {
        arrive(source, gradients.get(i));
      } else if (source.dataType() != DataType.DT_VARIANT && dependsOnWanted(tensor)) {
        waiting.add(new Start(tensor, gradients.get(i)));
      }
    }
  }

  /**
   * The starts that lead to a gap. Only these are differentiated before it is crossed: each pass
   * repeats what it shares with another.
   */
  private List<Start> waitingFor(GradientGap gap) {
    return waiting.stream()
        .filter(
            start -> {
              Set<String> upstream = flow.ancestors(List.of(start.tensor()));
              return gap.results().stream()
                  .anyMatch(result -> upstream.contains(result.op().name()));
            })
        .toList();
  }

  /** Adds the gradient of some tensors by all requested ones upstream, in one pass. */
  private void pass(List<Start> starts) {
    waiting.removeAll(starts);
    List<Output<?>> from = new ArrayList<>();
    List<Output<?>> gradients = new ArrayList<>();
    starts.forEach(
        start -> {
          from.add(start.tensor());
          gradients.add(start.gradient());
        });
    Set<String> upstream = flow.ancestors(from);
    List<Output<?>> by = new ArrayList<>();
    for (Output<?> tensor : wanted) {
      if (upstream.contains(tensor.op().name()) && FloatingTypes.isReal(tensor.dataType())) {
        by.add(tensor);
      }
    }
    if (by.isEmpty()) {
      return;
    }
    Output<?>[] parts = nativeGradients(tf, apart(from), by, gradients);
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
   * Puts each tensor behind an Identity, so that none depends on another: when several tensors are
   * differentiated at once, the native runtime stops at each of them and loses contributions from
   * others downstream.
   */
  private Output<?>[] apart(List<Output<?>> from) {
    return from.stream()
        .map(tensor -> from.size() == 1 ? tensor : tf.identity(tensor).asOutput())
        .toArray(Output<?>[]::new);
  }

  /** The gaps in an order in which each comes after all gaps downstream of it. */
  private List<GradientGap> lossFirst() {
    List<GradientGap> unordered = new ArrayList<>(saved);
    Map<GradientGap, Set<String>> upstream = new LinkedHashMap<>();
    saved.forEach(gap -> upstream.put(gap, flow.ancestors(gap.arguments())));
    List<GradientGap> ordered = new ArrayList<>();
    while (!unordered.isEmpty()) {
      for (GradientGap gap : List.copyOf(unordered)) {
        boolean feedsAnother =
            unordered.stream()
                .anyMatch(
                    other ->
                        !other.node().equals(gap.node())
                            && gap.results().stream()
                                .anyMatch(
                                    result -> upstream.get(other).contains(result.op().name())));
        if (!feedsAnother) {
          ordered.add(gap);
          unordered.remove(gap);
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

  static Output<?>[] nativeGradients(
      Ops tf, Output<?>[] from, List<Output<?>> by, List<Output<?>> gradients) {
    try {
      return ((Graph) tf.scope().env())
          .addGradients(
              tf.scope().makeOpName("gradients"),
              from,
              by.toArray(new Output<?>[0]),
              gradients.toArray(new Output<?>[0]));
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
}
