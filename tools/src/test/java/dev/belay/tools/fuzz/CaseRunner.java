package dev.belay.tools.fuzz;

import com.sun.management.ThreadMXBean;
import dev.belay.graph.gradient.UntrainableModelException;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.train.config.ConfigException;
import dev.belay.train.data.DataException;
import dev.belay.train.failure.ModelException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** Reads a case on a thread of its own, with a clock and a scale. */
final class CaseRunner {
  /** What a refusal may take, in milliseconds of a processor: others may use the machine too. */
  static final double MOST_MILLIS = 2_000;

  /** What a refusal may allocate, in bytes, garbage included. */
  static final long MOST_BYTES = 256L << 20;

  /** A reader that has computed for as long is taken to hang, in milliseconds. */
  private static final long HANGS_AFTER_MILLIS = 20_000;

  /** A reader that has waited for as long is taken to hang, in milliseconds. */
  private static final long WAITS_AT_MOST_MILLIS = 600_000;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** What the readers are documented to throw for a file that is not sound. */
  private static final List<Class<?>> REFUSALS =
      List.of(
          CorruptModelException.class,
          UnsupportedModelException.class,
          UntrainableModelException.class,
          ModelException.class,
          DataException.class,
          ConfigException.class);

  private CaseRunner() {}

  /** Something that reads. */
  interface Reading {
    void read() throws Exception;
  }

  /** Reads the files of a folder that something was done to. */
  static Outcome read(Subject subject, Path folder, String what) {
    return run(what, () -> subject.read(folder));
  }

  static Outcome run(String what, Reading reading) {
    AtomicReference<Outcome> outcome = new AtomicReference<>();
    Thread thread = new Thread(() -> outcome.set(measured(what, reading)), "fuzz-case");
    thread.setDaemon(true);
    thread.start();
    try {
      join(thread);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (outcome.get() != null) {
      return outcome.get();
    }
    IllegalStateException hang =
        new IllegalStateException("no end after " + HANGS_AFTER_MILLIS + " ms");
    hang.setStackTrace(thread.getStackTrace());
    return new Outcome(Outcome.Kind.HUNG, what, hang, HANGS_AFTER_MILLIS, 0);
  }

  private static void join(Thread thread) throws InterruptedException {
    long begin = System.nanoTime();
    while (thread.isAlive()
        && THREADS.getThreadCpuTime(thread.getId()) < HANGS_AFTER_MILLIS * 1_000_000
        && System.nanoTime() - begin < WAITS_AT_MOST_MILLIS * 1_000_000) {
      thread.join(1_000);
    }
  }

  private static Outcome measured(String what, Reading reading) {
    long bytes = THREADS.getCurrentThreadAllocatedBytes();
    long begin = THREADS.getCurrentThreadCpuTime();
    Throwable thrown = null;
    try {
      reading.read();
    } catch (Throwable e) {
      thrown = e;
    }
    double millis = (THREADS.getCurrentThreadCpuTime() - begin) / 1e6;
    long allocated = THREADS.getCurrentThreadAllocatedBytes() - bytes;
    return new Outcome(kind(thrown, millis, allocated), what, thrown, millis, allocated);
  }

  private static Outcome.Kind kind(Throwable thrown, double millis, long allocated) {
    if (thrown == null) {
      return Outcome.Kind.ACCEPTED;
    }
    if (!REFUSALS.contains(thrown.getClass())) {
      return Outcome.Kind.DEFECT;
    }
    if (millis > MOST_MILLIS) {
      return Outcome.Kind.SLOW;
    }
    return allocated > MOST_BYTES ? Outcome.Kind.LARGE : Outcome.Kind.REFUSED;
  }
}
