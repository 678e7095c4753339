package dev.belay.train.data.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.data.DataException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class PrefetcherTest {

  @Test
  void givesTheSameBatchesInTheSameOrder() {
    BatchSource source =
        new BatchSource(Examples.masked(3, 1, 4, 1, 5), BatchOptions.inOrder(2, 1));
    Iterator<Batch> plain = source.epoch(0);
    try (Prefetcher ahead = Prefetcher.start(source.epoch(0), 2)) {
      while (plain.hasNext()) {
        assertTrue(ahead.hasNext());
        assertEquals(plain.next().sources(), ahead.next().sources());
      }
      assertFalse(ahead.hasNext());
      assertThrows(NoSuchElementException.class, ahead::next);
    }
  }

  @Test
  void failsWhereTheMakingFailed() {
    DataException failure = new DataException("train.tsv:9: bad");
    Batches batches = new Batches(2, failure, 0);
    try (Prefetcher ahead = Prefetcher.start(batches, 8)) {
      ahead.next();
      ahead.next();
      assertSame(failure, assertThrows(DataException.class, ahead::next));
      assertSame(failure, assertThrows(DataException.class, ahead::next), "and stays failed");
    }
  }

  @Test
  void errorsOfTheThreadReachTheTaker() {
    try (Prefetcher ahead = Prefetcher.start(new Batches(0, new OutOfMemoryError("heap"), 0), 1)) {
      assertEquals("heap", assertThrows(OutOfMemoryError.class, ahead::next).getMessage());
    }
  }

  @Test
  void makesNoMoreThanItsDepthAhead() throws InterruptedException {
    Batches batches = new Batches(1000, null, 0);
    try (Prefetcher ahead = Prefetcher.start(batches, 3)) {
      ahead.next();
      Thread.sleep(200);
      assertTrue(batches.made.get() <= 1 + 3 + 1, batches.made + " made for one taken");
    }
  }

  @Test
  void closeEndsTheThreadHoweverFarItIs() {
    Batches endless = new Batches(Integer.MAX_VALUE, null, 0);
    Prefetcher ahead = Prefetcher.start(endless, 1);
    ahead.next();
    assertEquals(1, prefetchThreads());
    ahead.close();
    assertEquals(0, prefetchThreads());
    ahead.close();
    assertFalse(ahead.hasNext(), "nothing is left of what was made ahead");
  }

  @Test
  void waitingIsMeasured() {
    try (Prefetcher ahead = Prefetcher.start(new Batches(2, null, 50), 1)) {
      ahead.next();
      assertTrue(ahead.waitNanos() > 20_000_000L, "waited " + ahead.waitNanos());
      long first = ahead.waitNanos();
      ahead.next();
      assertEquals(ahead.totalWaitNanos(), first + ahead.waitNanos());
    }
  }

  private static long prefetchThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("belay-prefetch"))
        .count();
  }

  /** So many batches, each after a pause, then an end or a failure. */
  private static final class Batches implements Iterator<Batch> {
    private final AtomicInteger made = new AtomicInteger();
    private final int count;
    private final Throwable failure;
    private final int pauseMillis;
    private final Batch batch =
        new BatchSource(Examples.masked(1), BatchOptions.inOrder(1, 1)).epoch(0).next();

    Batches(int count, Throwable failure, int pauseMillis) {
      this.count = count;
      this.failure = failure;
      this.pauseMillis = pauseMillis;
    }

    @Override
    public boolean hasNext() {
      return made.get() < count || failure != null;
    }

    @Override
    public Batch next() {
      if (made.get() == count) {
        if (failure instanceof Error error) {
          throw error;
        }
        throw (RuntimeException) failure;
      }
      made.incrementAndGet();
      long end = System.nanoTime() + pauseMillis * 1_000_000L;
      while (System.nanoTime() < end) {
        Thread.onSpinWait();
      }
      return batch;
    }
  }
}
