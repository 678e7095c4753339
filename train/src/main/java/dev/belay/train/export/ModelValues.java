package dev.belay.train.export;

import dev.belay.graph.variable.GraphVariable;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.savedmodel.tensor.TensorSpec;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.step.TensorSpecs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The values that a model's files have for the variables of its graph, read on demand. */
final class ModelValues implements NamedTensors {
  private final TrainableModel model;
  private final Map<String, TensorSpec> specs = new LinkedHashMap<>();

  ModelValues(TrainableModel model, List<GraphVariable> variables) {
    this.model = model;
    variables.stream()
        .filter(variable -> model.begins(variable) || model.holds(variable))
        .forEach(variable -> specs.put(variable.name(), TensorSpecs.of(variable)));
  }

  @Override
  public Set<String> names() {
    return specs.keySet();
  }

  @Override
  public TensorSpec spec(String name) {
    return specs.get(name);
  }

  @Override
  public ByteBuffer read(String name) throws IOException {
    return pieces(name).joined(spec(name).bytes());
  }

  @Override
  public TensorPieces pieces(String name) {
    return model.value(name);
  }

  /** Always fails: variables hold numbers. */
  @Override
  public List<byte[]> readStrings(String name) {
    throw new IllegalArgumentException("tensor '" + name + "' is " + spec(name));
  }
}
