package dev.belay.train.step;

import dev.belay.graph.runtime.BuiltGraph;
import dev.belay.graph.runtime.RemapperFaults;
import dev.belay.train.config.MachineConfig;
import dev.belay.train.config.UpdateConfig.Precision;
import org.tensorflow.Graph;
import org.tensorflow.proto.framework.ConfigProto;
import org.tensorflow.proto.framework.GPUOptions;
import org.tensorflow.proto.framework.OptimizerOptions;
import org.tensorflow.proto.framework.RewriterConfig;

/** TensorFlow's session settings for a machine. */
public final class SessionOptions {
  private SessionOptions() {}

  /**
   * For a graph. On a CPU, TensorFlow does not optimize the graphs that Belay builds: that takes as
   * long as some steps, and makes no step faster. Where TensorFlow's remapper would make an op that
   * fails or computes something else, it is off; elsewhere what it fuses is worth having.
   */
  static ConfigProto of(MachineConfig machine, Precision precision, Graph graph) {
    ConfigProto.Builder options = of(machine, precision).toBuilder();
    RewriterConfig.Builder rewrites = options.getGraphOptionsBuilder().getRewriteOptionsBuilder();
    boolean own = BuiltGraph.is(graph);
    if (own && precision == Precision.FP32 && !mayUseGpu(machine)) {
      rewrites.setDisableMetaOptimizer(true);
      return options.build();
    }
    if (RemapperFaults.anyIn(graph)) {
      rewrites.setRemapping(RewriterConfig.Toggle.OFF);
    }
    if (own) {
      rewrites.setCommonSubgraphElimination(RewriterConfig.Toggle.OFF);
    }
    if (own && precision == Precision.FP32) {
      rewrites.setArithmeticOptimization(RewriterConfig.Toggle.OFF); // it reorders sums
    }
    return options.build();
  }

  /** Whether a session on a machine may use a GPU. */
  static boolean mayUseGpu(MachineConfig machine) {
    return !machine.cpuOnly() && HalfPrecision.ofThisMachine().gpu();
  }

  /** For any graph. */
  public static ConfigProto of(MachineConfig machine, Precision precision) {
    int threads = machine.effectiveThreads();
    ConfigProto.Builder config =
        ConfigProto.newBuilder()
            .setIntraOpParallelismThreads(threads)
            .setInterOpParallelismThreads(threads)
            .setAllowSoftPlacement(true);
    GPUOptions.Builder gpu = GPUOptions.newBuilder().setAllowGrowth(machine.gpu().memoryGrowth());
    if (machine.cpuOnly()) {
      config.putDeviceCount("GPU", 0).putDeviceCount("CPU", machine.replicaDevices().size());
    }
    machine.visibleGpus().ifPresent(gpu::setVisibleDeviceList);
    machine.gpu().memoryLimit().ifPresent(megabytes -> limit(machine, gpu, megabytes));
    config.setGpuOptions(gpu);
    if (machine.gpu().xla()) {
      // Of the optimizer's choice: GPU clusters only, as XLA on a CPU gains a training step
      // nothing.
      config
          .getGraphOptionsBuilder()
          .getOptimizerOptionsBuilder()
          .setGlobalJitLevel(OptimizerOptions.GlobalJitLevel.ON_1);
    }
    HalfPrecision.ofThisMachine()
        .enable(precision, machine, config.getGraphOptionsBuilder().getRewriteOptionsBuilder());
    return config.build();
  }

  /** The same for each GPU. */
  private static void limit(MachineConfig machine, GPUOptions.Builder gpu, int megabytes) {
    for (int i = 0; i < machine.replicaDevices().size(); i++) {
      gpu.getExperimentalBuilder()
          .addVirtualDevices(
              GPUOptions.Experimental.VirtualDevices.newBuilder().addMemoryLimitMb(megabytes));
    }
  }
}
