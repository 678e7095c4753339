package dev.belay.train.step;

import java.nio.FloatBuffer;
import java.util.Arrays;
import org.tensorflow.Tensor;

/**
 * Owns a whole table in native memory, for the rows that a session does not hold. No text of the
 * run uses them, so decay is all that an update does to them. It is done later, when they are read,
 * by the float32 arithmetic of the graph, so that the values have the bits of a session that holds
 * the whole table.
 *
 * <p>The thread that trains decays and opens views; any thread may read and close a view.
 */
final class IdleRows implements AutoCloseable {
  /** Decays that are done at once, while nobody reads. */
  private static final int AT_ONCE = 64;

  /** Elements that stay in a processor's cache. */
  private static final int CACHED = 1 << 12;

  private final HeldTable table;
  private final float rate;
  private Memory memory = new Memory(null);
  private float[] open = new float[AT_ONCE]; // shares of the decays that are not done
  private int count;
  private double squares;

  /**
   * A table without values.
   *
   * @param rate of the decay, for each unit of learning rate
   */
  IdleRows(HeldTable table, double rate) {
    this.table = table;
    this.rate = (float) rate;
  }

  /** The values of a table, with those who use them; closed after the last of them. */
  private static final class Memory {
    private final Tensor values;
    private int users = 1;

    Memory(Tensor values) {
      this.values = values;
    }

    void release() {
      users--;
      if (users == 0 && values != null) {
        values.close();
      }
    }
  }

  /** Sets the table, which this owns from now on. */
  synchronized void set(Tensor whole) {
    memory.release();
    memory = new Memory(whole);
    count = 0;
    squares = table.idleSquares(whole);
  }

  /** The Euclidean norm of these rows. */
  synchronized double norm() {
    return Math.sqrt(squares);
  }

  /** The share of its weight that a row loses at a learning rate. */
  float share(double learningRate) {
    return (float) learningRate * rate;
  }

  /** Decays all rows by one update. */
  synchronized void decay(double learningRate) {
    float share = share(learningRate);
    if (share == 0) {
      return;
    }
    if (count == open.length) {
      open = Arrays.copyOf(open, 2 * count);
    }
    open[count++] = share;
    squares *= (1.0 - share) * (1.0 - share);
    if (count >= AT_ONCE && memory.users == 1) {
      decayAll();
    }
  }

  private void decayAll() {
    FloatBuffer values = NativeTensors.view(memory.values).asFloatBuffer();
    float[] part = new float[CACHED];
    for (int start = 0; start < values.capacity(); start += CACHED) {
      int size = Math.min(CACHED, values.capacity() - start);
      values.get(start, part, 0, size);
      decay(part, 0, size, open, count);
      values.put(start, part, 0, size);
    }
    count = 0;
  }

  /** As the graph does it: a product, and then a difference. */
  private static void decay(float[] values, int start, int end, float[] shares, int count) {
    for (int i = 0; i < count; i++) {
      float share = shares[i];
      for (int j = start; j < end; j++) {
        values[j] -= values[j] * share;
      }
    }
  }

  /** The rows as they are now. */
  synchronized View view() {
    memory.users++;
    return new View(memory, Arrays.copyOf(open, count));
  }

  /** Owns a share of the values at one moment, which later updates do not change. */
  final class View implements HeldTable.Idle, AutoCloseable {
    private final Memory seen;
    private final float[] shares;

    private View(Memory seen, float[] shares) {
      this.seen = seen;
      this.shares = shares;
    }

    @Override
    public void get(int firstNumber, float[] rows) {
      NativeTensors.view(seen.values).asFloatBuffer().get(firstNumber * table.width(), rows);
      for (int start = 0; start < rows.length; start += CACHED) {
        decay(rows, start, Math.min(rows.length, start + CACHED), shares, shares.length);
      }
    }

    @Override
    public void close() {
      synchronized (IdleRows.this) {
        seen.release();
      }
    }
  }

  @Override
  public synchronized void close() {
    memory.release();
    memory = new Memory(null);
  }
}
