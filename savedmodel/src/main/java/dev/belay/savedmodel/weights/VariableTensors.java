package dev.belay.savedmodel.weights;

import dev.belay.savedmodel.bundle.BundleContents;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Variables of a SavedModel by name; partitioned variables as a whole, and variables whose name is
 * not unique, by their keys in the checkpoint.
 */
final class VariableTensors implements NamedTensors {
  private final SavedModelContents model;
  private final Map<String, String> keys = new LinkedHashMap<>();

  VariableTensors(SavedModelContents model) {
    this.model = model;
    for (ModelVariable variable : model.variables()) {
      String key = variable.checkpointKey();
      boolean byKey = model.slice(variable).isPresent() || keys.containsKey(variable.name());
      keys.put(byKey ? key : variable.name(), key);
    }
  }

  /** The key of a variable in the model's checkpoint. */
  String key(String name) {
    String key = keys.get(name);
    if (key == null) {
      throw new IllegalArgumentException("no variable '" + name + "' in " + model.file());
    }
    return key;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(keys.keySet());
  }

  @Override
  public TensorSpec spec(String name) {
    return checkpoint().spec(key(name));
  }

  @Override
  public ByteBuffer read(String name) throws IOException {
    return checkpoint().read(key(name));
  }

  @Override
  public List<byte[]> readStrings(String name) throws IOException {
    return checkpoint().readStrings(key(name));
  }

  private BundleContents checkpoint() {
    return model.checkpoint().orElseThrow();
  }
}
