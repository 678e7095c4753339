package dev.belay.graph.recompute;

import dev.belay.graph.gradient.GradientGap;
import dev.belay.graph.gradient.Gradients;
import dev.belay.graph.search.FloatingTypes;
import dev.belay.graph.search.Operations;
import dev.belay.graph.search.Reachable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Operation;
import org.tensorflow.Output;
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
    Recomputation.Again again)
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
    Operand<TFloat32> output = again.block().apply(tf, late);
    List<GraphOperation> after = Operations.of(graph);
    Map<Output<?>, Output<?>> first =
        counterparts(after.subList(before.size(), after.size()), late);
    List<Output<?>> by = new ArrayList<>(variables);
    late.forEach(input -> by.add(input.asOutput()));
    List<Output<?>> gradients =
        Gradients.within(outer, output.asOutput(), incoming.get(0), by, again.gaps().get());
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
        .<Operand<TFloat32>>map(input -> outer.stopGradient(tf.ensureShape(input, input.shape())))
        .toList();
  }

  /**
   * Makes one gradient wait for the sizes of tensors of the first copy. A sum of them would be
   * removed, since no tensor is computed from it; an Assert stays, and holds for every size.
   */
  private List<Output<?>> anchored(Ops tf, List<Output<?>> gradients, Set<Output<?>> kept) {
    List<Output<?>> outgoing = new ArrayList<>(gradients);
    for (int i = 0; i < outgoing.size() && !kept.isEmpty(); i++) {
      if (outgoing.get(i) != null) {
        List<Operand<TInt32>> sizes = new ArrayList<>();
        kept.forEach(tensor -> sizes.add(tf.size(tensor)));
        Operand<TInt32> least = tf.min(tf.stack(sizes), tf.constant(0));
        Operation sized =
            tf.assertThat(tf.math.greaterEqual(least, tf.constant(0)), List.<Operand<?>>of(least))
                .op();
        Operand<TFloat32> gradient = outgoing.get(i).expect(TFloat32.class);
        outgoing.set(
            i,
            tf.withControlDependencyOps(List.of(sized))
                .ensureShape(gradient, arguments().get(i).shape())
                .asOutput());
        break;
      }
    }
    return outgoing;
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
