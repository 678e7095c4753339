package dev.belay.graph.collective;

import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.family.TType;

/**
 * Sum over a group of devices, in this process or in several. Each member runs the same op, and all
 * receive the same bits.
 *
 * @param size number of members
 * @param group key of the group; two groups of one program have different keys
 * @param timeoutSeconds how long a member waits for the others before the group is given up; 0: for
 *     ever
 */
public record Collective(int size, int group, float timeoutSeconds) {

  /**
   * Adds up a tensor.
   *
   * @param key of this sum within the group; the shape of its tensor never changes
   */
  public <T extends TType> Operand<T> sum(Ops tf, Operand<T> value, int key) {
    Operand<TInt32> groupSize = tf.constant(size);
    Operand<TInt32> groupKey = tf.constant(group);
    Operand<TInt32> instanceKey = tf.constant(key);
    return tf.scope()
        .opBuilder("CollectiveReduceV2", "AllReduce")
        .addInput(value.asOutput())
        .addInput(groupSize.asOutput())
        .addInput(groupKey.asOutput())
        .addInput(instanceKey.asOutput())
        .addInputList(new Output<?>[0])
        .setAttr("merge_op", "Add")
        .setAttr("final_op", "Id")
        .setAttr("communication_hint", "auto")
        .setAttr("timeout_seconds", timeoutSeconds)
        .build()
        .<T>output(0);
  }
}
