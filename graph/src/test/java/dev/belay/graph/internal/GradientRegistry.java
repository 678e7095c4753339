package dev.belay.graph.internal;

import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.PointerScope;
import org.tensorflow.TensorFlow;
import org.tensorflow.internal.c_api.GradFunc;
import org.tensorflow.internal.c_api.GradOpRegistry;

/**
 * Ops that the native runtime can differentiate.
 *
 * <p>It uses internal classes because {@code TensorFlow.hasGradient} is private in 0.5.0. The only
 * public way to learn that an op has no gradient is to let {@code addGradients} fail on the first
 * one, but the user needs to see all of them.
 */
public final class GradientRegistry {
  private GradientRegistry() {}

  /** Returns whether {@code addGradients} can pass through the op, {@code "MatMul"} for example. */
  @SuppressWarnings("try") // the scope frees what is allocated inside it
  public static boolean hasGradient(String opType) {
    TensorFlow.version(); // loads the native library before its symbols are used
    try (PointerScope scope = new PointerScope()) {
      return GradOpRegistry.Global().Lookup(opType, new GradFunc(new PointerPointer<>(1))).ok();
    }
  }
}
