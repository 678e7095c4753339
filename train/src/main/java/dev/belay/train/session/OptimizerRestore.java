package dev.belay.train.session;

import dev.belay.graph.TrainStep;
import dev.belay.graph.optimizer.Adam;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.savedmodel.weights.OptimizerState;
import dev.belay.train.config.OptimizerConfig;
import dev.belay.train.step.StepRunner;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Goes on with the moments that a checkpoint of TensorFlow has of an earlier training: Adam's
 * slots, and the powers of beta that belong to its step.
 */
final class OptimizerRestore {
  private static final Map<String, String> SLOTS =
      Map.of("/" + Adam.MEAN, OptimizerState.MEAN, "/" + Adam.SQUARES, OptimizerState.SQUARES);

  private OptimizerRestore() {}

  /**
   * Sets slots and powers; a slot that the state does not have stays at its first value.
   *
   * @return notes for people
   */
  static List<String> restore(
      StepRunner runner, TrainStep step, OptimizerState state, OptimizerConfig config)
      throws IOException {
    Map<GraphVariable, TensorPieces> values = new LinkedHashMap<>();
    List<String> without = new ArrayList<>();
    for (GraphVariable slot : step.parts().slots()) {
      for (Map.Entry<String, String> known : SLOTS.entrySet()) {
        if (slot.name().endsWith(known.getKey())) {
          String variable =
              slot.name().substring(0, slot.name().length() - known.getKey().length());
          NamedTensors tensors = state.slots().get(known.getValue());
          if (tensors != null && tensors.names().contains(variable)) {
            values.put(slot, tensors.pieces(variable));
          } else {
            without.add(slot.name());
          }
        }
      }
    }
    if (values.isEmpty()) {
      return List.of(
          "the files hold the slots "
              + state.slots().keySet()
              + " of an earlier training, for which the optimizer "
              + config.kind()
              + " has no place: they are left");
    }
    putPowers(step, state.step(), config, values);
    runner.assign(List.copyOf(values.keySet()), values::get);
    List<String> notes = new ArrayList<>();
    notes.add(
        "optimizer: resumes with "
            + values.keySet().stream().filter(slot -> slot.name().contains("/")).count()
            + " slots"
            + (state.step().isPresent() ? " of step " + state.step().getAsLong() : "")
            + "; --restore-optimizer no starts with new ones");
    if (!without.isEmpty()) {
      notes.add("slots that the files do not have begin at 0: " + without);
    }
    return notes;
  }

  /** After t updates the powers are those of the next. */
  private static void putPowers(
      TrainStep step,
      OptionalLong done,
      OptimizerConfig config,
      Map<GraphVariable, TensorPieces> values) {
    if (done.isEmpty()) {
      return;
    }
    Map<String, Double> betas =
        Map.of(Adam.BETA1_POWER, config.beta1(), Adam.BETA2_POWER, config.beta2());
    for (GraphVariable slot : step.parts().slots()) {
      if (betas.containsKey(slot.name())) {
        float power = (float) Math.pow(betas.get(slot.name()), done.getAsLong() + 1.0);
        values.put(
            slot,
            TensorPieces.of(
                ByteBuffer.allocate(Float.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putFloat(0, power)));
      }
    }
  }
}
