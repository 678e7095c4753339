package dev.belay.train.data;

/** Seeds of seeds: one for each epoch, and of that one for each example. */
public final class SeedMix {
  private SeedMix() {}

  /** SplitMix64's finalizer, so that neighbouring seeds and numbers have nothing in common. */
  public static long mix(long seed, int number) {
    long z = seed + 0x9E3779B97F4A7C15L * (number + 1L);
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
