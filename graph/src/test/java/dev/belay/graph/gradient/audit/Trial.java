package dev.belay.graph.gradient.audit;

import dev.belay.graph.gradient.NoGradientReport;
import dev.belay.graph.gradient.audit.Combination.Value;
import dev.belay.graph.imported.rewrite.DifferentiableForm;
import dev.belay.graph.imported.rewrite.NodeGraph;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.graph.variable.VariableSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.GraphDef;

/**
 * Differentiates one combination as Belay would, and holds the result against the central
 * difference of the original graph, along random weights of all its results.
 */
final class Trial {
  /** What came of it. */
  enum Outcome {
    /** The native gradient is right. */
    RIGHT,
    /** The gradient of what Belay writes in the op's place is right. */
    REWRITTEN,
    /** Belay refuses to train through it. */
    REFUSED,
    /** TensorFlow cannot compute the op itself in this type on this device. */
    NO_KERNEL,
    /** None of these: Belay would train on a wrong gradient, or fail. */
    WRONG
  }

  /**
   * The result.
   *
   * @param note what was rewritten, why it was refused, or what is wrong
   * @param evidence what the gradient was computed of; null if there is none
   */
  record Verdict(Outcome outcome, String note, Evidence evidence) {}

  /**
   * A gradient and all that it follows from.
   *
   * @param original the graph before any rewriting
   * @param weights incoming gradients of the outputs
   * @param gradients by the names of the variables; those that have none are left out
   */
  record Evidence(
      CombinationGraph original, List<double[]> weights, Map<String, double[]> gradients) {}

  private final Combination combination;
  private final CombinationGraph original;
  private final List<double[]> weights = new ArrayList<>();
  private final Map<String, double[]> gradients = new LinkedHashMap<>();
  private final boolean isWide;

  private Trial(Combination combination, CombinationGraph original, boolean isWide) {
    this.combination = combination;
    this.original = original;
    this.isWide = isWide;
  }

  /** Tries a combination against float64, or against float32 where the op has no float64. */
  static Verdict of(Combination combination) {
    try {
      return judge(combination, DataType.DT_DOUBLE);
    } catch (NoKernelException inDouble) {
      try {
        return judge(combination, DataType.DT_FLOAT);
      } catch (NoKernelException e) {
        return new Verdict(Outcome.NO_KERNEL, e.getMessage(), null);
      }
    }
  }

  private static Verdict judge(Combination combination, DataType referenceType) {
    CombinationGraph original;
    CombinationGraph reference;
    try {
      original = CombinationGraph.of(combination, combination.type());
      reference = CombinationGraph.of(combination, referenceType);
    } catch (RuntimeException e) {
      throw new NoKernelException(e);
    }
    Trial trial = new Trial(combination, original, reference.isWide());
    List<double[]> values;
    Map<String, double[]> expected;
    try {
      values = trial.values();
      expected =
          combination.expected().isEmpty() ? trial.differences(reference) : combination.expected();
    } catch (RuntimeException e) {
      throw new NoKernelException(e);
    }
    return trial.compare(values, expected);
  }

  /** The op does not run. */
  private static final class NoKernelException extends RuntimeException {
    private static final long serialVersionUID = 1;

    NoKernelException(RuntimeException cause) {
      super(firstLine(cause), cause);
    }
  }

  private static String firstLine(RuntimeException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("").strip();
  }

  private List<double[]> values() {
    Random random = new Random(combination.text().hashCode());
    try (Evaluation evaluation = new Evaluation(original.graphDef(), original.fed())) {
      List<double[]> values = evaluation.fetch(outputs(evaluation, original.outputs()));
      for (double[] value : values) {
        double[] weight = new double[value.length];
        Arrays.setAll(weight, i -> random.nextInt(-64, 64) / 32.0);
        if (!combination.expected().isEmpty()) {
          Arrays.fill(weight, 1);
        }
        weights.add(weight);
      }
      return values;
    }
  }

  private static List<Output<?>> outputs(Evaluation evaluation, List<String> names) {
    List<Output<?>> outputs = new ArrayList<>();
    names.forEach(name -> outputs.add(evaluation.tensor(name)));
    return evaluation.doubles(outputs);
  }

  /** Of second order in float64; of fourth order with wide steps where float32 must do. */
  private Map<String, double[]> differences(CombinationGraph reference) {
    Map<String, double[]> differences = new LinkedHashMap<>();
    try (Evaluation evaluation = new Evaluation(reference.graphDef(), reference.fed())) {
      List<Output<?>> outputs = outputs(evaluation, reference.outputs());
      for (String name : reference.variables().keySet()) {
        double[] at = reference.fed().get(name).elements();
        double[] difference = new double[at.length];
        for (int i = 0; i < at.length; i++) {
          double step = isWide ? 1e-5 : 1.0 / 32;
          double narrow = rise(evaluation, outputs, at, i, step);
          difference[i] =
              isWide
                  ? narrow / (2 * step)
                  : (8 * narrow - rise(evaluation, outputs, at, i, 2 * step)) / (12 * step);
        }
        differences.put(name, difference);
      }
    }
    return differences;
  }

  private double rise(
      Evaluation evaluation, List<Output<?>> outputs, double[] at, int element, double step) {
    double middle = at[element];
    at[element] = middle + step;
    double up = weighted(evaluation.fetch(outputs));
    at[element] = middle - step;
    double down = weighted(evaluation.fetch(outputs));
    at[element] = middle;
    return up - down;
  }

  private double weighted(List<double[]> values) {
    double sum = 0;
    for (int i = 0; i < values.size(); i++) {
      for (int j = 0; j < values.get(i).length; j++) {
        sum += values.get(i)[j] * weights.get(i)[j];
      }
    }
    return sum;
  }

  private Verdict compare(List<double[]> values, Map<String, double[]> expected) {
    NodeGraph nodes = new NodeGraph(original.graphDef());
    new DifferentiableForm(Set.of()).rewrite(nodes);
    List<String> names = original.outputs().stream().map(nodes::current).toList();
    nodes.prune(names);
    try (Evaluation evaluation = new Evaluation(nodes.toGraphDef(), stillFed(nodes))) {
      List<double[]> now = evaluation.fetch(outputs(evaluation, names));
      for (int i = 0; i < now.size(); i++) {
        String wrong = difference(values.get(i), now.get(i), valueTolerance());
        if (wrong != null) {
          return verdict(Outcome.WRONG, "value of output " + i + ": " + wrong);
        }
      }
      String refused = differentiate(evaluation, names, nodes.toGraphDef());
      if (refused != null) {
        return verdict(Outcome.REFUSED, refused);
      }
    } catch (RuntimeException e) {
      return verdict(Outcome.WRONG, firstLine(e));
    }
    for (Map.Entry<String, double[]> wanted : expected.entrySet()) {
      double[] found =
          gradients.getOrDefault(wanted.getKey(), new double[wanted.getValue().length]);
      String wrong = difference(wanted.getValue(), found, tolerance());
      if (wrong != null) {
        return verdict(Outcome.WRONG, "gradient by " + wanted.getKey() + ": " + wrong);
      }
    }
    return nodes.notes().isEmpty()
        ? verdict(Outcome.RIGHT, "")
        : verdict(Outcome.REWRITTEN, String.join("; ", nodes.notes()).replaceAll("\\b1 ", ""));
  }

  private Verdict verdict(Outcome outcome, String note) {
    return new Verdict(outcome, note, new Evidence(original, weights, gradients));
  }

  private Map<String, Value> stillFed(NodeGraph nodes) {
    Set<String> there = names(nodes.toGraphDef());
    Map<String, Value> fed = new LinkedHashMap<>(original.fed());
    fed.keySet().retainAll(there);
    return fed;
  }

  private static Set<String> names(GraphDef graphDef) {
    return graphDef.getNodeList().stream()
        .map(node -> node.getName())
        .collect(java.util.stream.Collectors.toSet());
  }

  /** Adds the gradients; or says why they are refused. */
  private String differentiate(Evaluation evaluation, List<String> outputs, GraphDef graphDef) {
    Set<String> there = names(graphDef);
    List<String> by =
        original.variables().keySet().stream()
            .filter(name -> there.contains(original.variables().get(name)))
            .toList();
    List<GraphVariable> variables =
        by.stream()
            .map(name -> variable(evaluation.tensor(original.variables().get(name))))
            .toList();
    Output<?>[] from = new Output<?>[outputs.size()];
    Output<?>[] incoming = new Output<?>[outputs.size()];
    for (int i = 0; i < from.length; i++) {
      from[i] = evaluation.identity(evaluation.tensor(outputs.get(i)));
      incoming[i] = evaluation.like(from[i], weights.get(i));
      try {
        NoGradientReport.of(evaluation.graph(), from[i], variables, List.of(), Map.of())
            .requireEmpty();
      } catch (IllegalArgumentException e) {
        return e.getMessage();
      }
    }
    Output<?>[] parts =
        evaluation
            .graph()
            .addGradients(
                "gradient",
                from,
                variables.stream().map(GraphVariable::value).toArray(Output<?>[]::new),
                incoming);
    for (int i = 0; i < parts.length; i++) {
      if (parts[i] != null && !parts[i].isClosed()) {
        gradients.put(by.get(i), evaluation.fetch(evaluation.doubles(List.of(parts[i]))).get(0));
      }
    }
    return null;
  }

  private static GraphVariable variable(Output<?> tensor) {
    VariableSpec spec =
        new VariableSpec(tensor.op().name(), tensor.dataType(), Shape.scalar(), true);
    return new GraphVariable(spec, tensor, tensor, null, null);
  }

  /** A rewritten graph may add up in another order. */
  private double valueTolerance() {
    return switch (combination.type()) {
      case DT_DOUBLE -> 1e-13;
      case DT_FLOAT -> 1e-6;
      case DT_HALF -> 4e-3;
      default -> 3e-2;
    };
  }

  private double tolerance() {
    return switch (combination.type()) {
      case DT_DOUBLE -> isWide ? 1e-7 : 2e-3;
      case DT_FLOAT -> isWide ? 2e-5 : 2e-3;
      case DT_HALF -> 1e-2;
      default -> 6e-2;
    };
  }

  private static String difference(double[] expected, double[] found, double tolerance) {
    if (expected.length != found.length) {
      return expected.length + " elements expected, " + found.length + " found";
    }
    double scale = Math.max(1, Arrays.stream(expected).map(Math::abs).max().orElse(0));
    for (int i = 0; i < expected.length; i++) {
      boolean isEqual =
          Math.abs(expected[i] - found[i]) <= tolerance * scale || expected[i] == found[i];
      if (!isEqual) {
        return "expected " + expected[i] + " at " + i + ", found " + found[i];
      }
    }
    return null;
  }
}
