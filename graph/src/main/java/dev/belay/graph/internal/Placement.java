package dev.belay.graph.internal;

import dev.belay.graph.search.Operations;
import org.bytedeco.javacpp.BytePointer;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;

/**
 * Assigns nodes to devices.
 *
 * <p>It uses internal classes because the public API can set a device only while an operation is
 * built, and the operations of a native gradient are built by native code, without a device.
 */
public final class Placement {
  private Placement() {}

  /**
   * Requests a device for every node that has none; call it before a session uses the nodes.
   *
   * @param device such as {@code /device:GPU:0}
   */
  public static void place(Graph graph, String device) {
    for (GraphOperation operation : Operations.of(graph)) {
      var node = operation.getUnsafeNativeHandle().node();
      try (BytePointer asked = node.requested_device()) {
        if (asked == null || asked.getString().isEmpty()) {
          node.set_requested_device(device);
        }
      }
    }
  }
}
