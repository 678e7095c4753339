package dev.belay.graph.layer;

import dev.belay.graph.gradient.GradientGap;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * Gradients of layers that are written by hand, because the native one takes more operations and
 * passes over memory.
 *
 * <p>Each is a gap in the graph, from which the native gradient starts again. Two paths around a
 * gap would be differentiated twice below it, and 2^n paths around n gaps 2^n times. So a layer may
 * leave a gap only where another gap, or no path, goes around it: the norms of an encoder, through
 * which every path leads, and what lies between two of them.
 */
public final class HandGradients {
  private final List<GradientGap> gaps = new ArrayList<>();

  /** Gradient of one layer. */
  @FunctionalInterface
  interface Formula {
    /**
     * Adds it to the graph.
     *
     * @param incoming gradient of the result
     * @return gradients of the arguments, in their order
     */
    List<Operand<TFloat32>> backward(Ops tf, Operand<TFloat32> incoming);
  }

  /** All gaps, from the input to the output. */
  public List<GradientGap> gaps() {
    return List.copyOf(gaps);
  }

  /** The result of a layer for its readers, behind a gap with that gradient. */
  Operand<TFloat32> cut(
      Ops tf, Operand<TFloat32> result, List<Operand<TFloat32>> arguments, Formula formula) {
    Output<TFloat32> read = tf.stopGradient(result).asOutput();
    gaps.add(new Gap(read, arguments.stream().<Output<?>>map(Operand::asOutput).toList(), formula));
    return read;
  }

  private record Gap(Output<TFloat32> result, List<Output<?>> arguments, Formula formula)
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
    public List<Output<?>> backward(Ops tf, List<Output<?>> incoming) {
      return formula.backward(tf, incoming.get(0).expect(TFloat32.class)).stream()
          .<Output<?>>map(Operand::asOutput)
          .toList();
    }
  }
}
