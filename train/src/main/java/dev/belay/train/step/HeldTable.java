package dev.belay.train.step;

import dev.belay.graph.variable.HeldRows;
import dev.belay.graph.variable.VariableSpec;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Optional;
import org.tensorflow.Tensor;
import org.tensorflow.types.TFloat32;

/**
 * Puts the rows of a float32 table that a session holds together with those that it does not hold.
 *
 * @param rows that the session holds
 * @param width elements of a row
 */
record HeldTable(HeldRows rows, int width) {

  /** The table of a variable; empty if its session holds the whole of it. */
  static Optional<HeldTable> of(VariableSpec spec) {
    return spec.rows()
        .map(rows -> new HeldTable(rows, Math.toIntExact(spec.shape().size() / rows.count())));
  }

  private int rowBytes() {
    return width * Float.BYTES;
  }

  /** The rows that the session holds, of the whole table; the caller closes them. */
  Tensor held(Tensor whole, VariableSpec spec) {
    Tensor held = Tensor.of(TFloat32.class, spec.shape());
    ByteBuffer from = NativeTensors.view(whole);
    ByteBuffer to = NativeTensors.view(held);
    for (int row = 0; row < rows.count(); row++) {
      to.put(row * rowBytes(), from, rows.number(row) * rowBytes(), rowBytes());
    }
    return held;
  }

  /**
   * The sum of the squares of all elements that the session does not hold.
   *
   * @param whole the whole table
   */
  double idleSquares(Tensor whole) {
    FloatBuffer values = NativeTensors.view(whole).asFloatBuffer();
    float[] row = new float[width];
    int next = 0; // the next row that the session holds
    double sum = 0;
    for (int number = 0; number < rows.total(); number++) {
      if (next < rows.count() && rows.number(next) == number) {
        next++;
        continue;
      }
      values.get(number * width, row);
      for (float value : row) {
        sum += (double) value * value;
      }
    }
    return sum;
  }

  /**
   * Refuses a slot that is not 0 in a row that the session does not hold, since an update would
   * change that row.
   */
  void requireIdle(Tensor slot, String name) {
    if (idleSquares(slot) != 0) {
      throw new ModelException(
          name
              + ": the optimizer is about to change rows of the table that no text of the run"
              + " uses; --full-vocabulary trains all rows");
    }
  }

  /** Rows of the table that the session does not hold. */
  @FunctionalInterface
  interface Idle {
    /** Gets whole rows from one number on. */
    void get(int firstNumber, float[] rows);
  }

  /**
   * The whole table, put together when it is read.
   *
   * @param held the rows that the session holds
   * @param idle the others
   */
  TensorPieces whole(ByteBuffer held, Idle idle) {
    int atOnce = Math.max(1, TensorPieces.PIECE_BYTES / rowBytes());
    return sink -> {
      for (int first = 0; first < rows.total(); first += atOnce) {
        sink.accept(piece(first, Math.min(rows.total(), first + atOnce), held, idle));
      }
    };
  }

  private ByteBuffer piece(int first, int end, ByteBuffer held, Idle idle) {
    float[] values = new float[(end - first) * width];
    idle.get(first, values);
    ByteBuffer piece =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    piece.asFloatBuffer().put(values);
    for (int row = rows.from(first); row < rows.count() && rows.number(row) < end; row++) {
      piece.put((rows.number(row) - first) * rowBytes(), held, row * rowBytes(), rowBytes());
    }
    return piece;
  }

  /** The whole table in one buffer. */
  ByteBuffer read(ByteBuffer held, Idle idle) throws IOException {
    return whole(held, idle).joined((long) rows.total() * rowBytes());
  }
}
