package dev.belay.graph.variable;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.belay.graph.TensorData;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.DataType;

class VariablesTest {
  private final Graph graph = new Graph();
  private final Variables variables = new Variables(Ops.create(graph));

  @AfterEach
  void close() {
    graph.close();
  }

  @Test
  void keepTheirOrderAndTheirValuesApart() {
    // Names that no node could have.
    List<String> names = List.of("b/_x:y", "_a", "b/_x y", "c");
    names.forEach(name -> variables.create(spec(name, Shape.of(2))));
    assertEquals(names, variables.all().stream().map(GraphVariable::name).toList());
    try (Session session = new Session(graph)) {
      for (int i = 0; i < names.size(); i++) {
        GraphVariable variable = variables.get(names.get(i));
        try (Tensor value = asFloat(i)) {
          session.runner().feed(variable.newValue(), value).addTarget(variable.assign()).run();
        }
      }
      for (int i = 0; i < names.size(); i++) {
        try (Result result = session.runner().fetch(variables.get(names.get(i)).value()).run()) {
          assertArrayEquals(new float[] {i, -i}, TensorData.floats(result.get(0)));
        }
      }
    }
  }

  @Test
  void twoSetsOfOneNameAreTwoVariables() {
    Variables others = new Variables(Ops.create(graph));
    GraphVariable mine = variables.create(spec("w", Shape.of(2)));
    GraphVariable other = others.create(spec("w", Shape.of(2)));
    try (Session session = new Session(graph);
        Tensor one = asFloat(1);
        Tensor two = asFloat(2)) {
      session
          .runner()
          .feed(mine.newValue(), one)
          .feed(other.newValue(), two)
          .addTarget(mine.assign())
          .addTarget(other.assign())
          .run();
      try (Result result = session.runner().fetch(mine.value()).run()) {
        assertArrayEquals(new float[] {1, -1}, TensorData.floats(result.get(0)));
      }
    }
  }

  @Test
  void aNameIsTakenOnce() {
    variables.create(spec("w", Shape.of(2)));
    assertEquals(
        "Two variables are named w; names must be unique, so the second needs another one.",
        assertThrows(IllegalArgumentException.class, () -> variables.create(spec("w", Shape.of(2))))
            .getMessage());
  }

  @Test
  void aShapeMustBeKnown() {
    assertEquals(
        "Variable w must be declared with a fully defined shape, since its slots are made from it;"
            + " found [2, -1].",
        assertThrows(IllegalArgumentException.class, () -> spec("w", Shape.of(2, -1)))
            .getMessage());
    assertEquals(
        "A variable needs a name; found an empty one.",
        assertThrows(IllegalArgumentException.class, () -> spec(" ", Shape.of(2))).getMessage());
  }

  private static Tensor asFloat(int i) {
    return TensorData.of(Shape.of(2), (float) i, (float) -i);
  }

  private static VariableSpec spec(String name, Shape shape) {
    return new VariableSpec(name, DataType.DT_FLOAT, shape, true);
  }
}
