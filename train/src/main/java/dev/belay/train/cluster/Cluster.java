package dev.belay.train.cluster;

import dev.belay.train.config.ClusterConfig;
import dev.belay.train.config.ConfigException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.tensorflow.proto.distruntime.ClusterDef;
import org.tensorflow.proto.distruntime.JobDef;
import org.tensorflow.proto.distruntime.ServerDef;
import org.tensorflow.proto.framework.ConfigProto;

/**
 * The workers of a run, in the order of their numbers, and which of them this process is.
 *
 * @param members the chief first
 * @param index number of this process
 */
public record Cluster(List<Member> members, int index) {
  /** Name of the job of all workers but a chief that has a job of its own. */
  static final String WORKER = "worker";

  /** Name of the job of a chief. */
  static final String CHIEF = "chief";

  private static final List<String> INDICES = List.of("JOB_COMPLETION_INDEX", "SLURM_PROCID");

  public Cluster {
    members = List.copyOf(members);
    Set<String> addresses = new HashSet<>();
    for (Member member : members) {
      if (!addresses.add(member.address())) {
        throw new ConfigException(
            "the cluster names " + member.address() + " twice: each worker needs its own port");
      }
    }
  }

  /** A worker: its job and its number in it, by TensorFlow's names, and where it listens. */
  public record Member(String job, int task, String host, int port) {
    /** As {@code HOST:PORT}. */
    public String address() {
      return host + ":" + port;
    }

    private String device() {
      return "/job:" + job + "/task:" + task;
    }
  }

  /**
   * The cluster that the options ask for; empty if this process trains alone.
   *
   * @throws ConfigException if options or environment do not describe one
   */
  public static Optional<Cluster> of(ClusterConfig config, Map<String, String> environment) {
    String started = environment.get(LocalWorkers.VARIABLE);
    if (config.workers() > 1 && started != null) {
      return Optional.of(LocalWorkers.cluster(started));
    }
    if (config.tfConfig()) {
      String json = environment.get(TfConfig.VARIABLE);
      if (json == null) {
        throw new ConfigException(
            "--tf-config on: the environment has no "
                + TfConfig.VARIABLE
                + "; set it, or name the workers with --cluster-hosts");
      }
      return Optional.of(TfConfig.read(json)).filter(cluster -> cluster.size() > 1);
    }
    if (config.hosts().isEmpty()) {
      return Optional.empty();
    }
    List<Member> members = new ArrayList<>();
    int count = config.size().orElse(config.hosts().size());
    boolean pattern = config.hosts().get(0).contains(ClusterConfig.INDEX);
    for (int i = 0; i < count; i++) {
      String address =
          pattern
              ? config.hosts().get(0).replace(ClusterConfig.INDEX, Integer.toString(i))
              : config.hosts().get(i);
      members.add(member("--cluster-hosts", WORKER, i, address));
    }
    int index = index(config.index(), environment);
    if (index >= count) {
      throw new ConfigException(
          "--cluster-index: this is worker "
              + index
              + ", but the cluster has the workers 0 to "
              + (count - 1)
              + ": name them all in --cluster-hosts, or correct --cluster-size");
    }
    return Optional.of(new Cluster(members, index)).filter(cluster -> cluster.size() > 1);
  }

  /** A warning if the environment describes a cluster that the options do not ask for. */
  public static Optional<String> ignored(ClusterConfig config, Map<String, String> environment) {
    String json = environment.get(TfConfig.VARIABLE);
    return json == null || json.isBlank() || config.isUsed()
        ? Optional.empty()
        : Optional.of(
            TfConfig.VARIABLE
                + " of the environment is not used, and this run trains alone; --tf-config on"
                + " takes the workers from it");
  }

  private static int index(OptionalInt given, Map<String, String> environment) {
    if (given.isPresent()) {
      return given.getAsInt();
    }
    for (String name : INDICES) {
      String value = environment.get(name);
      if (value != null && value.matches("\\d{1,6}")) {
        return Integer.parseInt(value);
      }
    }
    throw new ConfigException(
        "--cluster-hosts names the workers, but not which of them this process is: add"
            + " --cluster-index, or set one of "
            + INDICES
            + " in the environment");
  }

  /** A member from {@code HOST:PORT}, which a source names. */
  static Member member(String source, String job, int task, String address) {
    int colon = address.lastIndexOf(':');
    String port = address.substring(colon + 1);
    if (colon < 1 || !port.matches("\\d{1,5}") || port(port) < 1 || port(port) > 65535) {
      throw new ConfigException(source, "addresses as HOST:PORT", "'" + address + "'");
    }
    return new Member(job, task, address.substring(0, colon), port(port));
  }

  private static int port(String text) {
    return Integer.parseInt(text);
  }

  /** Number of workers. */
  public int size() {
    return members.size();
  }

  /** This process. */
  public Member own() {
    return members.get(index);
  }

  /** A worker, for people. */
  String name(int worker) {
    return "worker "
        + worker
        + (worker == 0 ? " (the chief, " : " (")
        + members.get(worker).address()
        + ")";
  }

  /** Options of a session in which only this worker's own devices are seen. */
  ConfigProto sessionOptions(ConfigProto local) {
    Member leader = members.get(0);
    ConfigProto.Builder options = local.toBuilder().addDeviceFilters(own().device());
    options
        .getExperimentalBuilder()
        .setCollectiveGroupLeader("/job:" + leader.job() + "/replica:0/task:" + leader.task());
    return options.build();
  }

  /** TensorFlow's description of the server of this process. */
  ServerDef server(ConfigProto options) {
    ClusterDef.Builder cluster = ClusterDef.newBuilder();
    for (String job : List.of(CHIEF, WORKER)) {
      JobDef.Builder tasks = JobDef.newBuilder().setName(job);
      members.stream()
          .filter(member -> member.job().equals(job))
          .forEach(member -> tasks.putTasks(member.task(), member.address()));
      if (tasks.getTasksCount() > 0) {
        cluster.addJob(tasks);
      }
    }
    return ServerDef.newBuilder()
        .setCluster(cluster)
        .setJobName(own().job())
        .setTaskIndex(own().task())
        .setProtocol("grpc")
        .setDefaultSessionConfig(options)
        .build();
  }
}
