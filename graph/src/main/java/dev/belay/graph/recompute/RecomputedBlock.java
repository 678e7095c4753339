package dev.belay.graph.recompute;

import dev.belay.graph.gradient.GradientGap;
import dev.belay.graph.gradient.Gradients;
import dev.belay.graph.search.FloatingTypes;
import dev.belay.graph.search.Operations;
import dev.belay.graph.search.Reachable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Block of a model that the backward pass computes again.
 *
 * <p>Its second copy reads the inputs behind an EnsureShape that waits for the gradient of the
 * result. So it cannot run before that gradient has arrived, and TensorFlow does not find that both
 * copies compute the same.
 *
 * <p>Both copies must compute the same bits as a block without recomputation. TensorFlow fuses
 * nodes, or reorders products, only where no other node reads the tensors between them. In the
 * first copy, no gradient reads them, so their sizes are read instead.
 *
 * @param nodes of the first copy, in the order in which they were added
 * @param inputs tensors that it reads and that may depend on a variable that trains
 * @param variables values of variables that it reads and that train
 * @param result for other nodes, behind a StopGradient
 * @param again adds the second copy
 */
record RecomputedBlock(
    List<GraphOperation> nodes,
    List<Operand<TFloat32>> inputs,
    List<Output<?>> variables,
    Output<?> result,
    Recomputation.Block again)
    implements GradientGap {

  @Override
  public String node() {
    return result.op().name();
  }

  @Override
  public List<Output<?>> results() {
    return List.of(result);
  }

  @Override
  public List<Output<?>> arguments() {
    List<Output<?>> arguments = new ArrayList<>(variables);
    inputs.forEach(input -> arguments.add(input.asOutput()));
    return arguments;
  }

  @Override
  public List<Output<?>> backward(Ops outer, List<Output<?>> incoming) {
    Ops tf = outer.withSubScope("recomputed");
    Graph graph = (Graph) tf.scope().env();
    List<Operand<TFloat32>> late = late(tf, incoming.get(0));
    List<GraphOperation> before = Operations.of(graph);
    Operand<TFloat32> output = again.apply(tf, late);
    List<GraphOperation> after = Operations.of(graph);
    Map<Output<?>, Output<?>> first =
        counterparts(after.subList(before.size(), after.size()), late);
    List<Output<?>> by = new ArrayList<>(variables);
    late.forEach(input -> by.add(input.asOutput()));
    List<Output<?>> gradients =
        Gradients.within(outer, output.asOutput(), incoming.get(0), by);
    List<GraphOperation> all = Operations.of(graph);
    Set<Output<?>> kept = readBy(all.subList(after.size(), all.size()), gradients, first);
    return anchored(tf, gradients, kept);
  }

  /**
   * The inputs, as soon as there is a gradient of the result. An Identity would be removed, and a
   * Reshape would hide from TensorFlow that shapes are equal, so that it would add in another
   * order.
   */
  private List<Operand<TFloat32>> late(Ops outer, Output<?> gradient) {
    Ops tf = outer.withControlDependencyOps(List.of(gradient.op()));
    return inputs.stream()
        .<Operand<TFloat32>>map(
            input -> outer.stopGradient(tf.ensureShape(input, input.shape())))
        .toList();
  }

  /** Makes one gradient depend on the sizes of tensors of the first copy. */
  private List<Output<?>> anchored(Ops tf, List<Output<?>> gradients, Set<Output<?>> kept) {
    List<Output<?>> outgoing = new ArrayList<>(gradients);
    List<Output<?>> arguments = arguments();
    for (int i = 0; i < outgoing.size() && !kept.isEmpty(); i++) {
      Shape shape = arguments.get(i).shape();
      if (outgoing.get(i) != null && shape.numDimensions() > 0) {
        Operand<TInt32> open = openDimension(tf, kept);
        Operand<TFloat32> gradient = outgoing.get(i).expect(TFloat32.class);
        outgoing.set(
            i, tf.ensureShape(reshaped(tf, gradient, shape, open), shape).asOutput());
        break;
      }
    }
    return outgoing;
  }

  /** -1, or 0 if one of the tensors has no elements; TensorFlow cannot tell before it has them. */
  private static Operand<TInt32> openDimension(Ops tf, Collection<Output<?>> tensors) {
    List<Operand<TInt32>> sizes = new ArrayList<>();
    tensors.forEach(tensor -> sizes.add(tf.size(tensor)));
    Operand<TInt32> least = tf.min(tf.stack(sizes), tf.constant(0));
    return tf.math.maximum(tf.constant(-1), tf.math.neg(least));
  }

  /** The same tensor; its first dimension is {@code open} for TensorFlow to compute. */
  private static Operand<TFloat32> reshaped(
      Ops tf, Operand<TFloat32> tensor, Shape shape, Operand<TInt32> open) {
    Operand<TInt32> zero = tf.constant(0);
    List<Operand<TInt32>> sizes = new ArrayList<>(List.of(open));
    for (int i = 1; i < shape.numDimensions(); i++) {
      sizes.add(
          shape.get(i) == Shape.UNKNOWN_SIZE
              ? tf.gather(tf.shape(tensor), tf.constant(i), zero)
              : tf.constant(Math.toIntExact(shape.get(i))));
    }
    return tf.reshape(tensor, tf.stack(sizes));
  }

  /** Tensors of the first copy by those of the second. */
  private Map<Output<?>, Output<?>> counterparts(
      List<GraphOperation> second, List<Operand<TFloat32>> late) {
    if (second.size() != nodes.size()) {
      throw new IllegalStateException(
          node() + ": the copies have " + nodes.size() + " and " + second.size() + " nodes");
    }
    Map<Output<?>, Output<?>> first = new HashMap<>();
    for (int i = 0; i < late.size(); i++) {
      first.put(late.get(i).asOutput(), inputs.get(i).asOutput());
    }
    for (int i = 0; i < second.size(); i++) {
      for (int output = 0; output < second.get(i).numOutputs(); output++) {
        first.put(second.get(i).output(output), nodes.get(i).output(output));
      }
    }
    return first;
  }

  /** Floating-point tensors that nodes read from which some tensors are computed. */
  private static Set<Output<?>> readBy(
      List<GraphOperation> nodes, List<Output<?>> tensors, Map<Output<?>, Output<?>> first) {
    Map<String, GraphOperation> within = new HashMap<>();
    nodes.forEach(node -> within.put(node.name(), node));
    List<GraphOperation> roots = new ArrayList<>();
    for (Output<?> tensor : tensors) {
      if (tensor != null && within.containsKey(tensor.op().name())) {
        roots.add(within.get(tensor.op().name()));
      }
    }
    Set<Output<?>> read = new LinkedHashSet<>();
    Set<String> names =
        Reachable.from(
            roots.stream().map(GraphOperation::name).toList(),
            name ->
                Operations.sources(within.get(name)).stream()
                    .map(GraphOperation::name)
                    .filter(within::containsKey)
                    .toList());
    for (String name : names) {
      for (Output<?> input : Operations.inputs(within.get(name))) {
        Output<?> counterpart = first.get(input);
        if (counterpart != null && FloatingTypes.carriesGradient(input.dataType())) {
          read.add(counterpart);
        }
      }
    }
    return read;
  }
}
