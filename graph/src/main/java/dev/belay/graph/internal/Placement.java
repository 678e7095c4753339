package dev.belay.graph.internal;

import java.util.Iterator;
import org.bytedeco.javacpp.BytePointer;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;

/**
 * Says where nodes are to run.
 *
 * <p>Why internal classes: a device can publicly be set only while an operation is built, and the
 * operations of a native gradient are built by native code, without one.
 */
public final class Placement {
  private Placement() {}

  /**
   * Asks for a device for every node that has none yet; call it before a session sees them.
   *
   * @param device such as {@code /device:GPU:0}
   */
  public static void place(Graph graph, String device) {
    for (Iterator<GraphOperation> all = graph.operations(); all.hasNext(); ) {
      var node = all.next().getUnsafeNativeHandle().node();
      try (BytePointer asked = node.requested_device()) {
        if (asked == null || asked.getString().isEmpty()) {
          node.set_requested_device(device);
        }
      }
    }
  }
}
