package dev.belay.graph.layer;

import java.util.ArrayList;
import java.util.List;

/**
 * Frequencies of rotary positions by the formulas of Hugging Face's transformers, in float32 as
 * there: the angle of each pair of numbers for one position, from the fastest to the slowest.
 */
public final class RotaryFrequencies {
  private static final double SINGULARITY = 0.001; // as transformers widens an empty range

  private RotaryFrequencies() {}

  /**
   * Stretch of the positions to longer texts than those of the training.
   *
   * @param factor how many times longer
   * @param trained tokens of the texts that the model was trained with
   * @param slow number of turns in such a text below which a pair is slowed down by the factor
   * @param fast number of turns above which a pair stays as it is
   * @param truncates whether the range between them is widened to whole pairs (YaRN)
   */
  public record Stretch(
      double factor, int trained, double slow, double fast, boolean truncates) {}

  /** {@code base ^ (-2i / size)}. */
  public static List<Float> plain(double base, int size) {
    List<Float> each = new ArrayList<>();
    for (float power : powers(base, size)) {
      each.add(1 / power);
    }
    return each;
  }

  /** All slowed down by a factor. */
  public static List<Float> linear(double base, int size, double factor) {
    return plain(base, size).stream().map(one -> one / (float) factor).toList();
  }

  /** Llama 3.1: slow pairs are slowed down, fast ones stay, and those between are mixed. */
  public static List<Float> llama3(double base, int size, Stretch stretch) {
    float longest = (float) (stretch.trained() / stretch.slow());
    float shortest = (float) (stretch.trained() / stretch.fast());
    List<Float> each = new ArrayList<>();
    for (float frequency : plain(base, size)) {
      float wavelength = (float) (2 * Math.PI) / frequency;
      float slowed = frequency / (float) stretch.factor();
      float share =
          (stretch.trained() / wavelength - (float) stretch.slow())
              / (float) (stretch.fast() - stretch.slow());
      if (wavelength > longest) {
        each.add(slowed);
      } else if (wavelength < shortest) {
        each.add(frequency);
      } else {
        each.add((1 - share) * frequency / (float) stretch.factor() + share * frequency);
      }
    }
    return each;
  }

  /** YaRN, arXiv 2309.00071: as above, with a share that is linear in the number of the pair. */
  public static List<Float> yarn(double base, int size, Stretch stretch) {
    double first = pair(stretch.fast(), base, size, stretch.trained());
    double last = pair(stretch.slow(), base, size, stretch.trained());
    float low = (float) Math.max(stretch.truncates() ? Math.floor(first) : first, 0);
    float high = (float) Math.min(stretch.truncates() ? Math.ceil(last) : last, size - 1);
    float width = low == high ? (float) SINGULARITY : high - low;
    List<Float> each = new ArrayList<>();
    for (float power : powers(base, size)) {
      float slowed = Math.min(Math.max((each.size() - low) / width, 0), 1);
      float kept = 1 - slowed;
      each.add(1 / ((float) stretch.factor() * power) * (1 - kept) + 1 / power * kept);
    }
    return each;
  }

  /** The number of the pair that makes so many turns in a text of the training. */
  private static double pair(double turns, double base, int size, int trained) {
    return size * Math.log(trained / (turns * 2 * Math.PI)) / (2 * Math.log(base));
  }

  private static List<Float> powers(double base, int size) {
    List<Float> powers = new ArrayList<>();
    for (int i = 0; i < size; i += 2) {
      powers.add((float) Math.pow((float) base, (float) i / size));
    }
    return powers;
  }
}
