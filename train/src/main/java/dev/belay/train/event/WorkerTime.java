package dev.belay.train.event;

/**
 * Times of a worker in one step. The slowest worker is the one that waits least.
 *
 * @param dataMillis waiting for its batch
 * @param computeMillis up to its own gradients
 * @param waitMillis for the other workers, and for the network
 */
public record WorkerTime(double dataMillis, double computeMillis, double waitMillis) {
  /** The times of one process are not taken apart. */
  public static final WorkerTime UNKNOWN = new WorkerTime(Double.NaN, Double.NaN, Double.NaN);
}
