package dev.belay.train.cluster;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.function.Consumer;

/**
 * Owns a thread that connects to each other worker now and then, until one cannot be reached.
 * TensorFlow itself notices that a worker is gone if both exchange data at that moment, and
 * otherwise waits for it. Close it to end the thread.
 */
final class PeerWatch implements AutoCloseable {
  private static final long PAUSE_MILLIS = 2000;
  private static final int CONNECT_MILLIS = 5000;

  /** One refusal may be a full queue of the other machine. */
  private static final int FAILURES = 3;

  private final Cluster cluster;
  private final Consumer<String> lost;
  private final Thread thread = new Thread(this::watch, "belay-peers");
  private volatile boolean closed;

  private PeerWatch(Cluster cluster, Consumer<String> lost) {
    this.cluster = cluster;
    this.lost = lost;
  }

  /**
   * Watches from now on.
   *
   * @param lost receives which worker cannot be reached, once
   */
  static PeerWatch start(Cluster cluster, Consumer<String> lost) {
    PeerWatch watch = new PeerWatch(cluster, lost);
    watch.thread.setDaemon(true);
    watch.thread.start();
    return watch;
  }

  private void watch() {
    int[] failures = new int[cluster.size()];
    try {
      while (!closed) {
        Thread.sleep(PAUSE_MILLIS);
        for (int i = 0; i < cluster.size() && !closed; i++) {
          failures[i] = i == cluster.index() || answers(i) ? 0 : failures[i] + 1;
          if (failures[i] == FAILURES && !closed) {
            lost.accept(cluster.name(i) + " cannot be reached any more");
            return;
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed
    }
  }

  private boolean answers(int worker) {
    Cluster.Member member = cluster.members().get(worker);
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(member.host(), member.port()), CONNECT_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }
}
