package dev.belay.graph.optimizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.belay.graph.TensorData;
import dev.belay.graph.gradient.Gradient;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.Slots;
import dev.belay.graph.variable.VariableSpec;
import dev.belay.graph.variable.Variables;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
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
import org.tensorflow.types.TFloat32;

/** Rules that TensorFlow Python has no golden of, against their formulas in double. */
class OptimizerRulesTest {
  private static final int STEPS = 20;
  private static final double RATE = 0.01;
  private static final int ROWS = 3;
  private static final int COLUMNS = 4;
  private static final String[] NAMES = {"dense/kernel", "dense/bias"};
  private static final int[] SIZES = {ROWS * COLUMNS, COLUMNS};
  private static final double DECAY = 0.1;

  @Test
  void adamTorch() {
    for (double decay : new double[] {0, DECAY}) {
      Optional<DecayRule> rule =
          decay == 0 ? Optional.empty() : Optional.of(DecayRule.ofWeights(decay));
      check(
          Adam.ofTorch(new Moments(0.9, 0.999, 1e-2), rule, AdamVariant.PLAIN),
          (state, which, step, g) -> torch(state, decays(which) ? decay : 0, step, g, false));
      check(
          Adam.ofTorch(new Moments(0.9, 0.999, 1e-2), rule, AdamVariant.AMSGRAD),
          (state, which, step, g) -> torch(state, decays(which) ? decay : 0, step, g, true));
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> Adam.ofTorch(new Moments(0.9, 0.999, 1e-8), Optional.empty(), AdamVariant.NESTEROV));
  }

  private static void torch(State state, double decay, int step, double[] g, boolean amsgrad) {
    for (int i = 0; i < g.length; i++) {
      state.w[i] *= 1 - RATE * decay;
      state.m[i] = 0.9 * state.m[i] + 0.1 * g[i];
      state.v[i] = 0.999 * state.v[i] + 0.001 * g[i] * g[i];
      state.largest[i] = Math.max(state.largest[i], state.v[i]);
      double v = (amsgrad ? state.largest[i] : state.v[i]) / (1 - Math.pow(0.999, step));
      state.w[i] -= RATE * state.m[i] / (1 - Math.pow(0.9, step)) / (Math.sqrt(v) + 1e-2);
    }
  }

  @Test
  void lamb() {
    check(
        new Lamb(new Moments(0.9, 0.999, 1e-6), DecayRule.ofWeights(DECAY)),
        (state, which, step, g) -> {
          double[] direction = new double[g.length];
          for (int i = 0; i < g.length; i++) {
            state.m[i] = 0.9 * state.m[i] + 0.1 * g[i];
            state.v[i] = 0.999 * state.v[i] + 0.001 * g[i] * g[i];
            double v = state.v[i] / (1 - Math.pow(0.999, step));
            direction[i] = state.m[i] / (1 - Math.pow(0.9, step)) / (Math.sqrt(v) + 1e-6);
            direction[i] += decays(which) ? DECAY * state.w[i] : 0;
          }
          double trust = decays(which) ? norm(state.w) / norm(direction) : 1;
          for (int i = 0; i < g.length; i++) {
            state.w[i] -= RATE * trust * direction[i];
          }
        });
  }

  @Test
  void adafactor() {
    check(
        new Adafactor(DecayRule.ofWeights(DECAY)),
        (state, which, step, g) -> {
          double kept = 1 - Math.pow(step, -0.8);
          double[] scaled = new double[g.length];
          if (which == 0) {
            factored(state, kept, g, scaled);
          } else {
            for (int i = 0; i < g.length; i++) {
              state.v[i] = kept * state.v[i] + (1 - kept) * (g[i] * g[i] + 1e-30);
              scaled[i] = g[i] / Math.sqrt(state.v[i]);
            }
          }
          double rms = norm(scaled) / Math.sqrt(g.length);
          for (int i = 0; i < g.length; i++) {
            double lost = decays(which) ? RATE * DECAY * state.w[i] : 0;
            state.w[i] -= lost + RATE * scaled[i] / Math.max(1, rms);
          }
        });
  }

  /** Rows in m, columns in v. */
  private static void factored(State state, double kept, double[] g, double[] scaled) {
    double[] rows = new double[ROWS];
    double[] columns = new double[COLUMNS];
    for (int i = 0; i < ROWS; i++) {
      for (int j = 0; j < COLUMNS; j++) {
        double square = Math.pow(g[i * COLUMNS + j], 2) + 1e-30;
        rows[i] += square / COLUMNS;
        columns[j] += square / ROWS;
      }
    }
    double mean = 0;
    for (int i = 0; i < ROWS; i++) {
      state.m[i] = kept * state.m[i] + (1 - kept) * rows[i];
      mean += state.m[i] / ROWS;
    }
    for (int j = 0; j < COLUMNS; j++) {
      state.v[j] = kept * state.v[j] + (1 - kept) * columns[j];
    }
    for (int i = 0; i < ROWS; i++) {
      for (int j = 0; j < COLUMNS; j++) {
        int at = i * COLUMNS + j;
        scaled[at] = g[at] / Math.sqrt(state.m[i] / mean * state.v[j]);
      }
    }
  }

  private static boolean decays(int which) {
    return which == 0;
  }

  private static double norm(double... values) {
    double sum = 0;
    for (double value : values) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }

  /** A variable with what a rule keeps of it, in double. */
  private static final class State {
    final double[] w;
    final double[] m;
    final double[] v;
    final double[] largest;

    State(int size) {
      w = new double[size];
      m = new double[size];
      v = new double[size];
      largest = new double[size];
    }
  }

  private interface Formula {
    void apply(State state, int which, int step, double[] gradient);
  }

  private static void check(Optimizer optimizer, Formula formula) {
    Random random = new Random(3);
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Variables variables = new Variables(tf);
      List<Gradient> gradients = new ArrayList<>();
      List<State> states = new ArrayList<>();
      for (int i = 0; i < NAMES.length; i++) {
        Shape shape = i == 0 ? Shape.of(ROWS, COLUMNS) : Shape.of(COLUMNS);
        GraphVariable variable =
            variables.create(new VariableSpec(NAMES[i], DataType.DT_FLOAT, shape, true));
        gradients.add(
            new Gradient(variable, tf.placeholder(TFloat32.class, Placeholder.shape(shape))));
        states.add(new State(SIZES[i]));
        float[] initial = gaussian(random, SIZES[i], 0.5);
        copy(initial, states.get(i).w);
        try (Tensor value = TensorData.of(shape, initial)) {
          session.runner().feed(variable.newValue(), value).addTarget(variable.assign()).run();
        }
      }
      Slots slots = new Slots(tf);
      Operand<TFloat32> rate = tf.constant((float) RATE);
      List<Op> updates = optimizer.build(tf, new UpdateRequest(tf, gradients, rate, slots));
      slots.initializers().forEach(session::run);
      for (int step = 1; step <= STEPS; step++) {
        update(session, gradients, updates, random, formula, states, step);
      }
      for (int i = 0; i < NAMES.length; i++) {
        try (Result result = session.runner().fetch(variables.get(NAMES[i]).value()).run()) {
          float[] found = TensorData.floats(result.get(0));
          for (int j = 0; j < found.length; j++) {
            double expected = states.get(i).w[j];
            assertEquals(expected, found[j], 2e-6 + 1e-5 * Math.abs(expected), NAMES[i]);
          }
        }
      }
    }
  }

  private static void update(
      Session session,
      List<Gradient> gradients,
      List<Op> updates,
      Random random,
      Formula formula,
      List<State> states,
      int step) {
    Session.Runner runner = session.runner();
    updates.forEach(runner::addTarget);
    List<Tensor> fed = new ArrayList<>();
    for (int i = 0; i < NAMES.length; i++) {
      float[] values = gaussian(random, SIZES[i], step == 10 ? 50 : 1);
      double[] gradient = new double[values.length];
      copy(values, gradient);
      formula.apply(states.get(i), i, step, gradient);
      fed.add(TensorData.of(gradients.get(i).variable().spec().shape(), values));
      runner.feed(gradients.get(i).value(), fed.get(i));
    }
    runner.run();
    fed.forEach(Tensor::close);
  }

  private static float[] gaussian(Random random, int size, double scale) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) (random.nextGaussian() * scale);
    }
    return values;
  }

  private static void copy(float[] from, double[] to) {
    for (int i = 0; i < from.length; i++) {
      to[i] = from[i];
    }
  }
}
