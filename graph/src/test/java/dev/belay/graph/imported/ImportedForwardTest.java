package dev.belay.graph.imported;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.SmallModel;
import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.variable.GraphVariable;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;

class ImportedForwardTest {
  private final ForwardSpec spec = new SmallModel().spec();
  private final Graph graph = new Graph();

  @AfterEach
  void close() {
    graph.close();
  }

  @Test
  void givesCallsVariablesAndNotes() {
    ForwardModel forward = importWith(Dropout.ON);
    assertEquals(Set.of("train", "serve"), forward.calls().keySet());
    ForwardCall train = forward.call("train");
    assertArrayEquals(new long[] {-1, -1}, train.inputs().get("ids").shape().asArray());
    assertArrayEquals(
        new long[] {-1, SmallModel.CLASSES}, train.output("logits").shape().asArray());
    assertEquals(1, train.updates().size());
    assertTrue(forward.call("serve").updates().isEmpty());
    assertTrue(forward.step().isPresent());
    assertEquals(
        List.of(
            "1 RandomUniform: 16 bits of a draw from seed and step",
            "2 ResourceGather: GatherV2 on the variable's one read"),
        forward.notes());
    assertEquals(
        List.of("table", "dense/kernel", "dense/bias", "pooler/kernel"),
        forward.variables().trainable().stream().map(GraphVariable::name).toList());
    assertEquals(5, forward.variables().all().size());
  }

  @Test
  void withoutDropoutNothingIsDrawn() {
    ForwardModel forward = importWith(Dropout.OFF);
    assertFalse(forward.step().isPresent());
    graph
        .operations()
        .forEachRemaining(
            operation -> assertFalse(operation.type().contains("Random"), operation.name()));
  }

  @Test
  void eachVariableThatTrainsIsReadOnce() {
    importWith(Dropout.OFF);
    int[] reads = {0};
    graph
        .operations()
        .forEachRemaining(
            operation -> {
              if (operation.type().equals("ReadVariableOp")) {
                reads[0]++;
              }
            });
    assertEquals(5, reads[0]);
  }

  @Test
  void theCallerMayFreezeWhatTheModelTrains() {
    ForwardModel forward =
        ImportedForward.importInto(
            graph,
            spec,
            new ImportOptions(
                Dropout.OFF, 1, variable -> variable.name().startsWith("dense"), name -> false));
    assertEquals(
        List.of("dense/kernel", "dense/bias"),
        forward.variables().trainable().stream().map(GraphVariable::name).toList());
  }

  @Test
  void namesThatAreNotThereAreErrors() {
    ForwardModel forward = importWith(Dropout.OFF);
    assertEquals(
        "The model has no function predict; there are [train, serve]",
        assertThrows(IllegalArgumentException.class, () -> forward.call("predict")).getMessage());
    assertEquals(
        "The function serve has no output pooled; it has [logits, hidden]",
        assertThrows(IllegalArgumentException.class, () -> forward.call("serve").output("pooled"))
            .getMessage());
    assertEquals(
        "There is no variable bias; the 5 known are [table, dense/kernel, dense/bias,"
            + " pooler/kernel, calls].",
        assertThrows(IllegalArgumentException.class, () -> forward.variables().get("bias"))
            .getMessage());
  }

  @Test
  void aGraphThatWasCutShortIsAnError() {
    ForwardSpec cut =
        new ForwardSpec(
            spec.graphDef().toBuilder().removeNode(0).build(),
            spec.calls(),
            spec.variables(),
            List.of(),
            List.of(),
            List.of());
    String missing = spec.graphDef().getNode(0).getName();
    assertEquals(
        "The graph names the node "
            + missing
            + ", which is not among its "
            + cut.graphDef().getNodeCount()
            + " nodes; the model was cut short or its functions were not fully expanded.",
        assertThrows(
                IllegalArgumentException.class,
                () -> ImportedForward.importInto(graph, cut, ImportOptions.of(Dropout.OFF, 1)))
            .getMessage());
  }

  @Test
  void aSavedGradientWithoutItsFunctionIsAnError() {
    ForwardSpec broken =
        new ForwardSpec(
            spec.graphDef(),
            spec.calls(),
            spec.variables(),
            List.of(),
            List.of(
                new ForwardSpec.CustomGradient("train.hidden", 0, "Lost", List.of(), List.of())),
            List.of());
    assertEquals(
        "The gradient Lost of the node train.hidden is not in the model's function library.",
        assertThrows(
                IllegalArgumentException.class,
                () -> ImportedForward.importInto(graph, broken, ImportOptions.of(Dropout.OFF, 1)))
            .getMessage());
  }

  private ForwardModel importWith(Dropout dropout) {
    return ImportedForward.importInto(graph, spec, ImportOptions.of(dropout, 1));
  }
}
