package dev.belay.train.cluster;

import dev.belay.graph.collective.Agreement;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.event.StopRequest;
import dev.belay.train.failure.WorkerLostException;
import dev.belay.train.master.MasterService;
import dev.belay.train.master.MasterSession;
import dev.belay.train.step.FetchedTensors;
import dev.belay.train.step.GraphSession;
import dev.belay.train.step.SessionOptions;
import dev.belay.train.step.WorkerGroup;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.Server;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.proto.framework.ConfigProto;
import org.tensorflow.types.TInt32;

/**
 * Owns the TensorFlow server by which this process takes part in a cluster, and a session in which
 * the workers exchange numbers between steps. The server ends with the process: TensorFlow cannot
 * end it before.
 */
public final class Workers implements WorkerGroup, AutoCloseable {
  /** The last resort after the deadline of a call, since it makes the server unusable. */
  private static final int COLLECTIVE_TIMEOUTS = 2;

  private final Cluster cluster;
  private final StopRequest stop;
  private final Duration timeout;
  private final MasterService service;
  private final Agreement agreement;
  private final GraphSession exchange;
  private final PeerWatch watch;

  private Workers(Cluster cluster, StopRequest stop, Duration timeout, ConfigProto options) {
    this.cluster = cluster;
    this.stop = stop;
    this.timeout = timeout;
    this.service = MasterService.connect(cluster.own().port());
    this.agreement = Agreement.of(cluster.size(), timeoutSeconds());
    this.exchange = MasterSession.open(service, agreement.graph(), options, timeout);
    this.watch = PeerWatch.start(cluster, service::abort);
  }

  /**
   * Starts the server of this process and waits for the others.
   *
   * @param stop from now on, a request stops all workers after the same step
   */
  @SuppressWarnings("resource") // a server cannot be closed
  public static Workers join(Cluster cluster, TrainConfig config, StopRequest stop) {
    Duration timeout = Duration.ofSeconds(config.cluster().timeoutSeconds());
    Peers peers = new Peers(cluster, timeout, config.cluster().allowPublic());
    peers.requireOwnPort();
    ConfigProto options =
        cluster.sessionOptions(SessionOptions.of(config.machine(), config.update().precision()));
    new Server(cluster.server(options)).start();
    peers.await();
    stop.share();
    return new Workers(cluster, stop, timeout, options);
  }

  /** Who takes part. */
  public Cluster cluster() {
    return cluster;
  }

  @Override
  public int index() {
    return cluster.index();
  }

  @Override
  public int count() {
    return cluster.size();
  }

  @Override
  public float timeoutSeconds() {
    return COLLECTIVE_TIMEOUTS * timeout.toSeconds();
  }

  @Override
  public GraphSession open(Graph graph, ConfigProto options) {
    return MasterSession.open(service, graph, cluster.sessionOptions(options), timeout);
  }

  @Override
  public boolean wantsToStop() {
    return stop.isRequested();
  }

  @Override
  public void agreeToStop() {
    stop.agree();
  }

  @Override
  public double[] ofChief(double... numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(numbers.length * Double.BYTES);
    bytes.asDoubleBuffer().put(numbers);
    double[] chiefs = new double[numbers.length];
    ByteBuffer.wrap(ofChief(bytes.array())).asDoubleBuffer().get(chiefs);
    return chiefs;
  }

  /** The chief's bytes; what others give is not read. */
  public byte[] ofChief(byte... bytes) {
    int[] length = exchange(isChief() ? new int[] {bytes.length} : new int[0]);
    ByteBuffer all = ByteBuffer.allocate(length[0]);
    int piece = Agreement.NUMBERS * Integer.BYTES;
    for (int begin = 0; begin < length[0]; begin += piece) {
      int size = Math.min(piece, length[0] - begin);
      byte[] mine = isChief() ? Arrays.copyOfRange(bytes, begin, begin + piece) : new byte[piece];
      int[] numbers = new int[Agreement.NUMBERS];
      ByteBuffer.wrap(mine).asIntBuffer().get(numbers);
      ByteBuffer sum = ByteBuffer.allocate(piece);
      sum.asIntBuffer().put(exchange(numbers));
      all.put(sum.array(), 0, size);
    }
    return all.array();
  }

  /**
   * Each worker has a slot of the exchanged numbers. The first two numbers that it writes there are
   * the length of what it gives, and whether it was asked to stop.
   */
  @Override
  public List<float[]> ofEach(float... numbers) {
    int[] mine = new int[numbers.length + 2];
    mine[0] = numbers.length;
    mine[1] = stop.isRequested() ? 1 : 0;
    for (int i = 0; i < numbers.length; i++) {
      mine[i + 2] = Float.floatToRawIntBits(numbers[i]);
    }
    int slot = Agreement.NUMBERS / count();
    int[][] all = new int[count()][];
    int longest = slot;
    for (int begin = 0; begin < longest; begin += slot) {
      int[] sent = new int[Agreement.NUMBERS];
      int length = Math.max(0, Math.min(slot, mine.length - begin));
      System.arraycopy(mine, Math.min(begin, mine.length), sent, index() * slot, length);
      int[] sum = exchange(sent);
      for (int i = 0; i < count(); i++) {
        if (begin == 0) {
          all[i] = new int[sum[i * slot] + 2];
          longest = Math.max(longest, all[i].length);
        }
        int size = Math.max(0, Math.min(slot, all[i].length - begin));
        System.arraycopy(sum, i * slot, all[i], Math.min(begin, all[i].length), size);
      }
    }
    if (Arrays.stream(all).anyMatch(given -> given[1] > 0)) {
      agreeToStop();
    }
    return Arrays.stream(all).map(Workers::floats).toList();
  }

  private static float[] floats(int... given) {
    float[] numbers = new float[given.length - 2];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = Float.intBitsToFloat(given[i + 2]);
    }
    return numbers;
  }

  /** For each worker, the number that it gave. */
  public int[] numberOfEach(int number) {
    int[] mine = new int[count()];
    mine[index()] = number;
    return Arrays.copyOf(exchange(mine), count());
  }

  /** The sum of what all workers give, padded with zeros. */
  private int[] exchange(int... numbers) {
    int[] padded = Arrays.copyOf(numbers, Agreement.NUMBERS);
    try (TInt32 mine = TInt32.tensorOf(Shape.of(padded.length), DataBuffers.of(padded));
        FetchedTensors result =
            exchange.runner().feed(agreement.mine(), mine).fetch(agreement.sum()).run()) {
      int[] sum = new int[padded.length];
      result.get(0).asRawTensor().data().asInts().read(sum);
      return sum;
    }
  }

  /**
   * Twice: who has left the second is sure that all have left the first, so the second may fail,
   * because the others have ended meanwhile.
   */
  @Override
  public void leave() {
    exchange();
    watch.close();
    try {
      exchange();
    } catch (WorkerLostException e) {
      // It left.
    }
  }

  @Override
  public void detach() {
    watch.close();
    service.reconnect();
  }

  @Override
  public void close() {
    watch.close();
    exchange.close();
    agreement.close();
    service.close();
  }
}
