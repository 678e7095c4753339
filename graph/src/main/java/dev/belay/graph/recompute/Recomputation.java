package dev.belay.graph.recompute;

import dev.belay.graph.gradient.GradientGap;
import dev.belay.graph.search.Operations;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Blocks of a forward pass whose inner tensors are not kept for the backward pass, which computes
 * them again from the inputs of each block: gradient checkpointing, arXiv 1604.06174.
 */
public final class Recomputation {
  private final Set<Output<?>> trained;
  private final List<GradientGap> gaps = new ArrayList<>();

  /**
   * No blocks yet.
   *
   * @param trained values of the variables that train
   */
  public Recomputation(Set<Output<?>> trained) {
    this.trained = Set.copyOf(trained);
  }

  /** Nodes of a block. */
  @FunctionalInterface
  public interface Block {
    /** Adds them to the graph, with the same names and in the same order at every call. */
    Operand<TFloat32> apply(Ops tf, List<Operand<TFloat32>> inputs);
  }

  /**
   * Second copy of a block.
   *
   * @param block adds it to the graph
   * @param gaps that it has, once it was added
   */
  public record Again(Block block, Supplier<List<GradientGap>> gaps) {}

  /**
   * Adds a block.
   *
   * @param inputs every tensor that it reads and that may depend on a variable that trains, except
   *     the variables themselves
   * @param first adds the nodes of the forward pass
   * @param again adds the same nodes for the backward pass
   */
  public Operand<TFloat32> block(Ops tf, List<Operand<TFloat32>> inputs, Block first, Again again) {
    Graph graph = (Graph) tf.scope().env();
    int before = Operations.of(graph).size();
    Operand<TFloat32> output = first.apply(tf, inputs);
    List<GraphOperation> all = Operations.of(graph);
    List<GraphOperation> nodes = List.copyOf(all.subList(before, all.size()));
    Operand<TFloat32> result = tf.stopGradient(output);
    gaps.add(new RecomputedBlock(nodes, inputs, variables(nodes), result.asOutput(), again));
    return result;
  }

  /** A tensor that several blocks read, so that their gradients of it are added up at once. */
  public Operand<TFloat32> shared(Ops tf, Operand<TFloat32> tensor) {
    Operand<TFloat32> result = tf.stopGradient(tensor);
    gaps.add(new SharedInput(tensor.asOutput(), result.asOutput()));
    return result;
  }

  private List<Output<?>> variables(List<GraphOperation> nodes) {
    Set<Output<?>> read = new LinkedHashSet<>();
    for (GraphOperation node : nodes) {
      Operations.inputs(node).stream().filter(trained::contains).forEach(read::add);
    }
    return List.copyOf(read);
  }

  /** What the gradient crosses by computing again, from the first block to the last. */
  public List<GradientGap> gaps() {
    return List.copyOf(gaps);
  }
}
