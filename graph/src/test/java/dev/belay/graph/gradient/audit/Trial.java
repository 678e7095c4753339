package dev.belay.graph.gradient.audit;

import dev.belay.graph.TensorData;
import dev.belay.graph.gradient.audit.Combination.Kind;
import dev.belay.graph.gradient.audit.Combination.Value;
import dev.belay.graph.imported.rewrite.*;
import dev.belay.graph.gradient.NoGradientReport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.tensorflow.Graph;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.op.Ops;
import org.tensorflow.op.Scope;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.types.TFloat64;

/** Differentiates one combination as Belay would, and holds the result against differences. */
final class Trial {
  /** What came of it. */
  enum Outcome {
    RIGHT,
    REWRITTEN,
    REFUSED,
    NO_KERNEL,
    WRONG
  }

  record Verdict(Outcome outcome, String note) {}

  private final Combination combination;
  private final DataType referenceType;
  private final Random random;

  private Trial(Combination combination, DataType referenceType) {
    this.combination = combination;
    this.referenceType = referenceType;
    this.random = new Random(combination.text().hashCode());
  }

  static Verdict of(Combination combination) {
    try {
      return new Trial(combination, DataType.DT_DOUBLE).judge();
    } catch (NoKernel e) {
      if (combination.type() == DataType.DT_DOUBLE) {
        return new Verdict(Outcome.NO_KERNEL, e.getMessage());
      }
    }
    try {
      return new Trial(combination, DataType.DT_FLOAT).judge();
    } catch (NoKernel e) {
      return new Verdict(Outcome.NO_KERNEL, e.getMessage());
    }
  }

  private static final class NoKernel extends RuntimeException {
    private static final long serialVersionUID = 1;

    NoKernel(RuntimeException cause) {
      super(first(cause.getMessage()), cause);
    }
  }

  private static String first(String message) {
    return message == null ? "" : message.lines().findFirst().orElse("").strip();
  }

  private Verdict judge() {
    CombinationGraph reference;
    CombinationGraph graph;
    try {
      reference = CombinationGraph.of(combination, referenceType);
      graph = CombinationGraph.of(combination, combination.type());
    } catch (RuntimeException e) {
      throw new NoKernel(e);
    }
    List<double[]> values;
    List<double[]> weights = new ArrayList<>();
    Map<String, double[]> expected;
    try (Evaluation typed = new Evaluation(graph.graphDef(), graph.placeholders());
        Evaluation wide = new Evaluation(reference.graphDef(), reference.placeholders())) {
      try {
        values = typed.fetch(typed.doubles(graph.outputs()));
        for (double[] value : values) {
          weights.add(
              combination.expected().isEmpty()
                  ? random.ints(value.length, -64, 64).mapToDouble(i -> i / 32.0).toArray()
                  : ones(value.length));
        }
        expected =
            combination.expected().isEmpty()
                ? differences(wide, reference, weights)
                : combination.expected();
      } catch (RuntimeException e) {
        throw new NoKernel(e);
      }
    }
    return compare(graph, values, weights, expected);
  }

  private static double[] ones(int n) {
    double[] ones = new double[n];
    Arrays.fill(ones, 1);
    return ones;
  }

  private Map<String, double[]> differences(
      Evaluation evaluation, CombinationGraph graph, List<double[]> weights) {
    boolean isDouble =
        referenceType == DataType.DT_DOUBLE
            && combination.arguments().stream()
                .flatMap(argument -> argument.tensors().stream())
                .noneMatch(value -> value.kind() == Kind.FLOAT32_VARIABLE);
    double step = isDouble ? 1e-5 : 1.0 / 32;
    List<Output<?>> outputs = evaluation.doubles(graph.outputs());
    Map<String, double[]> differences = new LinkedHashMap<>();
    for (String name : graph.variables().keySet()) {
      double[] at = graph.placeholders().get(name).elements();
      double[] difference = new double[at.length];
      for (int i = 0; i < at.length; i++) {
        double middle = at[i];
        double[] values = new double[5];
        for (int k = -2; k <= 2; k++) {
          if (k != 0 && (!isDouble || Math.abs(k) == 1)) {
            at[i] = middle + k * step;
            values[k + 2] = dot(evaluation.fetch(outputs), weights);
          }
        }
        at[i] = middle;
        difference[i] = isDouble ? (values[3] - values[1]) / (2 * step) : (8 * (values[3] - values[1]) - (values[4] - values[0])) / (12 * step);
      }
      differences.put(name, difference);
    }
    return differences;
  }

  private static double dot(List<double[]> values, List<double[]> weights) {
    double sum = 0;
    for (int i = 0; i < values.size(); i++) {
      for (int j = 0; j < values.get(i).length; j++) {
        sum += values.get(i)[j] * weights.get(i)[j];
      }
    }
    return sum;
  }

  private Verdict compare(
      CombinationGraph original,
      List<double[]> values,
      List<double[]> weights,
      Map<String, double[]> expected) {
    NodeGraph nodes = new NodeGraph(original.graphDef());
    try {
      new DifferentiableForm(Set.of()).rewrite(nodes);
    } catch (IllegalArgumentException e) {
      return new Verdict(Outcome.REFUSED, e.getMessage());
    }
    try (Evaluation evaluation = new Evaluation(nodes.toGraphDef(), original.placeholders())) {
      List<String> outputs = original.outputs().stream().map(nodes::current).toList();
      List<double[]> now;
      try {
        now = evaluation.fetch(evaluation.doubles(outputs));
      } catch (RuntimeException e) {
        return new Verdict(Outcome.WRONG, "rewritten graph fails: " + first(e.getMessage()));
      }
      for (int i = 0; i < now.size(); i++) {
        String wrong = differ(values.get(i), now.get(i), Math.min(1e-2, valueTolerance()));
        if (wrong != null) {
          return new Verdict(Outcome.WRONG, "value of output " + i + ": " + wrong);
        }
      }
      Output<?>[] from = new Output<?>[outputs.size()];
      Output<?>[] incoming = new Output<?>[outputs.size()];
      for (int i = 0; i < outputs.size(); i++) {
        from[i] = evaluation.identity(evaluation.tensor(outputs.get(i)));
        incoming[i] = evaluation.weights(weights.get(i), from[i]);
      }
      List<String> names = new ArrayList<>(original.variables().keySet());
      Set<String> upstream = upstream(nodes.toGraphDef(), outputs);
      names.removeIf(name -> !upstream.contains(original.variables().get(name)));
      Output<?>[] by =
          names.stream()
              .map(name -> evaluation.tensor(original.variables().get(name)))
              .toArray(Output<?>[]::new);
      Output<?>[] gradients;
      try {
        gradients = evaluation.graph.addGradients("gradient", from, by, incoming);
      } catch (RuntimeException e) {
        return new Verdict(Outcome.REFUSED, "native: " + first(e.getMessage()));
      }
      for (int i = 0; i < names.size(); i++) {
        double[] wanted = expected.get(names.get(i));
        if (wanted == null) continue;
        if (gradients[i] == null || gradients[i].isClosed()) {
          if (Arrays.stream(wanted).anyMatch(d -> Math.abs(d) > 1e-6)) {
            return new Verdict(Outcome.WRONG, "no gradient by " + names.get(i));
          }
          continue;
        }
        double[] found;
        try {
          found = evaluation.fetch(List.of(evaluation.asDouble(gradients[i]))).get(0);
        } catch (RuntimeException e) {
          return new Verdict(
              Outcome.WRONG, "gradient by " + names.get(i) + " fails: " + first(e.getMessage()));
        }
        String wrong = differ(wanted, found, tolerance());
        if (wrong != null) {
          return new Verdict(Outcome.WRONG, "gradient by " + names.get(i) + ": " + wrong);
        }
      }
      return nodes.notes().isEmpty()
          ? new Verdict(Outcome.RIGHT, "")
          : new Verdict(Outcome.REWRITTEN, String.join("; ", nodes.notes()));
    }
  }

  private static Set<String> upstream(GraphDef graphDef, List<String> outputs) {
    Map<String, List<String>> reads = new java.util.HashMap<>();
    graphDef.getNodeList().forEach(node -> reads.put(node.getName(), node.getInputList()));
    Set<String> seen = new java.util.HashSet<>();
    java.util.ArrayDeque<String> queue = new java.util.ArrayDeque<>(outputs);
    while (!queue.isEmpty()) {
      String node = queue.poll().replaceAll(":.*", "");
      if (!node.startsWith("^") && seen.add(node)) {
        queue.addAll(reads.get(node));
      }
    }
    return seen;
  }

  private double valueTolerance() {
    return switch (combination.type()) {
      case DT_DOUBLE -> 1e-13;
      case DT_FLOAT -> 1e-6;
      case DT_HALF -> 4e-3;
      default -> 3e-2;
    };
  }

  private double tolerance() {
    boolean wide =
        referenceType == DataType.DT_DOUBLE
            && combination.arguments().stream()
                .flatMap(argument -> argument.tensors().stream())
                .noneMatch(value -> value.kind() == Kind.FLOAT32_VARIABLE);
    return switch (combination.type()) {
      case DT_DOUBLE -> wide ? 1e-7 : 2e-3;
      case DT_FLOAT -> wide ? 2e-5 : 2e-3;
      case DT_HALF -> 1e-2;
      default -> 6e-2;
    };
  }

  private static String differ(double[] expected, double[] found, double tolerance) {
    if (expected.length != found.length) {
      return expected.length + " elements expected, found " + found.length;
    }
    double scale = 1;
    for (double value : expected) {
      scale = Math.max(scale, Math.abs(value));
    }
    for (int i = 0; i < expected.length; i++) {
      if (!(Math.abs(expected[i] - found[i]) <= tolerance * scale)
          && !(Double.isNaN(expected[i]) && Double.isNaN(found[i]))) {
        return "expected " + expected[i] + " at " + i + ", found " + found[i];
      }
    }
    return null;
  }

  /** A graph in a session. */
  private static final class Evaluation implements AutoCloseable {
    private final Graph graph = new Graph();
    private final Session session;
    private final Map<String, Value> placeholders;
    private final Scope scope;

    Evaluation(GraphDef graphDef, Map<String, Value> placeholders) {
      graph.importGraphDef(graphDef);
      this.session = new Session(graph);
      this.placeholders = placeholders;
      this.scope = Ops.create(graph).withSubScope("trial").scope();
    }

    Output<?> tensor(String name) {
      int colon = name.indexOf(':');
      return graph
          .operationOrThrow(colon < 0 ? name : name.substring(0, colon))
          .output(colon < 0 ? 0 : Integer.parseInt(name.substring(colon + 1)));
    }

    List<Output<?>> doubles(List<String> names) {
      List<Output<?>> outputs = new ArrayList<>();
      names.forEach(name -> outputs.add(asDouble(tensor(name))));
      return outputs;
    }

    Output<?> asDouble(Output<?> of) {
      return scope
          .opBuilder("Cast", "double")
          .addInput(of)
          .setAttr("DstT", DataType.DT_DOUBLE)
          .build()
          .output(0);
    }

    Output<?> identity(Output<?> of) {
      return scope.opBuilder("Identity", "result").addInput(of).build().output(0);
    }

    Output<?> weights(double[] elements, Output<?> like) {
      Ops tf = Ops.create(graph).withSubScope("weights");
      Output<?> cast =
          scope
              .opBuilder("Cast", "weights")
              .addInput(tf.constant(elements).asOutput())
              .setAttr("DstT", like.dataType())
              .build()
              .output(0);
      Output<?> shape = scope.opBuilder("Shape", "shape").addInput(like).build().output(0);
      return scope
          .opBuilder("Reshape", "weights")
          .addInput(cast)
          .addInput(shape)
          .build()
          .output(0);
    }

    List<double[]> fetch(List<Output<?>> outputs) {
      List<Tensor> fed = new ArrayList<>();
      Session.Runner runner = session.runner();
      placeholders.forEach(
          (name, value) -> {
            fed.add(
                value.kind() == Kind.FED_INT32
                    ? TensorData.of(
                        value.shape(),
                        Arrays.stream(value.elements()).mapToInt(e -> (int) e).toArray())
                    : TensorData.of(value.shape(), value.elements()));
            runner.feed(name, fed.get(fed.size() - 1));
          });
      outputs.forEach(runner::fetch);
      try (Result result = runner.run()) {
        List<double[]> values = new ArrayList<>();
        for (int i = 0; i < outputs.size(); i++) {
          values.add(TensorData.doubles((TFloat64) result.get(i)));
        }
        return values;
      } finally {
        fed.forEach(Tensor::close);
      }
    }

    @Override
    public void close() {
      session.close();
      graph.close();
    }
  }
}
