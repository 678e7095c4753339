package dev.belay.graph.imported.rewrite;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.framework.NodeDef;

/**
 * Recognizes nodes that draw random numbers and names the stateless op of the same distribution.
 */
final class RandomSource {
  /** The op by its distribution; its inputs are the shape, then the seed, then any others. */
  private static final Map<String, String> STATELESS =
      Map.of(
          "RandomUniform", "StatelessRandomUniform",
          "RandomStandardNormal", "StatelessRandomNormal",
          "TruncatedNormal", "StatelessTruncatedNormal",
          "RandomUniformInt", "StatelessRandomUniformInt",
          "StatelessRandomUniformV2", "StatelessRandomUniform",
          "StatelessRandomNormalV2", "StatelessRandomNormal",
          "StatelessTruncatedNormalV2", "StatelessTruncatedNormal",
          "Multinomial", "StatelessMultinomial");

  private static final Set<String> UNIFORM =
      Set.of("RandomUniform", "StatelessRandomUniform", "StatelessRandomUniformV2");

  /** Ops that keep internal state and have no stateless form here. */
  private static final Set<String> OTHER_STATEFUL =
      Set.of(
          "RandomGamma",
          "RandomPoisson",
          "RandomPoissonV2",
          "RandomShuffle",
          "ParameterizedTruncatedNormal",
          "RandomGammaGrad",
          "StatefulUniform",
          "StatefulUniformFullInt",
          "StatefulUniformInt",
          "StatefulStandardNormal",
          "StatefulStandardNormalV2",
          "StatefulTruncatedNormal",
          "StatefulRandomBinomial");

  private RandomSource() {}

  /** All nodes that draw new numbers in each run, in the graph's order. */
  static List<NodeDef> in(NodeGraph graph) {
    return graph.nodes().stream().filter(node -> isRandom(graph, node)).toList();
  }

  static boolean isUniform(NodeDef node) {
    return UNIFORM.contains(node.getOp());
  }

  /** The stateless op of the same distribution, or null if there is none here. */
  static String stateless(NodeDef node) {
    return STATELESS.get(node.getOp());
  }

  private static boolean isRandom(NodeGraph graph, NodeDef node) {
    if (node.getOp().startsWith("Stateless") && node.getOp().endsWith("V2")) {
      // Stateless only in name: Keras feeds it a key and a counter from a stateful generator.
      return STATELESS.containsKey(node.getOp()) && !isConstant(graph, node.getInput(1));
    }
    return STATELESS.containsKey(node.getOp()) || OTHER_STATEFUL.contains(node.getOp());
  }

  private static boolean isConstant(NodeGraph graph, String tensor) {
    return graph.node(graph.behindIdentity(tensor)).getOp().equals("Const");
  }
}
