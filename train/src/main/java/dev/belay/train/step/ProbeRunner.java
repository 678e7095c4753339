package dev.belay.train.step;

import dev.belay.graph.internal.Placement;
import dev.belay.graph.probe.Probe;
import dev.belay.graph.probe.ProbeGraph;
import dev.belay.train.config.MachineConfig;
import dev.belay.train.config.UpdateConfig.Precision;
import dev.belay.train.failure.MachineException;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.tensorflow.Graph;
import org.tensorflow.Operation;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.exceptions.TFInvalidArgumentException;
import org.tensorflow.exceptions.TensorFlowException;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.framework.ConfigProto;
import org.tensorflow.proto.framework.GraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.RunMetadata;
import org.tensorflow.proto.framework.RunOptions;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/** Runs the probes of a device in a separate session. */
public final class ProbeRunner {
  private static final int TIMED_RUNS = 10;

  private ProbeRunner() {}

  /**
   * Runs all probes on a device.
   *
   * @param device such as {@code /device:GPU:0}
   */
  public static List<ProbeResult> run(String device, MachineConfig machine) {
    try (ProbeGraph graph = ProbeGraph.on(device);
        Session session = new Session(graph.graph(), SessionOptions.of(machine, Precision.FP32))) {
      List<ProbeResult> results = new ArrayList<>();
      for (Probe probe : graph.probes()) {
        results.add(run(session, probe));
      }
      return results;
    }
  }

  /**
   * Makes sure that TensorFlow has every GPU that was requested by its number: it would train on
   * the processor without a word.
   *
   * @param options of the session that is to train
   * @throws MachineException if one is not there
   */
  static void requireGpus(MachineConfig machine, ConfigProto options) {
    if (machine.visibleGpus().isEmpty()) {
      return;
    }
    try (Graph graph = new Graph()) {
      List<Operation> targets = new ArrayList<>();
      for (String device : machine.replicaDevices()) {
        targets.add(Ops.create(graph).constant(1f).op());
        Placement.place(graph, device);
      }
      ConfigProto strict = options.toBuilder().setAllowSoftPlacement(false).build();
      try (Session session = new Session(graph, strict)) {
        Session.Runner runner = session.runner();
        targets.forEach(runner::addTarget);
        runner.run().close();
      }
    } catch (TensorFlowException | TFInvalidArgumentException e) {
      throw new MachineException(
          "--device "
              + machine.device()
              + ": TensorFlow has no such GPU here; `belay doctor` shows which it has, or what is"
              + " missing, and --device auto takes what there is",
          e);
    }
  }

  private static ProbeResult run(Session session, Probe probe) {
    if (!probe.setUp().isEmpty()) {
      try (Feeds feeds = feeds(session, probe)) {
        probe.setUp().forEach(feeds.runner()::addTarget);
        feeds.runner().run().close();
      }
    }
    long begin = System.nanoTime();
    probe.update().ifPresent(update -> target(session, probe, update));
    double difference = difference(session, probe);
    double first = (System.nanoTime() - begin) / 1e6;
    Operation work = probe.update().orElse(probe.check().result().op());
    double fastest = Double.POSITIVE_INFINITY;
    for (int i = 0; i < TIMED_RUNS; i++) {
      fastest = Math.min(fastest, target(session, probe, work));
    }
    return new ProbeResult(
        probe.name(),
        difference,
        probe.check().tolerance(),
        first,
        fastest,
        probe.flops() / fastest / 1e6,
        placement(session, probe, work));
  }

  private static double target(Session session, Probe probe, Operation target) {
    try (Feeds feeds = feeds(session, probe)) {
      feeds.runner().addTarget(target);
      long begin = System.nanoTime();
      feeds.runner().run().close();
      return (System.nanoTime() - begin) / 1e6;
    }
  }

  private static double difference(Session session, Probe probe) {
    FloatBuffer expected = probe.check().expected();
    try (Feeds feeds = feeds(session, probe);
        FetchedTensors result = feeds.runner().fetch(probe.check().result()).run()) {
      float[] found = NativeTensors.floats(result.get(0));
      double largest = 0;
      double difference = 0;
      for (int i = 0; i < expected.limit(); i++) {
        largest = Math.max(largest, Math.abs(expected.get(i)));
        // Math.max keeps a NaN, which no tolerance lets pass.
        difference = Math.max(difference, Math.abs((double) found[i] - expected.get(i)));
      }
      return difference / largest;
    }
  }

  /** The graphs that TensorFlow really ran, one for each device. */
  private static List<String> placement(Session session, Probe probe, Operation work) {
    Set<String> places = new TreeSet<>();
    Session.Runner runner = session.runner();
    try (Feeds feeds = feeds(runner, probe)) {
      feeds.runner().addTarget(work);
      runner.setOptions(RunOptions.newBuilder().setOutputPartitionGraphs(true).build());
      try (Result result = runner.runAndFetchMetadata()) {
        RunMetadata metadata = result.getMetadata().orElseThrow();
        for (GraphDef part : metadata.getPartitionGraphsList()) {
          for (NodeDef node : part.getNodeList()) {
            if (probe.operations().contains(node.getOp())) {
              String device = node.getDevice();
              places.add(node.getOp() + " on " + device.substring(device.lastIndexOf("e:") + 2));
            }
          }
        }
      }
    }
    return List.copyOf(places);
  }

  private static Feeds feeds(Session session, Probe probe) {
    return feeds(session.runner(), probe);
  }

  private static Feeds feeds(Session.Runner runner, Probe probe) {
    Feeds feeds = new Feeds(new DirectSession.DirectRun(runner));
    probe.feeds().forEach(feed -> feeds.put(feed.placeholder(), tensor(feed)));
    return feeds;
  }

  private static Tensor tensor(Probe.Feed feed) {
    Shape shape = feed.shape();
    return feed.values() instanceof FloatBuffer floats
        ? TFloat32.tensorOf(shape, DataBuffers.of(floats.duplicate()))
        : TInt32.tensorOf(shape, DataBuffers.of(((IntBuffer) feed.values()).duplicate()));
  }
}
