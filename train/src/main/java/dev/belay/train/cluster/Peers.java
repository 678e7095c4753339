package dev.belay.train.cluster;

import dev.belay.train.config.ConfigException;
import dev.belay.train.failure.MachineException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;

/** Waits for the other workers of a cluster, whose servers may start in any order. */
record Peers(Cluster cluster, Duration timeout, boolean publicAllowed) {
  private static final int CONNECT_MILLIS = 1000;
  private static final long PAUSE_MILLIS = 100;

  /**
   * Requires that this process can listen on its port.
   *
   * @throws MachineException if another program does
   */
  void requireOwnPort() {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(cluster.own().port()));
    } catch (IOException e) {
      throw new MachineException(
          "port "
              + cluster.own().port()
              + ", on which "
              + cluster.name(cluster.index())
              + " listens, cannot be opened ("
              + e.getMessage()
              + "): end the program that uses it, or choose another port for this worker",
          e);
    }
  }

  /**
   * Waits until each worker listens.
   *
   * @throws MachineException if one does not within the timeout
   */
  void await() {
    long end = System.nanoTime() + timeout.toNanos();
    for (int i = 0; i < cluster.size(); i++) {
      while (!answers(i)) {
        pause(end, i);
      }
    }
  }

  private boolean answers(int worker) {
    Cluster.Member member = cluster.members().get(worker);
    try (Socket socket = new Socket()) {
      InetAddress address = InetAddress.getByName(member.host());
      requirePrivate(worker, address);
      socket.connect(new InetSocketAddress(address, member.port()), CONNECT_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private void requirePrivate(int worker, InetAddress address) {
    if (!publicAllowed && !isPrivate(address)) {
      throw new ConfigException(
          cluster.name(worker)
              + " has the public address "
              + address.getHostAddress()
              + ": whoever reaches a worker can read and write files as its user. Use addresses of"
              + " a private network, or add --cluster-allow-public on behind a firewall");
    }
  }

  /** Whether an address is one of this machine, of a private network or of a carrier's. */
  static boolean isPrivate(InetAddress address) {
    byte[] bytes = address.getAddress();
    boolean shared = bytes.length == 4 && bytes[0] == 100 && (bytes[1] & 0xc0) == 64;
    boolean uniqueLocal = bytes.length == 16 && (bytes[0] & 0xfe) == 0xfc;
    return address.isLoopbackAddress()
        || address.isAnyLocalAddress()
        || address.isSiteLocalAddress()
        || address.isLinkLocalAddress()
        || shared
        || uniqueLocal;
  }

  private void pause(long end, int worker) {
    if (System.nanoTime() > end) {
      throw new MachineException(unreachable(worker), null);
    }
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a worker", e);
    }
  }

  private String unreachable(int worker) {
    String waited = cluster.name(worker) + " did not listen within " + timeout.toSeconds() + " s: ";
    try {
      InetAddress.getByName(cluster.members().get(worker).host());
      return waited
          + "start it, and look at its own messages; a firewall or NetworkPolicy must let the"
          + " workers reach each other; --worker-timeout waits longer";
    } catch (UnknownHostException e) {
      return waited
          + "the host name '"
          + cluster.members().get(worker).host()
          + "' does not resolve; correct it, or look at the headless service that should give the"
          + " pods their names";
    }
  }
}
