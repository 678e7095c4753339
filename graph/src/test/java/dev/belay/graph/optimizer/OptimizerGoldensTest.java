package dev.belay.graph.optimizer;

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
import org.junit.jupiter.api.TestFactory;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/** Twenty updates of each rule on the gradients that TensorFlow Python had. */
class OptimizerGoldensTest {
  private static final double RELATIVE = 1e-5;
  private static final double ABSOLUTE = 2e-6;
  private static final DecayRule DECAY = DecayRule.ofWeights(0.01);

  private static final Map<String, Optimizer> RULES =
      Map.of(
          "raw_adam", new Adam(new Moments(0.9, 0.999, 1e-8)),
          "raw_adam_eps1e-3", new Adam(new Moments(0.9, 0.999, 1e-3)),
          "keras_adam_optimizer_v2", new Adam(new Moments(0.9, 0.999, 1e-7)),
          "hf_adam_weight_decay", new AdamW(new Moments(0.9, 0.999, 1e-6), DECAY),
          "bert_adamw", new BertAdam(new Moments(0.9, 0.999, 1e-6), DECAY),
          "sgd", new Sgd(),
          "raw_apply_momentum", new Momentum(0.9, false),
          "raw_apply_momentum_nesterov", new Momentum(0.9, true));

  @TestFactory
  Stream<DynamicTest> asTensorFlowPythonTrains() throws IOException {
    JsonNode golden = Fixtures.json(Fixtures.path("optimizers", "optimizers.json"));
    Map<String, Npz.Array> arrays = Npz.read(Fixtures.path("optimizers", "optimizers.npz"));
    List<DynamicTest> tests = new ArrayList<>();
    golden
        .get("optimizers")
        .fields()
        .forEachRemaining(
            run -> {
              Optimizer rule = RULES.get(run.getKey().substring(0, run.getKey().indexOf(".")));
              if (rule != null) {
                tests.add(
                    DynamicTest.dynamicTest(
                        run.getKey(), () -> new Run(golden, arrays, run.getKey(), rule).check()));
              }
            });
    assertEquals(36, tests.size());
    return tests.stream();
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
        Clipped clipped = clip.apply(tf, gradients);
        Ops gated = UpdateGate.of(tf, finite, clipped.gradients());
        Updates updates = optimizer.build(tf, new UpdateRequest(gated, clipped.gradients(), rate));
        for (Op initializer : updates.initializers()) {
          session.run(initializer);
        }
        for (int step = 0; step < golden.get("steps").asInt(); step++) {
          // A step that is not finite must leave no trace, wherever it falls.
          for (boolean open : step == 7 ? new boolean[] {false, true} : new boolean[] {true}) {
            Session.Runner runner = session.runner().fetch(clipped.norm());
            updates.updates().forEach(runner::addTarget);
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
            double tolerance = ABSOLUTE + RELATIVE * Math.abs(wanted[i]);
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
