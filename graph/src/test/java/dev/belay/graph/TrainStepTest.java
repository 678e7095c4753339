package dev.belay.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.clip.GlobalNormClip;
import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.gradient.NormRows;
import dev.belay.graph.gradient.UntrainableModelException;
import dev.belay.graph.head.AttachedHead;
import dev.belay.graph.head.ClassificationHead;
import dev.belay.graph.imported.Dropout;
import dev.belay.graph.imported.ImportOptions;
import dev.belay.graph.imported.ImportedForward;
import dev.belay.graph.loss.SparseSoftmaxCrossEntropy;
import dev.belay.graph.optimizer.Adam;
import dev.belay.graph.optimizer.AdamVariant;
import dev.belay.graph.optimizer.DecayRule;
import dev.belay.graph.optimizer.Moments;
import dev.belay.graph.stage.GradientStage;
import dev.belay.graph.variable.GraphVariable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

class TrainStepTest {
  private static final GradientStage NEGATE =
      (tf, update) ->
          new GradientStage.Update(
              update.gradients().stream().map(g -> g.withValue(tf.math.neg(g.value()))).toList(),
              update.lossSum());

  @Test
  void theLossFallsAndTheCallsOwnUpdatesRun() {
    try (Run run = new Run(ImportOptions.of(Dropout.OFF, 1), false, List.of())) {
      float first = run.step(1, 0.05f, true)[0];
      float last = first;
      for (int step = 2; step <= 20; step++) {
        last = run.step(step, 0.05f, true)[0];
      }
      assertTrue(last < first / 4, first + " to " + last);
      try (Result result = run.fetch("calls")) {
        assertEquals(20, ((TInt64) result.get(0)).getLong());
      }
      assertEquals(List.of("pooler/kernel"), run.step.unused());
    }
  }

  @Test
  void aRunWithoutItsUpdateChangesNothing() {
    try (Run run = new Run(ImportOptions.of(Dropout.OFF, 1), false, List.of())) {
      Map<String, float[]> before = run.weights();
      float[] measured = run.step(1, 0.05f, false);
      assertArrayEquals(measured, run.step(1, 0.05f, false));
      run.assertWeights(before);
    }
  }

  @Test
  void aStepThatIsNotFiniteChangesNothing() {
    try (Run run = new Run(ImportOptions.of(Dropout.OFF, 1), false, List.of())) {
      run.step(1, 0.05f, true);
      run.set("dense/bias", Float.NaN, 0, 0);
      Map<String, float[]> before = run.weights();
      float[] measured = run.step(2, 0.05f, true);
      assertTrue(Float.isNaN(measured[0]) && Float.isNaN(measured[1]));
      assertEquals(0, measured[4], "all finite");
      run.assertWeights(before);
      try (Result result = run.fetch("calls")) {
        assertEquals(1, ((TInt64) result.get(0)).getLong(), "the call's own counter");
      }
      run.set("dense/bias", 0, 0, 0);
      assertEquals(1, run.step(2, 0.05f, true)[4]);
      assertThrows(AssertionError.class, () -> run.assertWeights(before));
    }
  }

  @Test
  void theNormIsClippedAfterTheStages() {
    try (Run plain = new Run(ImportOptions.of(Dropout.OFF, 1), false, List.of());
        Run negated = new Run(ImportOptions.of(Dropout.OFF, 1), false, List.of(NEGATE))) {
      float[] measured = plain.step(1, 0.05f, true);
      assertTrue(measured[1] > 0.1f);
      assertEquals(0.1f, measured[2], 1e-6);
      assertEquals(0.1f / measured[1], measured[3], 1e-6);
      assertArrayEquals(measured, negated.step(1, 0.05f, true));
      assertTrue(plain.step(2, 0.05f, true)[0] < measured[0]);
      assertTrue(negated.step(2, 0.05f, true)[0] > measured[0]);
    }
  }

  @Test
  void dropoutRepeatsWithSeedAndStep() {
    ImportOptions on = ImportOptions.of(Dropout.ON, 9);
    try (Run run = new Run(on, false, List.of());
        Run again = new Run(on, false, List.of());
        Run other = new Run(ImportOptions.of(Dropout.ON, 10), false, List.of())) {
      float[] third = run.step(3, 0.05f, false);
      assertArrayEquals(third, run.step(3, 0.05f, false));
      assertFalse(third[0] == run.step(4, 0.05f, false)[0]);
      assertFalse(third[0] == other.step(3, 0.05f, false)[0]);
      for (int step = 1; step <= 10; step++) {
        assertArrayEquals(run.step(step, 0.05f, true), again.step(step, 0.05f, true));
      }
      run.assertWeights(again.weights());
    }
  }

  @Test
  void frozenVariablesHaveNoGradientNodesAndStay() {
    ImportOptions headOnly = new ImportOptions(Dropout.OFF, 1, spec -> false, gradient -> false);
    try (Run run = new Run(headOnly, true, List.of())) {
      Map<String, float[]> before = run.modelWeights();
      float first = run.step(1, 0.05f, true)[0];
      for (int step = 2; step <= 20; step++) {
        run.step(step, 0.05f, true);
      }
      assertTrue(run.step(21, 0.05f, true)[0] < first);
      Map<String, float[]> after = run.modelWeights();
      before.forEach((name, weights) -> assertArrayEquals(weights, after.get(name), name));
      run.graph
          .operations()
          .forEachRemaining(
              operation -> assertFalse(operation.type().equals("UnsortedSegmentSum")));
    }
  }

  @Test
  void aHeadTrainsWithTheModel() {
    try (Run run = new Run(ImportOptions.of(Dropout.OFF, 1), true, List.of())) {
      Map<String, float[]> before = run.weights();
      run.step(1, 0.05f, true);
      Map<String, float[]> after = run.weights();
      for (String moved : List.of("head/kernel", "head/bias", "table")) {
        assertFalse(Arrays.equals(before.get(moved), after.get(moved)), moved);
      }
      assertEquals(List.of("dense/kernel", "dense/bias", "pooler/kernel"), run.step.unused());
    }
  }

  @Test
  void evaluationReadsTheSameVariablesWithoutDropout() {
    try (Run run = new Run(ImportOptions.of(Dropout.ON, 1), false, List.of())) {
      ForwardCall serve = run.model.call("serve");
      EvaluationStep evaluation =
          EvaluationStep.build(
              run.graph,
              new ForwardPass(serve, serve.output("logits")),
              Optional.empty(),
              new SparseSoftmaxCrossEntropy());
      float before = run.evaluate(evaluation);
      assertEquals(before, run.evaluate(evaluation));
      for (int step = 1; step <= 30; step++) {
        run.step(step, 0.05f, true);
      }
      assertTrue(run.evaluate(evaluation) < before / 4);
    }
  }

  @Test
  void nothingToTrainIsAnError() {
    ImportOptions frozen = new ImportOptions(Dropout.OFF, 1, spec -> false, gradient -> false);
    assertEquals(
        "Nothing is left to train: the model has 5 variables, all of them frozen, and there is no"
            + " new head. Look at --trainable and --freeze, and at what the model marks trainable.",
        assertThrows(UntrainableModelException.class, () -> new Run(frozen, false, List.of()))
            .getMessage());
  }

  @Test
  void everyUpdateWaitsForEveryGradient() {
    try (Run run = new Run(ImportOptions.of(Dropout.OFF, 1), false, List.of())) {
      List<GraphOperation> updates = new ArrayList<>();
      run.graph
          .operations()
          .forEachRemaining(
              operation -> {
                if (operation.type().equals("ResourceApplyAdam")
                    || operation.type().equals("AssignSubVariableOp")) {
                  updates.add(operation);
                }
              });
      assertEquals(3 + 2, updates.size()); // the bias does not decay
      for (GraphOperation update : updates) {
        boolean waits =
            update.controlInputs().stream()
                .anyMatch(
                    gate ->
                        gate.controlInputs().size() == 3
                            || gate.type().equals("AssignSubVariableOp"));
        assertTrue(waits, update.name());
      }
    }
  }

  /** A model, its step and a session, with a batch of four. */
  private static final class Run implements AutoCloseable {
    final Graph graph = new Graph();
    final Session session = new Session(graph);
    final ForwardModel model;
    final TrainStep step;
    private final Tensor ids = TensorData.of(Shape.of(4, 3), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 1);
    private final Tensor labels = TensorData.of(Shape.of(4), 0, 1, 2, 1);

    Run(ImportOptions options, boolean newHead, List<GradientStage> stages) {
      model = ImportedForward.importInto(graph, new SmallModel().spec(), options);
      ForwardCall call = model.call("train");
      ForwardPass forward = new ForwardPass(call, call.output(newHead ? "hidden" : "logits"));
      Optional<AttachedHead> head =
          newHead
              ? Optional.of(
                  new ClassificationHead(SmallModel.CLASSES, 0.1, 3)
                      .attach(Ops.create(graph), forward.output()))
              : Optional.empty();
      step =
          TrainStepBuilder.build(
              graph,
              new TrainPlan(
                  model,
                  forward,
                  head,
                  new SparseSoftmaxCrossEntropy(),
                  new GradientPlan(false, Optional.empty(), stages, NormRows.DENSE),
                  new GlobalNormClip(0.1),
                  Adam.withDecay(
                      new Moments(0.9, 0.999, 1e-8), DecayRule.ofWeights(0.01), AdamVariant.PLAIN),
                  name -> false));
      Session.Runner first = session.runner();
      step.initializers().forEach(first::addTarget);
      first.run();
      SmallModel.restore(session, model.variables());
      step.settle().ifPresent(settle -> session.runner().addTarget(settle).run());
    }

    /** Loss, norm, clipped norm, clip scale, and 1 if all is finite. */
    float[] step(long number, float rate, boolean apply) {
      TrainStep.Feeds feeds = step.feeds();
      TrainStep.Measures measures = step.measures();
      try (Tensor learningRate = TFloat32.scalarOf(rate);
          Tensor at = TInt64.scalarOf(number)) {
        Session.Runner runner =
            session
                .runner()
                .feed(feeds.inputs().get("ids"), ids)
                .feed(feeds.labels(), labels)
                .feed(feeds.learningRate(), learningRate)
                .feed(feeds.step(), at);
        for (Operand<?> measure :
            List.of(
                measures.loss(),
                measures.norm(),
                measures.clippedNorm(),
                measures.clipScale(),
                measures.applied())) {
          runner.fetch(measure);
        }
        if (apply) {
          runner.addTarget(step.apply());
        }
        try (Result result = runner.run()) {
          float[] values = new float[5];
          for (int i = 0; i < 4; i++) {
            values[i] = TensorData.scalar(result.get(i));
          }
          values[4] = ((TBool) result.get(4)).getBoolean() ? 1 : 0;
          return values;
        }
      }
    }

    float evaluate(EvaluationStep evaluation) {
      try (Result result =
          session
              .runner()
              .feed(evaluation.inputs().get("ids"), ids)
              .feed(evaluation.labels(), labels)
              .fetch(evaluation.lossSum())
              .fetch(evaluation.weight())
              .run()) {
        return TensorData.scalar(result.get(0)) / TensorData.scalar(result.get(1));
      }
    }

    void set(String name, float... values) {
      GraphVariable variable = model.variables().get(name);
      try (Tensor value = TensorData.of(variable.spec().shape(), values)) {
        session.runner().feed(variable.newValue(), value).addTarget(variable.assign()).run();
      }
    }

    Result fetch(String name) {
      return session.runner().fetch(model.variables().get(name).value()).run();
    }

    Map<String, float[]> modelWeights() {
      Map<String, float[]> weights = new LinkedHashMap<>();
      model.variables().forEach(collect(weights));
      return weights;
    }

    /** Everything that a checkpoint would hold, but for the call's own counter. */
    Map<String, float[]> weights() {
      Map<String, float[]> weights = modelWeights();
      step.parts().head().ifPresent(head -> head.forEach(collect(weights)));
      step.parts().slots().forEach(collect(weights));
      return weights;
    }

    void assertWeights(Map<String, float[]> expected) {
      Map<String, float[]> found = weights();
      assertEquals(expected.keySet(), found.keySet());
      expected.forEach((name, values) -> assertArrayEquals(values, found.get(name), name));
    }

    private Consumer<GraphVariable> collect(Map<String, float[]> weights) {
      return variable -> {
        if (variable.spec().dtype() == DataType.DT_FLOAT) {
          try (Result result = session.runner().fetch(variable.value()).run()) {
            weights.put(variable.name(), TensorData.floats(result.get(0)));
          }
        }
      };
    }

    @Override
    public void close() {
      ids.close();
      labels.close();
      session.close();
      graph.close();
    }
  }
}
