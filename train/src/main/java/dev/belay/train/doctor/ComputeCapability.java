package dev.belay.train.doctor;

import static dev.belay.train.doctor.Finding.Area.GPU;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Check that TensorFlow's library has kernels for a card. The library holds machine code for the
 * capabilities 3.5 to 8.0, which runs on later cards of the same major number, and for 8.0 the PTX
 * that a driver compiles for newer ones.
 */
final class ComputeCapability {
  private static final double OLDEST = 3.5;
  private static final double NEWEST_MAJOR = 9.0;

  /** Compiled kernels of the whole library, measured by others as 2 to 3 GB at most. */
  private static final long CACHE_BYTES = 4L << 30;

  private ComputeCapability() {}

  static List<Finding> findings(NvidiaCards cards, Map<String, String> environment) {
    List<Finding> findings = new ArrayList<>();
    cards.cards().forEach(card -> findings.add(of(card, environment)));
    return findings;
  }

  private static Finding of(NvidiaCards.Card card, Map<String, String> environment) {
    String found = card.name() + ", capability " + card.capability() + ", " + card.memory();
    if (card.capability() < OLDEST) {
      return Finding.wrong(
          GPU,
          "compute capability",
          found + ": TensorFlow has no kernel image for it, the oldest is for " + OLDEST,
          "use --device cpu, or a newer card");
    }
    if (card.capability() < NEWEST_MAJOR) {
      return Finding.ok(GPU, "compute capability", found + ": machine code is in the library");
    }
    String cache = environment.getOrDefault("CUDA_CACHE_PATH", "~/.nv/ComputeCache");
    String size = environment.getOrDefault("CUDA_CACHE_MAXSIZE", "0");
    boolean enough = size.matches("\\d{1,18}") && Long.parseLong(size) >= CACHE_BYTES;
    return Finding.note(
        GPU,
        "compute capability",
        found
            + ": newer than the library, so the driver compiles its PTX for 8.0 at the first use of"
            + " each kernel, minutes to half an hour in all, and keeps the result in "
            + cache,
        "keep that folder (CUDA_CACHE_PATH, in a container on a volume)"
            + (enough ? "" : " and let it grow: CUDA_CACHE_MAXSIZE=" + CACHE_BYTES));
  }
}
