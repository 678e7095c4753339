package dev.belay.graph.imported.rewrite;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tensorflow.Output;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat64;

class PassThroughTest {

  @Test
  void chainsOfThemBecomeIdentities() {
    RewrittenGraph graph =
        new RewrittenGraph()
            .input("x", 2, 3)
            .input("y", 3)
            .build(
                g -> {
                  Ops tf = g.tf;
                  Output<?>[] both =
                      tf.scope()
                          .opBuilder("IdentityN", "both")
                          .addInputList(
                              new Output<?>[] {g.input("x").asOutput(), g.input("y").asOutput()})
                          .build()
                          .outputList(0, 2);
                  var second = tf.ensureShape(both[1].expect(TFloat64.class), Shape.of(3));
                  var third = tf.placeholderWithDefault(second, Shape.of(3));
                  return tf.math.mul(both[0].expect(TFloat64.class), third).asOutput();
                },
                new PassThrough(Set.of()));
    graph.sameValues(0).sameGradients("x", "y");
    assertEquals(
        List.of(
            "1 EnsureShape: Identity",
            "1 IdentityN: Identity",
            "1 PlaceholderWithDefault: Identity"),
        graph.rewritten().notes());
  }

  @Test
  void controlEdgesFollow() {
    RewrittenGraph graph =
        new RewrittenGraph()
            .input("x", 2)
            .build(
                g -> {
                  Op passed = g.tf.ensureShape(g.input("x"), Shape.of(2));
                  return g.tf
                      .withControlDependencies(List.of(passed))
                      .identity(g.input("x"))
                      .asOutput();
                },
                new PassThrough(Set.of()));
    graph.sameValues(0);
    assertEquals("^EnsureShape/pass_0", graph.rewritten().node(graph.output()).getInput(1));
  }

  @Test
  void leavesNodesWithAGradientOfTheirOwn() {
    RewrittenGraph graph =
        new RewrittenGraph()
            .input("x", 2)
            .build(
                g ->
                    g.tf
                        .scope()
                        .opBuilder("IdentityN", "own")
                        .addInputList(new Output<?>[] {g.input("x").asOutput()})
                        .build()
                        .output(0),
                new PassThrough(Set.of("own")));
    assertEquals("IdentityN", graph.rewritten().node(graph.output()).getOp());
  }
}
