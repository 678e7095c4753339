package dev.belay.train.cluster;

import dev.belay.train.event.StopRequest;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Owns the workers of a run on this machine: processes of the same command, which reach each other
 * over the loopback interface. The chief has the streams of this process; of the others, the last
 * lines are told if they are what ended the run. Close it to end them.
 */
public final class LocalWorkers implements AutoCloseable {
  /** In a worker's environment: its number and all addresses, as in {@code 0;a:1,b:2}. */
  public static final String VARIABLE = "BELAY_WORKER";

  private static final long POLL_MILLIS = 50;
  private static final int LAST_LINES = 5;

  /** What a worker that lost another needs to write what it has. */
  private static final long GRACE_SECONDS = 30;

  private final List<Process> processes = new ArrayList<>();
  private final List<Path> messages = new ArrayList<>();
  private final Thread ender = new Thread(this::destroy, "end-workers");

  private LocalWorkers() {
    Runtime.getRuntime().addShutdownHook(ender);
  }

  /** Starts a number of processes of a program. */
  public static LocalWorkers start(int count, String program, List<String> arguments)
      throws IOException {
    LocalWorkers workers = new LocalWorkers();
    try {
      String hosts = addresses(count);
      for (int i = 0; i < count; i++) {
        workers.add(i, count, hosts, program, arguments);
      }
      return workers;
    } catch (IOException | RuntimeException e) {
      workers.close();
      throw e;
    }
  }

  /** The cluster that the variable describes. */
  static Cluster cluster(String variable) {
    int semicolon = variable.indexOf(';');
    List<Cluster.Member> members = new ArrayList<>();
    for (String address : variable.substring(semicolon + 1).split(",")) {
      members.add(Cluster.member(VARIABLE, Cluster.WORKER, members.size(), address));
    }
    return new Cluster(members, Integer.parseInt(variable.substring(0, semicolon)));
  }

  /** Free ports. All are taken before the first is given back, so that no two are the same. */
  private static String addresses(int count) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      return sockets.stream()
          .map(socket -> "127.0.0.1:" + socket.getLocalPort())
          .collect(Collectors.joining(","));
    } finally {
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    }
  }

  private void add(int index, int count, String hosts, String program, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    int cores = Math.max(1, Runtime.getRuntime().availableProcessors() / count);
    command.add("-XX:ActiveProcessorCount=" + cores);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put(VARIABLE, index + ";" + hosts);
    if (index == 0) {
      builder.redirectOutput(ProcessBuilder.Redirect.INHERIT);
      builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    } else {
      Path output = Files.createTempFile("belay-worker", ".txt");
      messages.add(output);
      builder.redirectErrorStream(true).redirectOutput(output.toFile());
    }
    processes.add(builder.start());
  }

  /**
   * End of a run.
   *
   * @param worker that ended it, and was not ended by another
   * @param code its exit code
   */
  public record End(int worker, int code) {}

  /**
   * Waits until all have ended.
   *
   * @param stop requests that all stop
   * @param lost exit code of a worker that was ended by the loss of another
   */
  public End await(StopRequest stop, int lost) {
    boolean told = false;
    Optional<End> first = Optional.empty();
    long deadline = Long.MAX_VALUE;
    while (processes.stream().anyMatch(Process::isAlive)) {
      if (stop.isRequested() && !told) {
        // Process.destroy would also close the input, which tells a worker that we have ended.
        processes.forEach(process -> process.toHandle().destroy());
        told = true;
      }
      Optional<End> failed = failed(lost);
      if (failed.isPresent() && (first.isEmpty() || first.get().code() == lost)) {
        deadline = Math.min(deadline, System.nanoTime() + TimeUnit.SECONDS.toNanos(GRACE_SECONDS));
        first = failed;
      }
      if (System.nanoTime() > deadline) {
        destroy();
      }
      sleep();
    }
    return first.or(() -> failed(lost)).orElseGet(() -> new End(0, processes.get(0).exitValue()));
  }

  /** Of the workers that have failed, one that was not ended by the loss of another. */
  private Optional<End> failed(int lost) {
    List<End> ends = new ArrayList<>();
    for (int i = 0; i < processes.size(); i++) {
      Process process = processes.get(i);
      if (!process.isAlive() && process.exitValue() != 0) {
        ends.add(new End(i, process.exitValue()));
      }
    }
    return ends.stream()
        .filter(end -> end.code() != lost)
        .findFirst()
        .or(() -> ends.stream().findFirst());
  }

  /** How all have ended, for people. */
  public String ends() {
    List<String> ends = new ArrayList<>();
    for (int i = 0; i < processes.size(); i++) {
      ends.add("worker " + i + " with exit code " + processes.get(i).exitValue());
    }
    return String.join(", ", ends);
  }

  /** The last lines of a worker other than the chief, whose own are seen already. */
  public List<String> lastLines(int worker) throws IOException {
    if (worker == 0) {
      return List.of();
    }
    String all =
        new String(Files.readAllBytes(messages.get(worker - 1)), StandardCharsets.ISO_8859_1);
    List<String> lines = Arrays.stream(all.split("[\r\n]+")).filter(s -> !s.isBlank()).toList();
    return lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size());
  }

  private static void sleep() {
    try {
      Thread.sleep(POLL_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while workers ran", e);
    }
  }

  private void destroy() {
    processes.forEach(Process::destroyForcibly);
  }

  @Override
  public void close() {
    destroy();
    try {
      Runtime.getRuntime().removeShutdownHook(ender);
    } catch (IllegalStateException e) {
      // The hook is running just now.
    }
    for (Path output : messages) {
      try {
        Files.deleteIfExists(output);
      } catch (IOException e) {
        output.toFile().deleteOnExit();
      }
    }
  }
}
