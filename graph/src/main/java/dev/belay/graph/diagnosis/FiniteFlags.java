package dev.belay.graph.diagnosis;

import dev.belay.graph.search.FloatingTypes;
import dev.belay.graph.search.Operations;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.ReduceAll;
import org.tensorflow.types.TBool;
import org.tensorflow.types.family.TNumber;

/**
 * Flags for all floating-point tensors upstream of some targets, in data-flow order; each says
 * whether all elements of its tensor are finite.
 *
 * <p>Tensors that may not be computed at all, behind a Switch or inside a loop, have no flag:
 * fetching one would fail if the other branch is taken.
 *
 * @param tensors in topological order: inputs come before the tensors computed from them
 * @param flags [tensors]
 */
public record FiniteFlags(List<Output<?>> tensors, Operand<TBool> flags) {
  private static final Set<String> OPENS_BRANCH =
      Set.of("Switch", "RefSwitch", "_SwitchN", "Enter", "RefEnter", "NextIteration");
  private static final Set<String> CLOSES_BRANCH = Set.of("Merge", "RefMerge", "Exit", "RefExit");

  /** Adds flags to a graph for all tensors upstream of the targets, including the targets. */
  public static FiniteFlags of(Ops tf, Collection<? extends Operand<?>> targets) {
    List<Output<?>> tensors = new ArrayList<>();
    Map<String, Boolean> conditional = new HashMap<>();
    for (GraphOperation operation : topological(targets)) {
      boolean inBranch =
          OPENS_BRANCH.contains(operation.type())
              || (!CLOSES_BRANCH.contains(operation.type()) && anyInput(operation, conditional));
      conditional.put(operation.name(), inBranch);
      for (int i = 0; !inBranch && i < operation.numOutputs(); i++) {
        Output<?> output = operation.output(i);
        if (FloatingTypes.isReal(output.dataType())) {
          tensors.add(output);
        }
      }
    }
    List<Operand<TBool>> flags = new ArrayList<>();
    for (Output<?> tensor : tensors) {
      flags.add(flag(tf, tensor));
    }
    return new FiniteFlags(tensors, tf.stack(flags));
  }

  @SuppressWarnings("unchecked") // only floating-point tensors come here
  private static Operand<TBool> flag(Ops tf, Output<?> tensor) {
    Operand<TBool> finite = tf.math.isFinite((Operand<? extends TNumber>) tensor);
    Operand<TBool> flat = tf.reshape(finite, tf.constant(new int[] {-1}));
    return tf.reduceAll(flat, tf.constant(0), new ReduceAll.Options[0]);
  }

  private static boolean anyInput(GraphOperation operation, Map<String, Boolean> conditional) {
    return Stream.concat(Operations.sources(operation).stream(), operation.controlInputs().stream())
        .anyMatch(input -> conditional.getOrDefault(input.name(), false));
  }

  /** Depth first, without recursion: a transformer is deeper than a stack. */
  private static List<GraphOperation> topological(Collection<? extends Operand<?>> targets) {
    List<GraphOperation> ordered = new ArrayList<>();
    Set<String> entered = new HashSet<>();
    Set<String> left = new HashSet<>();
    Deque<GraphOperation> stack = new ArrayDeque<>();
    targets.forEach(target -> stack.push((GraphOperation) target.asOutput().op()));
    while (!stack.isEmpty()) {
      GraphOperation operation = stack.peek();
      if (entered.add(operation.name())) {
        // A loop's back edge leads to a node that was entered and not yet left; it is not followed.
        for (int i = operation.numInputs() - 1; i >= 0; i--) {
          GraphOperation input = (GraphOperation) operation.input(i).op();
          if (!entered.contains(input.name())) {
            stack.push(input);
          }
        }
        operation.controlInputs().stream()
            .filter(control -> !entered.contains(control.name()))
            .forEach(stack::push);
      } else {
        stack.pop();
        if (left.add(operation.name())) {
          ordered.add(operation);
        }
      }
    }
    return ordered;
  }
}
