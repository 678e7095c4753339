package dev.belay.graph;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.Agreement;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.Npz;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/** The same batch at every step, no dropout: as the goldens of Python were trained. */
final class GoldenTraining {
  private GoldenTraining() {}

  /** Inputs by the last part of their names, int32, and labels. */
  record Batch(Map<String, Npz.Array> inputs, Npz.Array labels) {}

  /** Loss and norm of each step. */
  static List<float[]> run(Session session, TrainStep step, Batch batch, List<Float> rates) {
    List<float[]> measured = new ArrayList<>();
    for (int i = 0; i < rates.size(); i++) {
      measured.add(run(session, step, batch, rates.get(i), i + 1));
    }
    return measured;
  }

  private static float[] run(Session session, TrainStep step, Batch batch, float rate, long at) {
    List<Tensor> fed = new ArrayList<>();
    Session.Runner runner = session.runner();
    try {
      step.feeds()
          .inputs()
          .forEach(
              (name, placeholder) -> {
                Npz.Array value = batch.inputs().get(feature(name));
                assertTrue(value != null, name + " is not in " + batch.inputs().keySet());
                fed.add(
                    placeholder.type().equals(TFloat32.class)
                        ? TFloat32.tensorOf(value.shape(), DataBuffers.of(value.floats()))
                        : TInt32.tensorOf(value.shape(), DataBuffers.of(value.ints())));
                runner.feed(placeholder, fed.get(fed.size() - 1));
              });
      fed.add(TensorData.of(batch.labels().shape(), batch.labels().ints()));
      runner.feed(step.feeds().labels(), fed.get(fed.size() - 1));
      fed.add(TFloat32.scalarOf(rate));
      runner.feed(step.feeds().learningRate(), fed.get(fed.size() - 1));
      fed.add(TInt64.scalarOf(at));
      runner.feed(step.feeds().step(), fed.get(fed.size() - 1));
      try (Result result =
          runner
              .fetch(step.measures().loss())
              .fetch(step.measures().norm())
              .addTarget(step.apply())
              .run()) {
        return new float[] {TensorData.scalar(result.get(0)), TensorData.scalar(result.get(1))};
      }
    } finally {
      fed.forEach(Tensor::close);
    }
  }

  static void compare(JsonNode losses, JsonNode norms, List<float[]> steps) {
    Agreement.assertTrained(
        numbers(losses),
        numbers(norms),
        steps.stream().map(step -> step[0]).toList(),
        steps.stream().map(step -> step[1]).toList());
  }

  private static List<Double> numbers(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(Fixtures::number).toList();
  }

  static Map<String, Npz.Array> batch(Map<String, Npz.Array> arrays) {
    Map<String, Npz.Array> inputs = new LinkedHashMap<>();
    arrays.forEach(
        (name, array) -> {
          if (name.startsWith("batch/")) {
            inputs.put(name.substring("batch/".length()), array);
          }
        });
    // One array under the names that Keras, the TF Model Garden and TF 1 give the same feature.
    inputs.put("input_mask", inputs.get("attention_mask"));
    inputs.put("segment_ids", inputs.get("token_type_ids"));
    // The call of a functional Keras model takes a list, which has positions and no names.
    inputs.put("0", inputs.get("input_ids"));
    inputs.put("1", inputs.get("attention_mask"));
    return inputs;
  }

  private static String feature(String name) {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  static List<Float> constantRate(int steps) {
    List<Float> rates = new ArrayList<>();
    for (int i = 0; i < steps; i++) {
      rates.add(1e-3f);
    }
    return rates;
  }
}
