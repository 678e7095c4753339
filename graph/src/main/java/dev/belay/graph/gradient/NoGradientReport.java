package dev.belay.graph.gradient;

import dev.belay.graph.variable.GraphVariable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.proto.framework.DataType;

/**
 * Report of everything that keeps a loss from training its variables. It is made before the
 * gradient is built, so that one error can list all of it.
 *
 * @param ops nodes on the path whose op has no native gradient, or none that Belay trusts, by op
 * @param wrong nodes on the path whose native gradient is wrong as they are, each with the reason
 * @param lostGradients nodes on the path whose author wrote a gradient that was not saved, each
 *     with the name the author registered
 */
public record NoGradientReport(
    Map<String, List<String>> ops, Map<String, String> wrong, Map<String, String> lostGradients) {
  /** Attribute of a loop or conditional with the reason why it has no gradient. */
  public static final String OBSTACLE = "_belay_obstacle";

  private static final int NAMES_SHOWN = 3;

  private static final Set<String> CONTROL_FLOW =
      Set.of(
          "If",
          "StatelessIf",
          "While",
          "StatelessWhile",
          "Case",
          "StatelessCase",
          "Switch",
          "Merge",
          "Enter",
          "Exit",
          "NextIteration");

  /** Ops that may read a variable's handle without hiding a float that depends on it. */
  private static final Set<String> HARMLESS_ON_HANDLES =
      Set.of("ReadVariableOp", "AssignVariableOp", "VarIsInitializedOp", "VariableShape");

  /**
   * Examines every floating-point path from the variables to the loss.
   *
   * @param loss where the gradient starts
   * @param variables that should train
   * @param saved gaps that bring their own gradient
   * @param lost nodes whose own gradient was not saved, by name
   */
  public static NoGradientReport of(
      Graph graph,
      Operand<?> loss,
      Collection<GraphVariable> variables,
      Collection<? extends GradientGap> saved,
      Map<String, String> lost) {
    List<Operand<?>> sources = new ArrayList<>();
    for (GraphVariable variable : variables) {
      sources.add(variable.value());
      sources.add(variable.handle()); // a loop may read the variable inside its body
    }
    return of(graph, List.of(loss), sources, saved, lost);
  }

  /**
   * Examines every floating-point path from some tensors to others.
   *
   * @param from where the gradient starts
   * @param by what it is taken by
   * @param saved gaps that bring their own gradient
   * @param lost nodes whose own gradient was not saved, by name
   */
  public static NoGradientReport of(
      Graph graph,
      List<? extends Operand<?>> from,
      List<? extends Operand<?>> by,
      Collection<? extends GradientGap> saved,
      Map<String, String> lost) {
    GradientFlow flow = new GradientFlow(graph);
    Set<String> given =
        by.stream().map(tensor -> tensor.asOutput().op().name()).collect(Collectors.toSet());
    saved.forEach(gap -> gap.results().forEach(result -> given.add(result.op().name())));
    List<Operand<?>> sources = new ArrayList<>(by);
    List<Operand<?>> targets = new ArrayList<>(from);
    for (GradientGap gap : saved) {
      sources.addAll(gap.results());
      targets.addAll(gap.arguments());
    }
    Map<String, List<String>> ops = new TreeMap<>();
    Map<String, String> wrong = new TreeMap<>();
    Map<String, String> lostOnTheWay = new TreeMap<>();
    for (String node : flow.leadingTo(targets, flow.reached(sources))) {
      GraphOperation operation = flow.node(node);
      String type = operation.type();
      if (given.contains(node) || passesList(operation)) {
        continue;
      }
      if (lost.containsKey(node)) {
        lostOnTheWay.put(node, lost.get(node));
      } else if (!type.equals("VarHandleOp") && !HARMLESS_ON_HANDLES.contains(type)) {
        Optional<String> obstacle = obstacle(operation);
        if (obstacle.isPresent()) {
          wrong.put(node, type + ": " + obstacle.get());
        } else if (!AuditedGradients.knows(type)) {
          ops.computeIfAbsent(type, key -> new ArrayList<>()).add(node);
        } else {
          AuditedGradients.objection(operation)
              .ifPresent(objection -> wrong.put(node, type + ": " + objection));
        }
      }
    }
    ops.values().forEach(names -> names.sort(null));
    return new NoGradientReport(ops, wrong, lostOnTheWay);
  }

  /** An array passes from gap to gap, which the native gradient does not see. */
  private static boolean passesList(GraphOperation operation) {
    return operation.type().equals("Identity")
        && operation.output(0).dataType() == DataType.DT_VARIANT;
  }

  /** The reason why a loop could not be differentiated. */
  private static Optional<String> obstacle(GraphOperation operation) {
    if (!CONTROL_FLOW.contains(operation.type())) {
      return Optional.empty();
    }
    try {
      return Optional.of(operation.attributes().getAttrString(OBSTACLE));
    } catch (TensorFlowException | IllegalArgumentException e) {
      return Optional.empty(); // it does not have the attribute
    }
  }

  /** Returns whether nothing prevents the gradient. */
  public boolean isEmpty() {
    return ops.isEmpty() && wrong.isEmpty() && lostGradients.isEmpty();
  }

  /**
   * Refuses everything that prevents the gradient.
   *
   * @throws UntrainableModelException if anything does, with what to do about it
   */
  public void requireEmpty() {
    if (!isEmpty()) {
      throw new UntrainableModelException("The model cannot be trained through as it is." + text());
    }
  }

  /** All of it, with what to do about it. */
  public String text() {
    StringBuilder text = new StringBuilder();
    if (!ops.isEmpty()) {
      text.append(" On the way from the loss to variables that train are ops without a gradient: ")
          .append(
              ops.entrySet().stream()
                  .map(entry -> entry.getKey() + " x" + entry.getValue().size() + some(entry))
                  .collect(Collectors.joining("; ")))
          .append('.');
      if (ops.keySet().stream().anyMatch(CONTROL_FLOW::contains)) {
        text.append(
            " A branch or loop that could not be unrolled has no gradient in the native runtime:"
                + " freeze everything below it (--freeze), so that the gradient need not pass it.");
      } else {
        text.append(" Freeze the variables below them (--freeze), or train another function.");
      }
    }
    if (!wrong.isEmpty()) {
      text.append(" The native runtime would give these nodes a wrong gradient or fail: ")
          .append(
              wrong.entrySet().stream()
                  .map(entry -> entry.getKey() + " (" + entry.getValue() + ")")
                  .collect(Collectors.joining("; ")))
          .append(
              ". Freeze the variables below them (--freeze), or save the model without these"
                  + " attributes.");
    }
    if (!lostGradients.isEmpty()) {
      text.append(" The author gave these nodes a gradient of their own, which was not saved: ")
          .append(
              lostGradients.entrySet().stream()
                  .map(entry -> entry.getKey() + " (" + entry.getValue() + ")")
                  .collect(Collectors.joining(", ")))
          .append(
              ". Save the model again with tf.saved_model.SaveOptions("
                  + "experimental_custom_gradients=True), or accept the natural gradient, which"
                  + " may differ from the author's, with --accept-custom-gradient.");
    }
    return text.toString();
  }

  private static String some(Map.Entry<String, List<String>> entry) {
    List<String> names = entry.getValue();
    String shown = names.stream().limit(NAMES_SHOWN).collect(Collectors.joining(", "));
    return " (" + shown + (names.size() > NAMES_SHOWN ? ", ..." : "") + ")";
  }
}
