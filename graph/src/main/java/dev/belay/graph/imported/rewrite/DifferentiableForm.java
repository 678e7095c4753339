package dev.belay.graph.imported.rewrite;

import java.util.Collection;
import java.util.List;

/**
 * All rewrites that give a graph a right gradient, in their order: first those of what only hides
 * other nodes, then of ops whose native gradient is wrong, then of ops that have none.
 */
public final class DifferentiableForm implements GraphRewrite {
  private final List<GraphRewrite> rewrites;

  /**
   * @param keep nodes to leave alone, since their author gave them a gradient of their own
   */
  public DifferentiableForm(Collection<String> keep) {
    this.rewrites =
        List.of(
            new PassThrough(keep),
            new NarrowIndices(),
            new CorrectedGradients(),
            new PaddedWindows(),
            new BatchedProduct(),
            new SparseCrossEntropy(),
            new MissingGradients(),
            new MissingLookupGradients(),
            new MissingDiagonalGradients());
  }

  @Override
  public void rewrite(NodeGraph graph) {
    rewrites.forEach(rewrite -> rewrite.rewrite(graph));
  }
}
