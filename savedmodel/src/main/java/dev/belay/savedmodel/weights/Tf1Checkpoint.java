package dev.belay.savedmodel.weights;

import dev.belay.savedmodel.bundle.BundleWriter;
import dev.belay.savedmodel.names.DialectName;
import dev.belay.savedmodel.names.RenamedTensors;
import dev.belay.savedmodel.tensor.FloatWidening;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/** Writes checkpoints like tf.train.Saver of google-research's code. */
final class Tf1Checkpoint {
  static final TensorSpec COUNTER = new TensorSpec(DataType.DT_INT64, Shape.scalar());

  static final String ADAM_MEAN = "adam_m";
  static final String ADAM_SQUARES = "adam_v";
  static final String STEP = "global_step";

  /** Names of the slots of AdamWeightDecayOptimizer in google-research/bert. */
  private static final Map<String, String> SLOTS =
      Map.of(OptimizerState.MEAN, ADAM_MEAN, OptimizerState.SQUARES, ADAM_SQUARES);

  private Tf1Checkpoint() {}

  /**
   * Writes a checkpoint.
   *
   * @return its name: model.ckpt-STEP for a training, as its code names it, else bert_model.ckpt
   */
  static String write(Path folder, ModelWeights weights, Map<String, DialectName> names)
      throws IOException {
    OptionalLong step = weights.optimizer().map(OptimizerState::step).orElse(OptionalLong.empty());
    String name = step.isPresent() ? "model.ckpt-" + step.getAsLong() : "bert_model.ckpt";
    try (BundleWriter writer = BundleWriter.create(folder.resolve(name))) {
      addAll(writer, RenamedTensors.inDialect(weights.canonical(), names));
      if (weights.optimizer().isPresent()) {
        for (Map.Entry<String, NamedTensors> slot : weights.optimizer().get().slots().entrySet()) {
          String word = SLOTS.getOrDefault(slot.getKey(), slot.getKey());
          addAll(writer, RenamedTensors.inDialect(slot.getValue(), slotNames(names, slot, word)));
        }
      }
      if (step.isPresent()) {
        writer.add(STEP, COUNTER, counter(step.getAsLong()));
      }
      writer.commit();
    }
    return name;
  }

  private static Map<String, DialectName> slotNames(
      Map<String, DialectName> names, Map.Entry<String, NamedTensors> slot, String word) {
    Map<String, DialectName> slotNames = new LinkedHashMap<>();
    for (String canonical : slot.getValue().names()) {
      DialectName name = names.get(canonical);
      slotNames.put(canonical, new DialectName(name.name() + "/" + word, name.layout()));
    }
    return slotNames;
  }

  /** TensorFlow's code computes in float32, so half precision is widened. */
  static void addAll(BundleWriter writer, NamedTensors tensors) throws IOException {
    writer.addAll(new FloatWidening(tensors));
  }

  static ByteBuffer counter(long value) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, value);
  }
}
