package dev.belay.graph.diagnosis;

import dev.belay.graph.search.Operations;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TType;

/**
 * First op, in data-flow order, whose result is not finite although all its inputs are.
 *
 * @param operation that op
 * @param output its first result that is not finite
 * @param inputs its floating-point inputs
 */
public record FirstNonFinite(GraphOperation operation, Output<?> output, List<Output<?>> inputs) {

  /**
   * Reads flags.
   *
   * @param finite the values of the flags, in their order
   * @return empty if everything is finite except tensors that depend only on ids and shapes, such
   *     as masks, which may hide padding by minus infinity on purpose
   */
  public static Optional<FirstNonFinite> of(FiniteFlags flags, boolean... finite) {
    Set<Output<?>> bad = new HashSet<>();
    Map<Output<?>, Integer> place = new HashMap<>();
    for (int i = 0; i < finite.length; i++) {
      place.put(flags.tensors().get(i), i);
      if (!finite[i]) {
        bad.add(flags.tensors().get(i));
      }
    }
    Weighed weighed = new Weighed();
    Optional<FirstNonFinite> behindMask = Optional.empty();
    for (Output<?> tensor : flags.tensors()) {
      GraphOperation operation = (GraphOperation) tensor.op();
      if (!bad.contains(tensor) || !weighed.dependsOnNumbers(operation)) {
        continue;
      }
      List<Output<?>> inputs = inputs(operation, place);
      FirstNonFinite found = new FirstNonFinite(operation, tensor, inputs);
      if (inputs.stream().noneMatch(bad::contains)) {
        return Optional.of(found);
      }
      boolean onlyMasks =
          inputs.stream()
              .filter(bad::contains)
              .noneMatch(input -> weighed.dependsOnNumbers((GraphOperation) input.op()));
      if (onlyMasks && behindMask.isEmpty()) {
        behindMask = Optional.of(found);
      }
    }
    return behindMask;
  }

  private static List<Output<?>> inputs(GraphOperation operation, Map<Output<?>, Integer> known) {
    return Operations.inputs(operation).stream().filter(known::containsKey).toList();
  }

  /** Copies in float32 of tensors, which a session may fetch even if they are fed. */
  @SuppressWarnings("unchecked") // only floating-point tensors come here
  public static List<Operand<TFloat32>> fetchable(Ops tf, List<Output<?>> tensors) {
    return tensors.stream()
        .map(tensor -> (Operand<? extends TType>) tensor)
        .<Operand<TFloat32>>map(
            tensor ->
                tensor.type() == TFloat32.class
                    ? tf.identity((Operand<TFloat32>) tensor)
                    : tf.dtypes.cast(tensor, TFloat32.class))
        .toList();
  }

  /**
   * Tells tensors that depend on weights, float inputs or labels from those that depend only on ids
   * and shapes.
   */
  private static final class Weighed {
    private final Map<String, Boolean> known = new HashMap<>();

    boolean dependsOnNumbers(GraphOperation operation) {
      Boolean before = known.get(operation.name());
      if (before != null) {
        return before;
      }
      known.put(operation.name(), false); // ends loops
      boolean numbers =
          switch (operation.type()) {
            case "ReadVariableOp", "VariableV2" -> true;
            case "Placeholder" -> operation.output(0).dataType() == DataType.DT_FLOAT;
            case "Shape", "Size", "Rank" -> false;
            default -> Operations.sources(operation).stream().anyMatch(this::dependsOnNumbers);
          };
      known.put(operation.name(), numbers);
      return numbers;
    }
  }
}
