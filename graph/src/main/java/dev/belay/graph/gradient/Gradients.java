package dev.belay.graph.gradient;

import dev.belay.graph.variable.GraphVariable;
import java.util.ArrayList;
import java.util.Collection;
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
import org.tensorflow.OperationBuilder;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.op.Scope;
import org.tensorflow.proto.framework.AttrValue;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.NameAttrList;
import org.tensorflow.proto.framework.OpDef;
import org.tensorflow.types.TFloat32;

/**
 * Gradient of a loss by variables. Only this class asks the native runtime for gradients.
 *
 * <p>Repeated rows of a lookup are summed, so every gradient is dense and of its variable's shape,
 * as in PyTorch. Where the model's author saved a custom gradient, the graph is cut: the native
 * gradient stops at the results of the gap, the saved function maps it to gradients of the
 * arguments, and a new native gradient continues from there. Contributions that reach a variable by
 * several paths are added up.
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
   * @param saved gaps bridged by a saved gradient function
   * @param mayHaveNone names of variables that the loss may read without having a gradient
   * @param rows what the norm of a gradient is measured on
   */
  public record Request(
      List<GraphVariable> variables,
      List<SavedGradient> saved,
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
      List<SavedGradient> saved,
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
    Backward backward = new Backward(tf, variables, request.saved());
    backward.run(loss.asOutput());
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
    return new Gradients(gradients, unused, allowed);
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
    private final Graph graph;
    private final DataFlow flow;
    private final List<GraphVariable> variables;
    private final List<SavedGradient> saved;
    private final Map<Output<?>, List<Operand<?>>> arrived = new LinkedHashMap<>();
    private final Set<String> read = new HashSet<>();

    Backward(Ops tf, List<GraphVariable> variables, List<SavedGradient> saved) {
      this.tf = tf;
      this.graph = (Graph) tf.scope().env();
      this.flow = new DataFlow(graph);
      this.variables = variables;
      this.saved = saved;
    }

    void run(Output<?> loss) {
      pass(List.of(loss), null);
      for (SavedGradient gap : lossFirst()) {
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

    private void cross(SavedGradient gap, List<Operand<?>> results) {
      List<Output<?>> incoming = new ArrayList<>();
      for (int i = 0; i < results.size(); i++) {
        Operand<?> result = results.get(i);
        incoming.add((result == null ? tf.zerosLike(gap.results().get(i)) : result).asOutput());
      }
      List<Output<?>> from = new ArrayList<>();
      List<Output<?>> gradients = new ArrayList<>();
      List<Output<?>> outgoing = call(tf.scope(), gap, incoming);
      for (int i = 0; i < outgoing.size(); i++) {
        if (outgoing.get(i).dataType() == gap.arguments().get(i).dataType()) {
          from.add(gap.arguments().get(i));
          gradients.add(outgoing.get(i));
        }
      }
      pass(from, gradients);
    }

    /** Adds the gradient of {@code from} by all requested tensors upstream. */
    private void pass(List<Output<?>> from, List<Output<?>> gradients) {
      Set<String> upstream = flow.ancestors(from);
      read.addAll(upstream);
      List<Output<?>> by = new ArrayList<>();
      for (Output<?> wanted : wanted()) {
        if (upstream.contains(wanted.op().name()) && wanted.dataType() == DataType.DT_FLOAT) {
          by.add(wanted);
        }
      }
      if (by.isEmpty()) {
        return;
      }
      Output<?>[] parts = differentiate(from, by, gradients);
      for (int i = 0; i < parts.length; i++) {
        // A path that ends upstream returns a part without a native op, which reads as closed.
        if (parts[i] != null && !parts[i].isClosed()) {
          arrived.computeIfAbsent(by.get(i), key -> new ArrayList<>()).add(parts[i]);
        }
      }
    }

    private Output<?>[] differentiate(
        List<Output<?>> from, List<Output<?>> by, List<Output<?>> gradients) {
      try {
        return graph.addGradients(
            tf.scope().makeOpName("gradients"),
            apart(from),
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

    private Collection<Output<?>> wanted() {
      Set<Output<?>> wanted = new LinkedHashSet<>();
      variables.forEach(variable -> wanted.add(variable.value()));
      saved.forEach(gap -> wanted.addAll(gap.results()));
      return wanted;
    }

    /** The gaps in an order in which each comes after all gaps downstream of it. */
    private List<SavedGradient> lossFirst() {
      List<SavedGradient> waiting = new ArrayList<>(saved);
      Map<SavedGradient, Set<String>> upstream = new LinkedHashMap<>();
      saved.forEach(gap -> upstream.put(gap, flow.ancestors(gap.arguments())));
      List<SavedGradient> ordered = new ArrayList<>();
      while (!waiting.isEmpty()) {
        for (SavedGradient gap : List.copyOf(waiting)) {
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

  /** Calls the function that holds a saved gradient. */
  private static List<Output<?>> call(
      Scope scope, SavedGradient gap, List<Output<?>> resultGradients) {
    List<Output<?>> inputs = new ArrayList<>(resultGradients);
    inputs.addAll(gap.captures());
    FunctionDef function = gap.function();
    OpDef signature = function.getSignature();
    if (signature.getInputArgCount() != inputs.size()
        || signature.getOutputArgCount() != gap.arguments().size()) {
      throw new UntrainableModelException(
          "The saved gradient "
              + signature.getName()
              + " of the node "
              + gap.node()
              + " takes "
              + signature.getInputArgCount()
              + " tensors and gives "
              + signature.getOutputArgCount()
              + "; expected were "
              + resultGradients.size()
              + " gradients of results and "
              + gap.captures().size()
              + " captures, to "
              + gap.arguments().size()
              + " gradients of arguments. Save the model again, or freeze what lies below the"
              + " node.");
    }
    OperationBuilder builder =
        scope
            .opBuilder(
                signature.getIsStateful() ? "StatefulPartitionedCall" : "PartitionedCall",
                "saved_gradient")
            .addInputList(inputs.toArray(new Output<?>[0]))
            .setAttr("Tin", inputs.stream().map(Output::dataType).toArray(DataType[]::new))
            .setAttr(
                "Tout",
                signature.getOutputArgList().stream()
                    .map(OpDef.ArgDef::getType)
                    .toArray(DataType[]::new))
            .setAttr(
                "f",
                AttrValue.newBuilder()
                    .setFunc(NameAttrList.newBuilder().setName(signature.getName()))
                    .build());
    GraphOperation call = (GraphOperation) builder.build();
    List<Output<?>> outputs = new ArrayList<>();
    for (int i = 0; i < call.numOutputs(); i++) {
      outputs.add(call.output(i));
    }
    return outputs;
  }
}
