package dev.belay.train.data.batch;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Owns a thread that prepares batches ahead of their use; closing it ends the thread.
 *
 * <p>What goes wrong in the thread is thrown by {@link #next} after all batches before it were
 * taken, as if they had been made on the taker's own thread.
 */
public final class Prefetcher implements Iterator<Batch>, AutoCloseable {
  private final BlockingQueue<Entry> queue;
  private final Thread thread;
  private Entry head;
  private long waitNanos;
  private long totalWaitNanos;

  /** Message of the thread: a batch, the end, or a failure. */
  private record Entry(Optional<Batch> batch, Optional<Throwable> failure) {

    static Entry of(Batch batch) {
      return new Entry(Optional.of(batch), Optional.empty());
    }

    boolean isEnd() {
      return batch.isEmpty() && failure.isEmpty();
    }
  }

  private static final Entry END = new Entry(Optional.empty(), Optional.empty());

  private Prefetcher(Iterator<Batch> batches, int depth) {
    this.queue = new ArrayBlockingQueue<>(depth);
    this.thread = new Thread(() -> produce(batches), "belay-prefetch");
    this.thread.setDaemon(true);
  }

  /**
   * Starts to make batches.
   *
   * @param batches used by the new thread alone from now on
   * @param depth maximum number of waiting batches, at least 1
   */
  public static Prefetcher start(Iterator<Batch> batches, int depth) {
    Prefetcher prefetcher = new Prefetcher(batches, depth);
    prefetcher.thread.start();
    return prefetcher;
  }

  @Override
  public boolean hasNext() {
    if (head == null) {
      head = take();
    }
    return !head.isEnd();
  }

  /**
   * The next batch, waited for if it is not made yet.
   *
   * @throws RuntimeException what the making of this batch threw
   */
  @Override
  public Batch next() {
    if (!hasNext()) {
      throw new NoSuchElementException("no batch is left");
    }
    if (head.failure().isPresent()) {
      throw rethrown(head.failure().get());
    }
    Batch batch = head.batch().orElseThrow();
    head = null;
    return batch;
  }

  /** Time spent waiting for the last batch, in nanoseconds. */
  public long waitNanos() {
    return waitNanos;
  }

  /** Time spent waiting for all batches, in nanoseconds. */
  public long totalWaitNanos() {
    return totalWaitNanos;
  }

  /** Ends the thread and waits for its end. */
  @Override
  public void close() {
    thread.interrupt();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    queue.clear();
    queue.add(END);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private Entry take() {
    long start = System.nanoTime();
    try {
      return queue.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a batch", e);
    } finally {
      waitNanos = System.nanoTime() - start;
      totalWaitNanos += waitNanos;
    }
  }

  private void produce(Iterator<Batch> batches) {
    try {
      try {
        while (batches.hasNext() && !Thread.currentThread().isInterrupted()) {
          queue.put(Entry.of(batches.next()));
        }
        queue.put(END);
      } catch (RuntimeException | Error e) {
        queue.put(new Entry(Optional.empty(), Optional.of(e)));
      }
    } catch (InterruptedException e) {
      // Closed: no more batches are read.
      Thread.currentThread().interrupt();
    }
  }

  private static RuntimeException rethrown(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    return (RuntimeException) failure;
  }
}
