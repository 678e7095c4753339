package dev.belay.graph.replica;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.ForwardPass;
import dev.belay.graph.GradientPlan;
import dev.belay.graph.SmallModel;
import dev.belay.graph.TensorData;
import dev.belay.graph.TrainPlan;
import dev.belay.graph.TrainStep;
import dev.belay.graph.TrainStepBuilder;
import dev.belay.graph.clip.GlobalNormClip;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.gradient.NormRows;
import dev.belay.graph.imported.Dropout;
import dev.belay.graph.imported.ImportOptions;
import dev.belay.graph.imported.ImportedForward;
import dev.belay.graph.loss.SparseSoftmaxCrossEntropy;
import dev.belay.graph.optimizer.Adam;
import dev.belay.graph.optimizer.Moments;
import dev.belay.graph.stage.AllReduce;
import dev.belay.graph.stage.GradientStage;
import dev.belay.graph.variable.GraphVariable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;
import org.tensorflow.Operation;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.ConfigProto;
import org.tensorflow.proto.framework.DataType;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.RunOptions;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/**
 * Two devices make the update that one makes on the joint batch. The devices are two of the CPU's.
 * Rows are dealt out unevenly and each example has another number of labels, so that a mean of the
 * replicas' means, or a clip before the sum, would be another training.
 */
@Tag("long")
class ReplicasTest {
  private static final int EXAMPLES = 8;
  private static final int LENGTH = 5;
  private static final int STEPS = 20;
  private static final float BOUND = 0.05f;
  private static final List<String> TWO = List.of("/device:CPU:0", "/device:CPU:1");
  private static final int[] JOINT = {EXAMPLES};
  private static final int[] DEALT = {5, 3};

  @ParameterizedTest
  @ValueSource(longs = {200, AllReduce.DEFAULT_BUCKET_BYTES})
  void twoDevicesTrainAsOneOnTheJointBatch(long bucketBytes) {
    try (Run one = new Run(List.of("/device:CPU:0"), List.of());
        Run two = new Run(TWO, List.of(new AllReduce(2, bucketBytes)))) {
      for (int step = 1; step <= STEPS; step++) {
        float[] alone = one.update(step, JOINT);
        float[] together = two.update(step, DEALT);
        assertArrayEquals(alone, together, 1e-5f, "loss and norm of step " + step);
        assertTrue(one.clipped && two.clipped, "the clip is active at step " + step);
      }
      Map<String, float[]> first = two.values(0);
      two.values(1).forEach((name, values) -> assertArrayEquals(first.get(name), values, name));
      Map<String, float[]> alone = one.values(0);
      assertEquals(alone.keySet(), first.keySet());
      alone.forEach((name, values) -> assertArrayEquals(values, first.get(name), 1e-6f, name));
      assertTrue(moved(one), "20 steps move the weights by more than the tolerance");
    }
  }

  private static boolean moved(Run trained) {
    try (Run fresh = new Run(List.of("/device:CPU:0"), List.of())) {
      float[] before = fresh.values(0).get("table");
      float[] after = trained.values(0).get("table");
      return Math.abs(before[6] - after[6]) > 1e-3;
    }
  }

  /** What the test above is there to catch. */
  @Test
  void withoutTheSumOfGradientsReplicasPart() {
    try (Run two = new Run(TWO, List.of())) {
      two.update(1, DEALT);
      assertTrue(
          !Arrays.equals(two.values(0).get("table"), two.values(1).get("table")),
          "each trained on its own rows");
    }
  }

  @Test
  void aLossThatIsNotFiniteOnOneDeviceHoldsBackBoth() {
    try (Run two = new Run(TWO, List.of(new AllReduce(2, AllReduce.DEFAULT_BUCKET_BYTES)))) {
      two.update(1, DEALT);
      two.set(1, "table", Float.NaN);
      float[] before = two.values(0).get("table");
      two.update(2, DEALT);
      assertArrayEquals(before, two.values(0).get("table"), "nothing is applied on the sound one");
    }
  }

  @Test
  void everyOperationLandsOnItsReplicasDevice() {
    try (Run two = new Run(TWO, List.of(new AllReduce(2, AllReduce.DEFAULT_BUCKET_BYTES)))) {
      two.traced = true;
      two.update(1, DEALT);
      Set<String> adams = new TreeSet<>();
      for (GraphDef part : two.partitions) {
        for (NodeDef node : part.getNodeList()) {
          if (node.getOp().equals("ResourceApplyAdam")) {
            boolean second = node.getName().startsWith("replica_1/");
            adams.add((second ? "second" : "first") + " on " + node.getDevice());
          }
        }
      }
      assertEquals(
          Set.of(
              "first on /job:localhost/replica:0/task:0/device:CPU:0",
              "second on /job:localhost/replica:0/task:0/device:CPU:1"),
          adams);
    }
  }

  @Test
  void whatWasAddedAfterTheCopyIsNotFoundInIt() {
    try (Run two = new Run(TWO, List.of())) {
      Operation late = Ops.create(two.graph).withName("late").noOp().op();
      String message =
          assertThrows(IllegalArgumentException.class, () -> two.replicas.in(1, late)).getMessage();
      assertEquals("Replica 1 has no late: it was added after the copy.", message);
    }
  }

  @Test
  void devicesMustBeGivenAndDiffer() {
    try (Graph graph = new Graph()) {
      List<String> same = List.of("/device:CPU:0", "/device:CPU:0");
      assertThrows(IllegalArgumentException.class, () -> Replicas.of(graph, same));
      assertThrows(IllegalArgumentException.class, () -> Replicas.of(graph, List.of()));
    }
    assertThrows(IllegalArgumentException.class, () -> new AllReduce(1, 4));
    assertThrows(IllegalArgumentException.class, () -> new AllReduce(2, 0));
  }

  /** A model whose tokens are classified, on some devices. */
  private static final class Run implements AutoCloseable {
    final Graph graph = new Graph();
    final Replicas replicas;
    final Session session;
    final ForwardModel model;
    final TrainStep step;
    boolean clipped;
    boolean traced;
    List<GraphDef> partitions = List.of();

    Run(List<String> devices, List<GradientStage> stages) {
      model =
          ImportedForward.importInto(
              graph, new SmallModel().spec(), ImportOptions.of(Dropout.OFF, 1));
      ForwardPass forward =
          new ForwardPass(model.call("train"), model.call("train").output("hidden"));
      step =
          TrainStepBuilder.build(
              graph,
              new TrainPlan(
                  model,
                  forward,
                  Optional.empty(),
                  new SparseSoftmaxCrossEntropy(),
                  new GradientPlan(false, Optional.empty(), stages, NormRows.DENSE),
                  new GlobalNormClip(BOUND),
                  Adam.of(new Moments(0.9, 0.999, 1e-3)),
                  name -> false));
      replicas = Replicas.of(graph, devices);
      session =
          new Session(
              graph, ConfigProto.newBuilder().putDeviceCount("CPU", devices.size()).build());
      for (int i = 0; i < replicas.count(); i++) {
        int replica = i;
        Session.Runner first = session.runner();
        step.initializers().forEach(op -> first.addTarget(replicas.in(replica, op)));
        first.run();
        Random random = new Random(3);
        for (GraphVariable variable : model.variables()) {
          if (variable.spec().dtype() == DataType.DT_FLOAT) {
            float[] values = new float[(int) variable.spec().shape().size()];
            for (int j = 0; j < values.length; j++) {
              values[j] = random.nextFloat() - 0.5f;
            }
            set(replica, variable.name(), values);
          } else {
            try (Tensor zero = TInt64.scalarOf(0)) {
              assign(replica, variable, zero);
            }
          }
        }
        session.runner().addTarget(replicas.in(i, step.settle().orElseThrow())).run();
      }
    }

    void set(int replica, String name, float... values) {
      GraphVariable variable = model.variables().get(name);
      float[] all = Arrays.copyOf(values, (int) variable.spec().shape().size());
      if (values.length == 1) {
        Arrays.fill(all, values[0]);
      }
      try (Tensor value = TensorData.of(variable.spec().shape(), all)) {
        assign(replica, variable, value);
      }
    }

    private void assign(int replica, GraphVariable variable, Tensor value) {
      session
          .runner()
          .feed(replicas.in(replica, variable.newValue()), value)
          .addTarget(replicas.in(replica, variable.assign()))
          .run();
    }

    /** One update of all replicas in one run; loss and norm of the first. */
    float[] update(int number, int... rows) {
      int[][] data = data(number);
      List<Tensor> tensors = new ArrayList<>();
      Session.Runner runner = session.runner();
      int start = 0;
      for (int i = 0; i < rows.length; i++) {
        feed(runner, tensors, i, step.feeds().learningRate().asOutput(), TFloat32.scalarOf(0.05f));
        feed(runner, tensors, i, step.feeds().step().asOutput(), TInt64.scalarOf(number));
        feed(
            runner,
            tensors,
            i,
            step.measures().weight().asOutput(),
            TFloat32.scalarOf(counted(data[1])));
        feed(runner, tensors, i, step.feeds().inputs().get("ids"), rows(data[0], start, rows[i]));
        feed(runner, tensors, i, step.feeds().labels(), rows(data[1], start, rows[i]));
        runner.addTarget(replicas.in(i, step.apply()));
        start += rows[i];
      }
      runner
          .fetch(step.measures().loss())
          .fetch(step.measures().norm())
          .fetch(step.measures().clips());
      runner.setOptions(RunOptions.newBuilder().setOutputPartitionGraphs(traced).build());
      try (Result result = traced ? runner.runAndFetchMetadata() : runner.run()) {
        result.getMetadata().ifPresent(m -> partitions = m.getPartitionGraphsList());
        clipped = ((TBool) result.get(2)).getBoolean();
        return new float[] {TensorData.scalar(result.get(0)), TensorData.scalar(result.get(1))};
      } finally {
        tensors.forEach(Tensor::close);
      }
    }

    private void feed(
        Session.Runner runner, List<Tensor> tensors, int replica, Output<?> input, Tensor tensor) {
      tensors.add(tensor);
      runner.feed(replicas.in(replica, input), tensor);
    }

    private static Tensor rows(int[] all, int start, int size) {
      return TensorData.of(
          Shape.of(size, LENGTH), Arrays.copyOfRange(all, start * LENGTH, (start + size) * LENGTH));
    }

    /** Ids and labels [EXAMPLES, LENGTH]; an example of length n has n labels that count. */
    private static int[][] data(int number) {
      Random random = new Random(number);
      int[] ids = new int[EXAMPLES * LENGTH];
      int[] labels = new int[EXAMPLES * LENGTH];
      for (int i = 0; i < ids.length; i++) {
        int length = 1 + (i / LENGTH * 3 + number) % LENGTH;
        boolean counts = i % LENGTH < length;
        ids[i] = counts ? random.nextInt(SmallModel.VOCABULARY) : 0;
        labels[i] =
            counts ? random.nextInt(SmallModel.HIDDEN) : SparseSoftmaxCrossEntropy.IGNORED_LABEL;
      }
      return new int[][] {ids, labels};
    }

    private static float counted(int[] labels) {
      return Arrays.stream(labels)
          .filter(label -> label != SparseSoftmaxCrossEntropy.IGNORED_LABEL)
          .count();
    }

    /** Weights and slots of a replica. */
    Map<String, float[]> values(int replica) {
      Map<String, float[]> values = new LinkedHashMap<>();
      List<GraphVariable> all = new ArrayList<>(model.variables().all());
      all.addAll(step.parts().slots().all());
      for (GraphVariable variable : all) {
        if (variable.spec().dtype() == DataType.DT_FLOAT) {
          try (Result result =
              session.runner().fetch(replicas.in(replica, variable.value())).run()) {
            values.put(variable.name(), TensorData.floats(result.get(0)));
          }
        }
      }
      return values;
    }

    @Override
    public void close() {
      session.close();
      graph.close();
    }
  }
}
