package dev.belay.train.config;

import java.util.List;
import java.util.OptionalInt;

/** Workers that make each update together, on this machine or on several. */
@Section.Of(Section.MACHINE)
public record ClusterConfig(
    @Option(
            name = "workers",
            label = "N",
            help = "Number of processes on this machine that share each batch.",
            defaultValue = "1",
            onResume = Option.OnResume.IGNORE,
            refusedBySweep = ClusterConfig.NO_SWEEP,
            identifiesSweep = false)
        int workers,
    @Option(
            name = "cluster-hosts",
            label = "HOST:PORT,...",
            help =
                "Addresses of the workers on several machines, the chief first; or one that "
                    + "contains {index}, with --cluster-size. Opens a port without a password.",
            commaSeparated = true,
            onResume = Option.OnResume.IGNORE,
            refusedBySweep = ClusterConfig.NO_SWEEP,
            identifiesSweep = false)
        List<String> hosts,
    @Option(
            name = "cluster-size",
            label = "N",
            help = "Number of workers; needed where --cluster-hosts contains {index}.",
            onResume = Option.OnResume.IGNORE,
            refusedBySweep = ClusterConfig.NO_SWEEP,
            identifiesSweep = false)
        OptionalInt size,
    @Option(
            name = "cluster-index",
            label = "N",
            help =
                "Number of this worker, from 0, the chief (default: JOB_COMPLETION_INDEX or "
                    + "SLURM_PROCID of the environment).",
            onResume = Option.OnResume.IGNORE,
            refusedBySweep = ClusterConfig.NO_SWEEP,
            identifiesSweep = false)
        OptionalInt index,
    @Option(
            name = "tf-config",
            label = "on|off",
            help =
                "Take the addresses of the workers from TF_CONFIG of the environment. Opens a "
                    + "port without a password.",
            defaultValue = "off",
            onResume = Option.OnResume.IGNORE,
            refusedBySweep = ClusterConfig.NO_SWEEP,
            identifiesSweep = false)
        boolean tfConfig,
    @Option(
            name = "cluster-allow-public",
            label = "on|off",
            help = "Accept workers whose addresses are not those of a private network.",
            defaultValue = "off",
            onResume = Option.OnResume.IGNORE,
            refusedBySweep = ClusterConfig.NO_SWEEP,
            identifiesSweep = false)
        boolean allowPublic,
    @Option(
            name = "worker-timeout",
            label = "SECONDS",
            help = "How long a worker waits for the others, at the start and in each step.",
            defaultValue = "600",
            onResume = Option.OnResume.IGNORE,
            refusedBySweep = ClusterConfig.NO_SWEEP,
            identifiesSweep = false)
        int timeoutSeconds,
    @Option(
            name = "max-restarts",
            label = "N",
            help = "With --workers, how often all are started again after one was lost.",
            defaultValue = "3",
            onResume = Option.OnResume.IGNORE,
            refusedBySweep = ClusterConfig.NO_SWEEP,
            identifiesSweep = false)
        int maxRestarts,
    @Option(
            name = "log-worker-times",
            label = "N",
            help =
                "With several workers, log every N steps how long each waited for data, computed, "
                    + "and waited for the others; 0: never.",
            defaultValue = "0",
            onResume = Option.OnResume.LOG,
            refusedBySweep = ClusterConfig.NO_SWEEP,
            identifiesSweep = false)
        int timeSteps) {
  static final String NO_SWEEP = "a sweep trains its arms in one process";

  /** The number of the worker in a pattern of hosts. */
  public static final String INDEX = "{index}";

  public ClusterConfig {
    hosts = List.copyOf(hosts);
    boolean pattern = hosts.stream().anyMatch(host -> host.contains(INDEX));
    new Check()
        .atLeast("--workers", 1, workers)
        .atLeast("--cluster-size", 1, size)
        .atLeast("--cluster-index", 0, index)
        .atLeast("--worker-timeout", 1, timeoutSeconds)
        .atLeast("--max-restarts", 0, maxRestarts)
        .atLeast("--log-worker-times", 0, timeSteps)
        .that(
            (workers > 1 ? 1 : 0) + (hosts.isEmpty() ? 0 : 1) + (tfConfig ? 1 : 0) <= 1,
            "--workers starts processes on this machine, --cluster-hosts and --tf-config name"
                + " those of several: choose one of them")
        .that(
            !pattern || hosts.size() == 1,
            "--cluster-hosts: one address with " + INDEX + " stands for all workers")
        .that(
            !pattern || size.isPresent(),
            "--cluster-size is missing: it says how many workers the address with "
                + INDEX
                + " in --cluster-hosts stands for")
        .that(
            pattern || size.isEmpty() || size.getAsInt() == hosts.size(),
            "--cluster-size: expected the number of workers in --cluster-hosts, "
                + hosts.size()
                + ", or one address with "
                + INDEX)
        .verify();
  }

  /** Whether an update is made by several processes, as far as the options say. */
  public boolean isUsed() {
    return workers > 1 || !hosts.isEmpty() || tfConfig;
  }

  /** Defaults of the command line. */
  public static ClusterConfig defaults() {
    return ConfigBinder.defaults(ClusterConfig.class);
  }

  /** Refuses options whose result with several workers is not tested. */
  void refuse(
      Check check,
      MachineConfig machine,
      UpdateConfig update,
      ClipConfig clip,
      StabilityConfig stability) {
    if (!isUsed()) {
      return;
    }
    check
        .that(update.precision() == UpdateConfig.Precision.FP32, refusal("--precision"))
        .that(machine.replicaDevices().size() == 1, refusal("--device with several devices"))
        .that(clip.norms() == ClipConfig.Norms.DENSE, refusal("--norm-compatibility tf"))
        .that(
            stability.onNonfinite() != StabilityConfig.Policy.ROLLBACK,
            refusal("--on-nonfinite rollback"));
  }

  static String refusal(String option) {
    return option
        + " is not supported with several workers (--workers, --cluster-hosts, --tf-config):"
        + " leave it out, or train in one process";
  }
}
