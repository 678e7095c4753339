package dev.belay.graph.optimizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.graph.TensorData;
import dev.belay.graph.clip.ClipRule;
import dev.belay.graph.clip.Clipped;
import dev.belay.graph.clip.GlobalNormClip;
import dev.belay.graph.clip.NoClip;
import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.stage.UpdateGate;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Slots;
import dev.belay.graph.variable.VariableSpec;
import dev.belay.graph.variable.Variables;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.Npz;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** Twenty updates of each rule on the gradients that TensorFlow Python had. */
@Tag("long")
class OptimizerGoldensTest {
  private static final double RELATIVE = 1e-5;
  private static final double ABSOLUTE = 2e-6;
  private static final DecayRule DECAY = DecayRule.ofWeights(0.01);

  private static final Map<String, Optimizer> RULES =
      Map.ofEntries(
          Map.entry("raw_adam", Adam.of(adam(1e-8))),
          Map.entry("raw_adam_nesterov", Adam.of(adam(1e-8), AdamVariant.NESTEROV)),
          Map.entry("raw_adam_eps1e-3", Adam.of(adam(1e-3))),
          Map.entry("keras_adam_optimizer_v2", Adam.of(adam(1e-7))),
          Map.entry("keras_adam_amsgrad", Adam.of(adam(1e-7), AdamVariant.AMSGRAD)),
          Map.entry("keras_experimental_adam", Adam.of(adam(1e-7))),
          Map.entry(
              "keras_experimental_adamw", Adam.withDecay(adam(1e-7), DECAY, AdamVariant.PLAIN)),
          Map.entry("hf_adam_weight_decay", Adam.withDecay(adam(1e-6), DECAY, AdamVariant.PLAIN)),
          Map.entry("bert_adamw", Adam.ofBert(adam(1e-6), DECAY)),
          Map.entry("sgd", new Sgd()),
          Map.entry("keras_sgd_momentum", Momentum.ofKeras(0.9, false)),
          Map.entry("keras_sgd_nesterov", Momentum.ofKeras(0.9, true)),
          Map.entry("raw_apply_keras_momentum", Momentum.ofKeras(0.9, false)),
          Map.entry("raw_apply_momentum", Momentum.of(0.9, false)),
          Map.entry("raw_apply_momentum_nesterov", Momentum.of(0.9, true)));

  private static Moments adam(double epsilon) {
    return new Moments(0.9, 0.999, epsilon);
  }

  @TestFactory
  Stream<DynamicTest> asTensorFlowPythonTrains() throws IOException {
    JsonNode golden = Fixtures.json(Fixtures.path("optimizers", "optimizers.json"));
    Map<String, Npz.Array> arrays = Npz.read(Fixtures.path("optimizers", "optimizers.npz"));
    List<DynamicTest> tests = new ArrayList<>();
    golden
        .get("optimizers")
        .properties()
        .forEach(
            run -> {
              String key = run.getKey();
              if (!key.startsWith("sparse.")) {
                Optimizer rule = RULES.get(key.substring(0, key.indexOf(".")));
                tests.add(
                    DynamicTest.dynamicTest(key, () -> new Run(golden, arrays, key, rule).check()));
              }
            });
    assertEquals(66, tests.size());
    return tests.stream();
  }

  /** Lookups with repeated rows: the norm counts each row, the update their sum. */
  @TestFactory
  Stream<DynamicTest> asTensorFlowPythonTrainsATable() throws IOException {
    JsonNode golden = Fixtures.json(Fixtures.path("optimizers", "optimizers.json"));
    Map<String, Npz.Array> arrays = Npz.read(Fixtures.path("optimizers", "optimizers.npz"));
    return Stream.of(
            "sparse.keras_adam_optimizer_v2",
            "sparse.keras_experimental_adam",
            "sparse.raw_adam_densified_eps1e-7")
        .map(key -> DynamicTest.dynamicTest(key, () -> checkTable(golden, arrays, key)));
  }

  private static void checkTable(JsonNode golden, Map<String, Npz.Array> arrays, String key) {
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Npz.Array initial = arrays.get("init/word_embeddings");
      GraphVariable table =
          new Variables(tf)
              .create(new VariableSpec("table", DataType.DT_FLOAT, initial.shape(), true));
      try (TFloat32 value = TensorData.of(initial.shape(), initial.floats())) {
        session.runner().feed(table.newValue(), value).addTarget(table.assign()).run();
      }
      Placeholder<TFloat32> rows =
          tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(4, initial.shape().get(1))));
      Placeholder<TInt64> indices = tf.placeholder(TInt64.class, Placeholder.shape(Shape.of(4)));
      Operand<TFloat32> dense =
          tf.math.unsortedSegmentSum(rows, indices, tf.constant(initial.shape().get(0)));
      Slots slots = new Slots(tf);
      Clipped clipped =
          new GlobalNormClip(1)
              .apply(tf, slots, List.of(new Gradient(table, dense, List.of(rows))));
      Operand<TFloat32> rate =
          tf.constant((float) golden.get("optimizers").get(key).get("lr").asDouble());
      List<Op> updates =
          Adam.of(adam(1e-7)).build(tf, new UpdateRequest(tf, clipped.gradients(), rate, slots));
      slots.initializers().forEach(session::run);
      JsonNode norms = golden.get("optimizers").get(key).get("pre_clip_norm_slices");
      for (int step = 0; step < norms.size(); step++) {
        Session.Runner runner = session.runner().fetch(clipped.norm());
        updates.forEach(runner::addTarget);
        Npz.Array values = arrays.get("sparse_grad/%02d/values".formatted(step));
        try (Fed fed = new Fed(runner)) {
          fed.feed(rows, TensorData.of(values.shape(), values.floats()));
          fed.feed(
              indices,
              TInt64.vectorOf(arrays.get("sparse_grad/%02d/indices".formatted(step)).longs()));
          try (Result result = runner.run()) {
            assertEquals(norms.get(step).asDouble(), TensorData.scalar(result.get(0)), 1e-5);
          }
        }
        Npz.Array expected = arrays.get("%s/%02d".formatted(key, step));
        if (expected != null) {
          try (Result result = session.runner().fetch(table.value()).run()) {
            assertArrayEquals(expected.floats(), TensorData.floats(result.get(0)), 1e-5f);
          }
        }
      }
    }
  }

  private record Run(
      JsonNode golden, Map<String, Npz.Array> arrays, String key, Optimizer optimizer) {

    void check() {
      JsonNode run = golden.get("optimizers").get(key);
      ClipRule clip = run.get("clip_norm").isNull() ? new NoClip() : new GlobalNormClip(1);
      try (Graph graph = new Graph();
          Session session = new Session(graph)) {
        Ops tf = Ops.create(graph);
        Variables variables = new Variables(tf);
        List<Gradient> gradients = new ArrayList<>();
        for (JsonNode name : golden.get("names")) {
          Npz.Array initial = arrays.get("init/" + name.asText());
          GraphVariable variable =
              variables.create(
                  new VariableSpec(name.asText(), DataType.DT_FLOAT, initial.shape(), true));
          gradients.add(
              new Gradient(
                  variable, tf.placeholder(TFloat32.class, Placeholder.shape(initial.shape()))));
          try (TFloat32 value = TensorData.of(initial.shape(), initial.floats())) {
            session.runner().feed(variable.newValue(), value).addTarget(variable.assign()).run();
          }
        }
        Placeholder<TFloat32> rate = tf.placeholder(TFloat32.class);
        Placeholder<TBool> finite = tf.placeholder(TBool.class);
        Slots slots = new Slots(tf);
        Clipped clipped = clip.apply(tf, slots, gradients);
        Ops gated = UpdateGate.of(tf, finite, clipped.gradients()).open(tf);
        List<Op> updates =
            optimizer.build(tf, new UpdateRequest(gated, clipped.gradients(), rate, slots));
        for (Op initializer : slots.initializers()) {
          session.run(initializer);
        }
        for (int step = 0; step < golden.get("steps").asInt(); step++) {
          // A step that is not finite must leave no trace, wherever it falls.
          for (boolean open : step == 7 ? new boolean[] {false, true} : new boolean[] {true}) {
            Session.Runner runner = session.runner().fetch(clipped.norm());
            updates.forEach(runner::addTarget);
            try (Fed fed = new Fed(runner)) {
              fed.feed(finite, TBool.scalarOf(open));
              fed.feed(rate, TFloat32.scalarOf((float) run.get("lr").get(step).asDouble()));
              for (Gradient gradient : gradients) {
                Npz.Array value =
                    arrays.get("grad/%02d/%s".formatted(step, gradient.variable().name()));
                fed.feed(gradient.value(), TensorData.of(value.shape(), value.floats()));
              }
              try (Result result = runner.run()) {
                double norm = run.get("pre_clip_norm").get(step).asDouble();
                assertEquals(norm, TensorData.scalar(result.get(0)), 1e-6 * norm);
              }
            }
          }
          compare(session, variables, step);
        }
      }
    }

    private void compare(Session session, Variables variables, int step) {
      for (GraphVariable variable : variables) {
        Npz.Array expected = arrays.get("%s/%02d/%s".formatted(key, step, variable.name()));
        if (expected == null) {
          continue;
        }
        try (Result result = session.runner().fetch(variable.value()).run()) {
          float[] found = TensorData.floats(result.get(0));
          float[] wanted = expected.floats();
          assertFalse(wanted.length == 0);
          for (int i = 0; i < wanted.length; i++) {
            // The experimental Adam takes powers of beta by pow in float32.
            double absolute = key.startsWith("keras_experimental") ? 5e-6 : ABSOLUTE;
            double tolerance = absolute + RELATIVE * Math.abs(wanted[i]);
            assertTrue(
                Math.abs(wanted[i] - found[i]) <= tolerance,
                variable.name()
                    + "["
                    + i
                    + "] after step "
                    + step
                    + ": "
                    + found[i]
                    + ", not "
                    + wanted[i]);
          }
        }
      }
    }
  }

  /** What a run was fed, closed after it. */
  private static final class Fed implements AutoCloseable {
    private final Session.Runner runner;
    private final List<Tensor> tensors = new ArrayList<>();

    Fed(Session.Runner runner) {
      this.runner = runner;
    }

    void feed(Operand<?> placeholder, Tensor value) {
      tensors.add(value);
      runner.feed(placeholder, value);
    }

    @Override
    public void close() {
      tensors.forEach(Tensor::close);
    }
  }
}
