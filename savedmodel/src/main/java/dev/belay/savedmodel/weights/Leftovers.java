package dev.belay.savedmodel.weights;

import java.util.List;

/**
 * Tensors of a file that are not weights.
 *
 * @param buffers constants that PyTorch keeps among the weights, such as position ids
 * @param tied repetitions of another tensor, bit for bit
 * @param bookkeeping counters and settings of a training
 * @param unknown tensors that no name table knows
 * @param unknownBase those of the unknown that are named as parts of the model without its head
 */
public record Leftovers(
    List<String> buffers,
    List<String> tied,
    List<String> bookkeeping,
    List<String> unknown,
    List<String> unknownBase) {
  public Leftovers {
    buffers = List.copyOf(buffers);
    tied = List.copyOf(tied);
    bookkeeping = List.copyOf(bookkeeping);
    unknown = List.copyOf(unknown);
    unknownBase = List.copyOf(unknownBase);
  }
}
