package dev.belay.train;

import dev.belay.train.cluster.Cluster;
import dev.belay.train.cluster.Workers;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.event.StopRequest;
import dev.belay.train.step.WorkerGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Runs workers as threads of this process, each with its own TensorFlow server. */
final class WorkerThreads {
  private WorkerThreads() {}

  interface Callback<T> {
    T call() throws Exception;
  }

  interface Part<T> {
    T make(WorkerGroup workers) throws Exception;
  }

  /** What each worker makes of its part in a group. */
  static <T> List<T> together(TrainConfig config, int count, Part<T> part) throws Exception {
    List<Callback<T>> parts = new ArrayList<>();
    for (TrainConfig own : configs(config, count)) {
      parts.add(
          () -> {
            Cluster cluster = Cluster.of(own.cluster(), Map.of()).orElseThrow();
            try (Workers workers = Workers.join(cluster, own, new StopRequest())) {
              return part.make(workers);
            }
          });
    }
    return inThreads(parts);
  }

  /** The configuration of each worker. */
  static List<TrainConfig> configs(TrainConfig config, int count) throws IOException {
    List<Integer> ports = ports(count);
    List<TrainConfig> configs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      configs.add(
          config.toBuilder()
              .option("cluster-hosts", hosts(ports))
              .option("cluster-index", i)
              .option("worker-timeout", 60)
              .build());
    }
    return configs;
  }

  /** The result of each, or the first failure. */
  static <T> List<T> inThreads(List<Callback<T>> parts) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(parts.size());
    try {
      List<Future<T>> futures = new ArrayList<>();
      for (Callback<T> part : parts) {
        futures.add(threads.submit(part::call));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    } finally {
      threads.shutdownNow();
    }
  }

  static List<String> hosts(List<Integer> ports) {
    return ports.stream().map(port -> "127.0.0.1:" + port).toList();
  }

  static List<Integer> ports(int count) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
    }
    List<Integer> ports = sockets.stream().map(ServerSocket::getLocalPort).toList();
    for (ServerSocket socket : sockets) {
      socket.close();
    }
    return ports;
  }
}
