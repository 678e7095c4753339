package dev.belay.train.step;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.Tensor;

/**
 * Owns tensors that one run of a pass makes and the next one reads, such as keys and values of
 * earlier tokens. They stay in TensorFlow's memory. Close it to free them.
 */
public final class CallState implements AutoCloseable {
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  /** The tensor of that name, if a run made it. */
  Optional<Tensor> get(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  /** Takes over a tensor, and frees the one that had its name. */
  void put(String name, Tensor tensor) {
    Tensor before = tensors.put(name, tensor);
    if (before != null) {
      before.close();
    }
  }

  @Override
  public void close() {
    tensors.values().forEach(Tensor::close);
    tensors.clear();
  }
}
