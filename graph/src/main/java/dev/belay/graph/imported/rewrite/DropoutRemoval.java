package dev.belay.graph.imported.rewrite;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Predicate;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Replaces every dropout by its input: nothing is dropped and nothing is scaled. It recognises, for
 * uniform u, rate r and keep k = 1 - r, the forms of
 *
 * <ul>
 *   <li>tf.nn.dropout of TF 2: {@code x * (1/k) * cast(u >= r)}
 *   <li>newer ones: {@code select(u >= r, x * (1/k), 0)}
 *   <li>TF 1: {@code x / k * floor(k + u)}
 * </ul>
 *
 * with the scale as a product or a quotient, before the mask or after it. Any other op upstream of
 * the loss that draws random numbers is refused by name, since it would still draw.
 */
public final class DropoutRemoval implements GraphRewrite {
  private static final double TOLERANCE = 1e-5;

  private final Predicate<String> trained;

  /**
   * @param trained tells whether the loss depends on a node, by its name; other nodes are not
   *     changed
   */
  public DropoutRemoval(Predicate<String> trained) {
    this.trained = trained;
  }

  @Override
  public void rewrite(NodeGraph graph) {
    List<String> unrecognised = new ArrayList<>();
    for (NodeDef source : RandomSource.in(graph)) {
      if (trained.test(source.getName()) && !remove(graph, source)) {
        unrecognised.add(source.getOp() + " " + source.getName());
      }
    }
    if (!unrecognised.isEmpty()) {
      throw new UnsupportedGraphException(
          "--dropout off: the model draws random numbers that are no dropout as Keras, Hugging Face"
              + " or TF 1 write it, so they cannot be left out: "
              + String.join(", ", unrecognised)
              + ". Train with --dropout on, which draws them from the run's seed and the step, or"
              + " through a function without them, such as --signature serving_default.");
    }
    graph.settle();
  }

  /** Removes recognised dropouts, and leaves everything else unchanged. */
  public static void removeRecognised(NodeGraph graph) {
    removeRecognised(graph, node -> true);
  }

  /** Removes recognised dropouts of some nodes, by name. */
  public static void removeRecognised(NodeGraph graph, Predicate<String> chosen) {
    RandomSource.in(graph).stream()
        .filter(source -> chosen.test(source.getName()))
        .forEach(source -> remove(graph, source));
    graph.settle();
  }

  /** A dropout's last node and its input tensor. */
  private record Site(String output, String input) {}

  private static boolean remove(NodeGraph graph, NodeDef source) {
    if (!RandomSource.isUniform(source)) {
      return false;
    }
    Pattern pattern = new Pattern(graph);
    List<Site> sites = new ArrayList<>();
    if (!pattern.collect(source.getName(), sites) || sites.isEmpty()) {
      return false;
    }
    for (Site site : sites) {
      graph.move(site.output(), site.input());
      graph.remove(site.output());
      graph.note("dropout: its input");
    }
    return true;
  }

  /** Follows a uniform draw to the dropouts that use it. */
  private static final class Pattern {
    private final NodeGraph graph;
    private final ScalarConstants constants;

    Pattern(NodeGraph graph) {
      this.graph = graph;
      this.constants = new ScalarConstants(graph);
    }

    /** Adds the dropouts that use a uniform tensor; false if it is used for anything else. */
    boolean collect(String uniform, List<Site> sites) {
      for (NodeDef use : graph.consumers(uniform)) {
        boolean understood =
            switch (use.getOp()) {
              case "Identity" -> collect(use.getName(), sites);
              case "Mul" -> is(other(use, uniform), 1) && collect(use.getName(), sites);
              case "Add", "AddV2" -> shifted(use, other(use, uniform), sites);
              case "GreaterEqual", "Greater", "LessEqual", "Less" -> compared(use, uniform, sites);
              default -> false;
            };
        if (!understood) {
          return false;
        }
      }
      return true;
    }

    /** {@code u + 0} is the draw itself; {@code floor(u + k)} is TF 1's mask. */
    private boolean shifted(NodeDef sum, String shift, List<Site> sites) {
      if (is(shift, 0)) {
        return collect(sum.getName(), sites);
      }
      OptionalDouble keep = constants.value(shift);
      if (keep.isEmpty()) {
        return false;
      }
      for (NodeDef floor : graph.consumers(sum.getName())) {
        if (!floor.getOp().equals("Floor") || !masked(floor.getName(), keep.getAsDouble(), sites)) {
          return false;
        }
      }
      return true;
    }

    private boolean compared(NodeDef comparison, String uniform, List<Site> sites) {
      boolean first = TensorName.canonical(comparison.getInput(0)).equals(uniform);
      OptionalDouble bound = constants.value(comparison.getInput(first ? 1 : 0));
      if (bound.isEmpty()) {
        return false;
      }
      boolean keepsAbove = comparison.getOp().startsWith("Greater") == first;
      double keep = keepsAbove ? 1 - bound.getAsDouble() : bound.getAsDouble();
      return masked(comparison.getName(), keep, sites);
    }

    private boolean masked(String mask, double keep, List<Site> sites) {
      for (NodeDef use : graph.consumers(mask)) {
        boolean understood =
            switch (use.getOp()) {
              case "Cast", "Identity" -> masked(use.getName(), keep, sites);
              case "Mul" -> add(site(use, other(use, mask), keep), sites);
              case "SelectV2", "Select" ->
                  TensorName.canonical(use.getInput(0)).equals(mask)
                      && isZero(use.getInput(2))
                      && add(site(use, use.getInput(1), keep), sites);
              default -> false;
            };
        if (!understood) {
          return false;
        }
      }
      return true;
    }

    /** Finds the scale {@code 1 / k}, before the mask or after it. */
    private Optional<Site> site(NodeDef applied, String kept, double keep) {
      Optional<String> unscaled = unscaled(graph.node(graph.current(kept)), keep);
      if (unscaled.isPresent()) {
        return Optional.of(new Site(applied.getName(), unscaled.get()));
      }
      List<NodeDef> uses = graph.consumers(applied.getName());
      if (uses.size() == 1
          && unscaled(uses.get(0), keep).filter(applied.getName()::equals).isPresent()) {
        return Optional.of(new Site(uses.get(0).getName(), kept));
      }
      return isNear(keep, 1) ? Optional.of(new Site(applied.getName(), kept)) : Optional.empty();
    }

    /** The x of {@code x * (1/k)} or {@code x / k}. */
    private Optional<String> unscaled(NodeDef node, double keep) {
      if (node.getOp().equals("Mul")) {
        for (int i = 0; i < 2; i++) {
          if (is(node.getInput(i), 1 / keep)) {
            return Optional.of(TensorName.canonical(node.getInput(1 - i)));
          }
        }
      }
      boolean quotient = node.getOp().equals("RealDiv") || node.getOp().equals("Div");
      return quotient && is(node.getInput(1), keep)
          ? Optional.of(TensorName.canonical(node.getInput(0)))
          : Optional.empty();
    }

    private boolean isZero(String tensor) {
      NodeDef node = graph.node(graph.behindIdentity(tensor));
      return node.getOp().equals("ZerosLike")
          || is(node.getOp().equals("Fill") ? node.getInput(1) : tensor, 0);
    }

    private boolean is(String tensor, double expected) {
      OptionalDouble value = constants.value(tensor);
      return value.isPresent()
          && Math.abs(value.getAsDouble() - expected)
              <= constants.rounding(tensor) * Math.max(1, Math.abs(expected));
    }

    private static boolean isNear(double value, double expected) {
      return Math.abs(value - expected) <= TOLERANCE * Math.max(1, Math.abs(expected));
    }

    private static String other(NodeDef node, String input) {
      boolean first = TensorName.canonical(node.getInput(0)).equals(input);
      return node.getInput(first ? 1 : 0);
    }

    private static boolean add(Optional<Site> site, List<Site> sites) {
      site.ifPresent(sites::add);
      return site.isPresent();
    }
  }
}
