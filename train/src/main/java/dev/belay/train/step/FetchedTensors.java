package dev.belay.train.step;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.tensorflow.Result;
import org.tensorflow.Tensor;

/** Owns the tensors that a run fetched, in the order of the requests; close it to free them. */
public final class FetchedTensors implements AutoCloseable {
  private final List<Tensor> tensors;
  private final Runnable release;

  private FetchedTensors(List<Tensor> tensors, Runnable release) {
    this.tensors = tensors;
    this.release = release;
  }

  /** Takes over the result of a direct session. */
  static FetchedTensors of(Result result) {
    List<Tensor> tensors = new ArrayList<>(result.size());
    for (Map.Entry<String, Tensor> entry : result) {
      tensors.add(entry.getValue());
    }
    return new FetchedTensors(tensors, result::close);
  }

  /** Takes over these tensors. */
  public static FetchedTensors of(List<Tensor> tensors) {
    return new FetchedTensors(List.copyOf(tensors), () -> tensors.forEach(Tensor::close));
  }

  /** The tensor of a request, from 0. */
  public Tensor get(int index) {
    return tensors.get(index);
  }

  @Override
  public void close() {
    release.run();
  }
}
