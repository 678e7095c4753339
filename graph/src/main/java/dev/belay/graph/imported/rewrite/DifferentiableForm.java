package dev.belay.graph.imported.rewrite;

import java.util.Collection;
import java.util.List;

/**
 * Applies all rewrites that give a graph a correct gradient, in order: first those of ops that only
 * hide other nodes, then of ops whose native gradient is wrong, then of ops that have none.
 */
public final class DifferentiableForm implements GraphRewrite {
  private final List<GraphRewrite> rewrites;

  /**
   * @param keep nodes that are not changed, since their author gave them a custom gradient
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
            new MissingMatrixGradients(),
            new MissingDiagonalGradients());
  }

  @Override
  public void rewrite(NodeGraph graph) {
    rewrites.forEach(rewrite -> rewrite.rewrite(graph));
  }
}
