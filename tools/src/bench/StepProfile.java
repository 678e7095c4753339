import dev.belay.graph.ForwardPass;
import dev.belay.graph.GradientPlan;
import dev.belay.graph.TrainPlan;
import dev.belay.graph.TrainStep;
import dev.belay.graph.TrainStepBuilder;
import dev.belay.graph.clip.GlobalNormClip;
import dev.belay.graph.encoder.EncoderModel;
import dev.belay.graph.encoder.EncoderNames;
import dev.belay.graph.encoder.EncoderSpec;
import dev.belay.graph.encoder.Pooling;
import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.TensorNames;
import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.PackedTokens;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.loss.SparseSoftmaxCrossEntropy;
import dev.belay.graph.optimizer.Adam;
import dev.belay.graph.optimizer.AdamVariant;
import dev.belay.graph.optimizer.DecayRule;
import dev.belay.graph.optimizer.Moments;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.proto.framework.ConfigProto;
import org.tensorflow.proto.framework.DeviceStepStats;
import org.tensorflow.proto.framework.NodeExecStats;
import org.tensorflow.proto.framework.RunOptions;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;

/**
 * Operations of one training step of a BERT of Belay's own graph: how many TensorFlow executes, and
 * the time and memory of each kind; step_profile.sh starts it.
 *
 * <pre>
 * StepProfile LAYERS HIDDEN BATCH LENGTH TOKENS VOCABULARY THREADS STEPS
 * </pre>
 *
 * <p>TOKENS are those of all texts but the first; the others are padding. The time of an operation
 * is the least of some traced steps, and the time of a step is measured without trace.
 */
public final class StepProfile {
  private static final int WARMUP = 4;
  private static final int TRACED = 8;
  private static final int SHOWN = 24;
  private static final float RATE = 1e-4f;
  private static final OperatingSystemMXBean PROCESS =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private StepProfile() {}

  public static void main(String[] arguments) throws Exception {
    int[] sizes = Arrays.stream(arguments).mapToInt(Integer::parseInt).toArray();
    int threads = sizes[6];
    ConfigProto options =
        ConfigProto.newBuilder()
            .setIntraOpParallelismThreads(threads)
            .setInterOpParallelismThreads(threads)
            .build();
    try (Graph graph = new Graph()) {
      TrainStep step = step(graph, sizes[0], sizes[1], sizes[5]);
      try (Session session = new Session(graph, options);
          Batch batch = Batch.random(sizes[2], sizes[3], sizes[4], sizes[5])) {
        Session.Runner first = session.runner();
        step.initializers().forEach(first::addTarget);
        first.run();
        run(session, step, batch, sizes[7]);
      }
    }
  }

  private static TrainStep step(Graph graph, int layers, int hidden, int vocabulary) {
    int heads = Math.max(1, hidden / 64);
    EncoderSpec spec =
        new EncoderSpec(
            EncoderNames.BERT,
            new EncoderSpec.Sizes(
                vocabulary, hidden, hidden, layers, heads, 4 * hidden, 512, 2),
            new EncoderSpec.Sharing(layers, 1),
            false,
            EncoderSpec.Positions.ADDED,
            false,
            Activation.GELU,
            1e-12,
            new EncoderSpec.Rates(0.1, 0.1, 0.1, 0.1));
    ForwardModel model =
        EncoderModel.build(
            graph,
            spec,
            new EncoderModel.Options(
                new Parameters.Initialization(name -> true, 0.02, 1),
                variable -> true,
                true,
                Pooling.FIRST_TOKEN));
    ForwardCall call = model.call(EncoderModel.TRAINING);
    return TrainStepBuilder.build(
        graph,
        new TrainPlan(
            model,
            new ForwardPass(call, call.output(TensorNames.FEATURES)),
            Optional.empty(),
            new SparseSoftmaxCrossEntropy(),
            GradientPlan.PLAIN,
            new GlobalNormClip(1),
            Adam.withDecay(
                new Moments(0.9, 0.999, 1e-8), DecayRule.ofWeights(0.01), AdamVariant.PLAIN),
            name -> false));
  }

  /** One batch, whose first row has no padding. */
  private record Batch(TInt32 ids, TInt32 mask, TInt32 types, TInt32 labels)
      implements AutoCloseable {

    static Batch random(int batch, int length, int tokens, int vocabulary) {
      Random random = new Random(3);
      int[] ids = random.ints((long) batch * length, 0, vocabulary).toArray();
      int[] mask = new int[batch * length];
      int[] labels = new int[batch];
      for (int i = 0; i < mask.length; i++) {
        mask[i] = i % length < tokens || i < length ? 1 : PackedTokens.LEFT_OUT;
        labels[i / length] = i / length % 2;
      }
      Shape shape = Shape.of(batch, length);
      return new Batch(
          TInt32.tensorOf(shape, DataBuffers.of(ids)),
          TInt32.tensorOf(shape, DataBuffers.of(mask)),
          TInt32.tensorOf(shape, DataBuffers.of(new int[mask.length])),
          TInt32.vectorOf(labels));
    }

    @Override
    public void close() {
      ids.close();
      mask.close();
      types.close();
      labels.close();
    }
  }

  private static Session.Runner runner(Session session, TrainStep step, Batch batch) {
    TrainStep.Feeds feeds = step.feeds();
    return session
        .runner()
        .feed(feeds.inputs().get(TensorNames.INPUT_IDS), batch.ids())
        .feed(feeds.inputs().get(TensorNames.ATTENTION_MASK), batch.mask())
        .feed(feeds.inputs().get(TensorNames.TOKEN_TYPE_IDS), batch.types())
        .feed(feeds.labels(), batch.labels())
        .fetch(step.measures().loss())
        .fetch(step.measures().norm())
        .addTarget(step.apply());
  }

  private static void run(Session session, TrainStep step, Batch batch, int steps) {
    double[] wall = new double[steps];
    double[] processor = new double[steps];
    for (int i = -WARMUP; i < steps; i++) {
      long begin = System.nanoTime();
      long used = PROCESS.getProcessCpuTime();
      float[] measured = step(session, step, batch, WARMUP + i + 1);
      if (i >= 0) {
        wall[i] = (System.nanoTime() - begin) / 1e6;
        processor[i] = (PROCESS.getProcessCpuTime() - used) / 1e6;
      }
      if (i == -WARMUP || i == steps - 1) {
        System.out.printf("loss %.7f, norm %.6f%n", measured[0], measured[1]);
      }
    }
    Map<String, Node> nodes = new HashMap<>();
    for (int i = 0; i < TRACED; i++) {
      trace(session, step, batch, WARMUP + steps + i + 1).forEach(
          (name, node) -> nodes.merge(name, node, Node::faster));
    }
    report(nodes.values());
    Arrays.sort(wall);
    Arrays.sort(processor);
    System.out.printf(
        "step: median %.1f ms, least %.1f ms; processor time: median %.1f ms, least %.1f ms%n",
        wall[steps / 2], wall[0], processor[steps / 2], processor[0]);
  }

  /** Loss and norm. */
  private static float[] step(Session session, TrainStep step, Batch batch, long number) {
    try (Tensor rate = TFloat32.scalarOf(RATE);
        Tensor at = TInt64.scalarOf(number);
        Result result =
            runner(session, step, batch)
                .feed(step.feeds().learningRate(), rate)
                .feed(step.feeds().step(), at)
                .run()) {
      return new float[] {
        ((TFloat32) result.get(0)).getFloat(), ((TFloat32) result.get(1)).getFloat()
      };
    }
  }

  /** One execution of a node. */
  private record Node(String kind, long micros, long bytes) {
    Node faster(Node other) {
      return other.micros < micros ? other : this;
    }
  }

  private static Map<String, Node> trace(
      Session session, TrainStep step, Batch batch, long number) {
    Map<String, Node> nodes = new HashMap<>();
    try (Tensor rate = TFloat32.scalarOf(RATE);
        Tensor at = TInt64.scalarOf(number);
        Result result =
            runner(session, step, batch)
                .feed(step.feeds().learningRate(), rate)
                .feed(step.feeds().step(), at)
                .setOptions(
                    RunOptions.newBuilder()
                        .setTraceLevel(RunOptions.TraceLevel.FULL_TRACE)
                        .build())
                .runAndFetchMetadata()) {
      for (DeviceStepStats device :
          result.getMetadata().orElseThrow().getStepStats().getDevStatsList()) {
        for (NodeExecStats node : device.getNodeStatsList()) {
          long bytes =
              node.getMemoryList().stream().mapToLong(memory -> memory.getTotalBytes()).sum();
          long micros = node.getOpEndRelMicros() - node.getOpStartRelMicros();
          nodes.put(node.getNodeName(), new Node(kind(node), micros, bytes));
        }
      }
    }
    return nodes;
  }

  private static void report(Collection<Node> nodes) {
    Map<String, long[]> kinds = new HashMap<>(); // count, microseconds, bytes
    long[] all = new long[3];
    for (Node node : nodes) {
      long[] one = {1, node.micros(), node.bytes()};
      long[] sums = kinds.computeIfAbsent(node.kind(), key -> new long[one.length]);
      for (int i = 0; i < one.length; i++) {
        sums[i] += one[i];
        all[i] += one[i];
      }
    }
    System.out.println("operations    ms     MB  kind");
    kinds.entrySet().stream()
        .sorted(Comparator.comparing(entry -> -entry.getValue()[1]))
        .limit(SHOWN)
        .forEach(entry -> line(entry.getKey(), entry.getValue()));
    line("all", all);
  }

  private static void line(String name, long[] sums) {
    System.out.printf("%10d %6.1f %6.1f  %s%n", sums[0], sums[1] / 1e3, sums[2] / 1e6, name);
  }

  /** The label of a node is {@code name = Op(inputs)}. */
  private static String kind(NodeExecStats node) {
    String label = node.getTimelineLabel();
    int equals = label.indexOf(" = ");
    int bracket = label.indexOf('(');
    return equals < 0 || bracket < equals ? node.getNodeName() : label.substring(equals + 3, bracket);
  }
}
