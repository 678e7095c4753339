package dev.belay.graph.clip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.graph.TensorData;
import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.variable.Slots;
import dev.belay.savedmodel.Fixtures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

/** Every case of the golden table of TensorFlow Python's clips. */
class ClipGoldensTest {

  @TestFactory
  Stream<DynamicTest> asTensorFlowPythonClips() throws IOException {
    JsonNode cases = Fixtures.json(Fixtures.path("clip", "clip.json")).get("cases");
    assertEquals(182, cases.size());
    return IntStream.range(0, cases.size())
        .mapToObj(
            i ->
                DynamicTest.dynamicTest(
                    i
                        + " "
                        + cases.get(i).get("op").asText()
                        + " "
                        + cases.get(i).get("name").asText(),
                    () -> check(cases.get(i))));
  }

  private static void check(JsonNode golden) {
    try (Case tested = new Case(golden)) {
      switch (golden.get("op").asText()) {
        case "global_norm" -> globalNorm(tested);
        case "clip_by_global_norm" -> byGlobalNorm(tested);
        case "clip_by_norm" -> byNorm(tested);
        case "clip_by_value" -> byValue(tested);
        default -> gradientThrough(tested);
      }
    }
  }

  private static void globalNorm(Case tested) {
    float found = tested.run(List.of(GlobalNorm.of(tested.tf, tested.gradients)))[0][0];
    checkNorm(tested.golden, found);
  }

  /**
   * Half and double precision are measured in float32, so there the reference in float64 counts.
   */
  private static void checkNorm(JsonNode golden, float found) {
    boolean float32 = dtypes(golden).allMatch("float32"::equals);
    JsonNode norm =
        float32 ? golden.get("global_norm") : golden.get("reference_f64").get("global_norm");
    float expected = (float) Fixtures.number(norm);
    if (golden.get("name").asText().equals("float64_1e19_no_overflow")) {
      // 1e19 squared does fit, halved, into float32; 2e19 would not.
      expected = 1e19f;
    }
    float tolerance = float32 ? 2 * ulp(expected) : 2e-6f * Math.abs(expected);
    assertEquals(expected, found, tolerance);
  }

  private static void byGlobalNorm(Case tested) {
    double bound = Fixtures.number(tested.golden.get("clip_norm"));
    if (!(bound > 0) || Double.isInfinite(bound)) {
      assertThrows(IllegalArgumentException.class, () -> new GlobalNormClip(bound));
      return;
    }
    List<Operand<TFloat32>> outputs = new ArrayList<>();
    if (tested.golden.has("use_norm")) {
      Operand<TFloat32> given =
          tested.tf.constant((float) Fixtures.number(tested.golden.get("use_norm")));
      Operand<TFloat32> clip = tested.tf.constant((float) bound);
      Operand<TFloat32> scale = GlobalNormClip.factor(tested.tf, given, clip).scale();
      tested.gradients.forEach(g -> outputs.add(tested.tf.math.mul(g.value(), scale)));
      tested.compare(tested.run(outputs));
      return;
    }
    if (tested.gradients.isEmpty()) {
      return; // a step without gradients is refused when it is built
    }
    Clipped clipped = new GlobalNormClip(bound).apply(tested.tf, tested.slots(), tested.gradients);
    clipped.gradients().forEach(gradient -> outputs.add(gradient.value()));
    outputs.add(clipped.norm());
    float[][] found = tested.run(outputs);
    checkNorm(tested.golden, found[found.length - 1][0]);
    tested.compare(found);
  }

  private static void byNorm(Case tested) {
    double bound = Fixtures.number(tested.golden.get("clip_norm"));
    Ops tf = tested.tf;
    Gradient gradient = tested.gradients.get(0);
    JsonNode axes = tested.golden.get("axes");
    if (!axes.isNull()) {
      int[] chosen =
          StreamSupport.stream(axes.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
      Operand<TFloat32> clip = tf.constant((float) bound);
      Operand<TFloat32> larger =
          tf.math.maximum(TensorNorm.along(tf, gradient.value(), chosen), clip);
      tested.compare(tested.run(List.of(tf.math.div(tf.math.mul(gradient.value(), clip), larger))));
      return;
    }
    Clipped clipped = new NormClip(bound).apply(tf, tested.slots(), tested.gradients);
    tested.compare(tested.run(List.of(clipped.gradients().get(0).value())));
  }

  private static void byValue(Case tested) {
    Ops tf = tested.tf;
    Operand<TFloat32> value = tested.gradients.get(0).value();
    JsonNode low = tested.golden.get("min");
    JsonNode high = tested.golden.get("max");
    double bound = Fixtures.number(high.get("values").get(0));
    boolean symmetric =
        high.get("shape").isEmpty() && bound == -Fixtures.number(low.get("values").get(0));
    Operand<TFloat32> clipped =
        symmetric && bound > 0
            ? new ValueClip(bound)
                .apply(tf, tested.slots(), tested.gradients)
                .gradients()
                .get(0)
                .value()
            : ValueClip.between(tf, value, constant(tf, low), constant(tf, high));
    tested.compare(tested.run(List.of(clipped)));
  }

  /** The derivative of {@code sum(w * clip(x))} by x. */
  private static void gradientThrough(Case tested) {
    Ops tf = tested.tf;
    Gradient x = tested.gradients.get(0);
    Clipped clipped =
        new GlobalNormClip(Fixtures.number(tested.golden.get("clip_norm")))
            .apply(tf, tested.slots(), List.of(x));
    Operand<TFloat32> weighted =
        tf.reduceSum(
            tf.math.mul(clipped.gradients().get(0).value(), tested.gradients.get(1).value()),
            tf.constant(0));
    Output<?>[] derivative =
        tested.graph.addGradients(weighted.asOutput(), new Output<?>[] {x.value().asOutput()});
    float[] found = tested.run(List.of(derivative[0].expect(TFloat32.class)))[0];
    float[] expected = values(tested.golden.get("outputs").get(0));
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], found[i], 2e-7, "element " + i);
    }
  }

  private static Operand<TFloat32> constant(Ops tf, JsonNode tensor) {
    return tf.reshape(tf.constant(values(tensor)), tf.constant(shape(tensor).asArray()));
  }

  private static Stream<String> dtypes(JsonNode golden) {
    return StreamSupport.stream(golden.get("inputs").spliterator(), false)
        .filter(input -> input.has("dtype"))
        .map(input -> input.get("dtype").asText());
  }

  private static float ulp(float value) {
    return Float.isFinite(value) ? Math.ulp(value) : 0;
  }

  private static Shape shape(JsonNode tensor) {
    return Shape.of(
        StreamSupport.stream(tensor.get("shape").spliterator(), false)
            .mapToLong(JsonNode::asLong)
            .toArray());
  }

  private static float[] values(JsonNode tensor) {
    float[] values = new float[tensor.get("values").size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Fixtures.number(tensor.get("values").get(i));
    }
    return values;
  }

  /** A graph with the golden's inputs; rows of a lookup are a gradient's measured rows. */
  private static final class Case implements AutoCloseable {
    final JsonNode golden;
    final Graph graph = new Graph();
    final Ops tf = Ops.create(graph);
    final List<Gradient> gradients = new ArrayList<>();
    private final List<Operand<TFloat32>> fed = new ArrayList<>();
    private final List<JsonNode> given = new ArrayList<>();

    Case(JsonNode golden) {
      this.golden = golden;
      for (JsonNode input : golden.get("inputs")) {
        if (!input.get("kind").asText().equals("none")) {
          Operand<TFloat32> tensor =
              tf.placeholder(TFloat32.class, Placeholder.shape(shape(input)));
          fed.add(tensor);
          given.add(input);
          gradients.add(new Gradient(null, tensor, List.of(tensor)));
        }
      }
    }

    Slots slots() {
      return new Slots(tf);
    }

    float[][] run(List<Operand<TFloat32>> outputs) {
      List<Tensor> tensors = new ArrayList<>();
      try (Session session = new Session(graph)) {
        Session.Runner runner = session.runner();
        for (int i = 0; i < fed.size(); i++) {
          TFloat32 value = TensorData.of(shape(given.get(i)), values(given.get(i)));
          tensors.add(value);
          runner.feed(fed.get(i), value);
        }
        outputs.forEach(runner::fetch);
        try (Result result = runner.run()) {
          float[][] found = new float[outputs.size()][];
          for (int i = 0; i < found.length; i++) {
            found[i] = TensorData.floats(result.get(i));
          }
          return found;
        }
      } finally {
        tensors.forEach(Tensor::close);
      }
    }

    /** Against the golden, or against the reference in float64 where the golden is no float32. */
    void compare(float[][] found) {
      boolean float32 = dtypes(golden).allMatch("float32"::equals);
      JsonNode outputs = golden.get("outputs");
      JsonNode reference = golden.get("reference_f64");
      int at = 0;
      for (int i = 0; i < outputs.size(); i++) {
        if (outputs.get(i).get("kind").asText().equals("none")) {
          continue;
        }
        float[] expected = values(outputs.get(i));
        if (!float32) {
          for (int j = 0; j < expected.length; j++) {
            expected[j] = (float) Fixtures.number(reference.get("outputs").get(i).get(j));
          }
        }
        assertEquals(expected.length, found[at].length);
        for (int j = 0; j < expected.length; j++) {
          float tolerance = float32 ? 2 * ulp(expected[j]) : 2e-6f * Math.abs(expected[j]);
          assertEquals(expected[j], found[at][j], tolerance, "output " + i + ", element " + j);
        }
        at++;
      }
      assertFalse(outputs.isEmpty() && !golden.get("inputs").isEmpty(), "nothing was compared");
    }

    @Override
    public void close() {
      graph.close();
    }
  }
}
