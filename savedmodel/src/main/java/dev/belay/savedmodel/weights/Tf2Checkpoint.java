package dev.belay.savedmodel.weights;

import dev.belay.savedmodel.bundle.BundleWriter;
import dev.belay.savedmodel.bundle.CheckpointNames;
import dev.belay.savedmodel.names.DialectName;
import dev.belay.savedmodel.names.RenamedTensors;
import dev.belay.savedmodel.tensor.NamedTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.ndarray.Shape;

/**
 * Writes checkpoints for {@code tf.train.Checkpoint(model=model, optimizer=optimizer).read}: every
 * variable under the path of its object, and the object graph. Slots are written as Keras' legacy
 * optimizers keep them, at their variables.
 */
final class Tf2Checkpoint {
  private static final String MODEL = "model/";
  private static final String OPTIMIZER = "optimizer";
  private static final String STEP = "optimizer/iter";

  private final BundleWriter writer;
  private final ObjectPaths objects = new ObjectPaths();

  private Tf2Checkpoint(BundleWriter writer) {
    this.writer = writer;
  }

  static void write(Path prefix, ModelWeights weights, Map<String, DialectName> names)
      throws IOException {
    try (BundleWriter writer = BundleWriter.create(prefix)) {
      new Tf2Checkpoint(writer).writeAll(weights, names);
      writer.commit();
    }
  }

  private void writeAll(ModelWeights weights, Map<String, DialectName> names) throws IOException {
    Map<String, DialectName> keys = new LinkedHashMap<>();
    names.forEach(
        (canonical, name) -> {
          String key = objects.addVariable(MODEL + name.name(), canonical);
          keys.put(canonical, new DialectName(key, name.layout()));
        });
    Tf1Checkpoint.addAll(writer, RenamedTensors.inDialect(weights.canonical(), keys));
    if (weights.optimizer().isPresent()) {
      writeOptimizer(weights.optimizer().get(), names);
    }
    writer.addStrings(
        CheckpointNames.OBJECT_GRAPH, Shape.scalar(), List.of(objects.graph().toByteArray()));
  }

  private void writeOptimizer(OptimizerState state, Map<String, DialectName> names)
      throws IOException {
    for (Map.Entry<String, NamedTensors> slot : state.slots().entrySet()) {
      Map<String, DialectName> keys = new LinkedHashMap<>();
      for (String canonical : slot.getValue().names()) {
        DialectName name = names.get(canonical);
        String key = objects.addSlot(MODEL + name.name(), OPTIMIZER, slot.getKey());
        keys.put(canonical, new DialectName(key, name.layout()));
      }
      Tf1Checkpoint.addAll(writer, RenamedTensors.inDialect(slot.getValue(), keys));
    }
    if (state.step().isPresent()) {
      String key = objects.addVariable(STEP, STEP);
      writer.add(key, Tf1Checkpoint.COUNTER, Tf1Checkpoint.counter(state.step().getAsLong()));
    }
  }
}
