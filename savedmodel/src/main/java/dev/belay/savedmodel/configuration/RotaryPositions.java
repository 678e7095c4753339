package dev.belay.savedmodel.configuration;

import dev.belay.savedmodel.names.ModelType;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Rotary positions of a model, as {@code rope_parameters} of transformers 5 or {@code rope_scaling}
 * and {@code rope_theta} of transformers 4 describe them.
 *
 * @param scaling how positions are stretched to longer texts
 * @param base of the powers that the frequencies are
 * @param size how many numbers of a head are rotated
 * @param factor of the stretch; 1 without one
 * @param trained number of tokens that the frequencies were trained with
 * @param band of frequencies that are mixed, for Llama 3 and YaRN
 * @param attention factor of all rotated numbers
 */
public record RotaryPositions(
    Scaling scaling,
    double base,
    int size,
    double factor,
    int trained,
    Optional<Band> band,
    double attention) {
  private static final String SCALING = "rope_scaling";
  private static final String PARAMETERS = "rope_parameters";
  private static final String TYPE = "rope_type";
  private static final String THETA = "rope_theta";
  private static final String TRAINED = "original_max_position_embeddings";
  private static final String PARTIAL = "partial_rotary_factor";
  private static final String TRUNCATE = "truncate";
  private static final double DEFAULT_BASE = 10_000;

  /** Keys of the numbers that a file has outside of the object, and what a missing part means. */
  private record OuterKeys(String base, String part, double usualPart) {
    static OuterKeys of(ModelType type) {
      return type == ModelType.GPT_NEOX
          ? new OuterKeys("rotary_emb_base", "rotary_pct", 0.25)
          : new OuterKeys(THETA, PARTIAL, 1);
    }
  }

  /** Kinds of stretching, {@code rope_type}. */
  public enum Scaling {
    DEFAULT,
    LINEAR,
    DYNAMIC,
    LLAMA3,
    YARN;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Frequencies between those that are slowed down and those that stay.
   *
   * @param slow turns within the trained length below which a frequency is slowed down
   * @param fast turns above which it stays
   * @param truncates whether the ends are rounded to whole pairs of numbers
   */
  public record Band(double slow, double fast, boolean truncates) {}

  /** Of a file, whose problems are noted in the fields. */
  static RotaryPositions read(ModelType type, Sizes sizes, Fields file) {
    Fields said = file.within(SCALING).or(() -> file.within(PARAMETERS)).orElse(Fields.NONE);
    for (String layers : List.of(LayerKinds.FULL, LayerKinds.SLIDING)) {
      if (said.within(layers).isPresent()) {
        file.problem("the rotary positions differ between layers, in '" + layers + "'");
      }
    }
    double base = agreed(file, OuterKeys.of(type).base(), said, THETA).orElse(DEFAULT_BASE);
    return read(type, sizes, file, said, base);
  }

  /**
   * Those of one kind of layers, of a file that may have others for another kind.
   *
   * @param layers the kind, as {@code layer_types} spells it
   * @param theta the base in files of transformers 4
   */
  static RotaryPositions read(
      ModelType type, Sizes sizes, Fields file, String layers, Theta theta) {
    Fields kinds = file.within(PARAMETERS).orElse(Fields.NONE);
    Fields said = kinds.within(layers).orElse(Fields.NONE);
    for (String key : List.of(TYPE, THETA)) {
      if (kinds.has(key)) {
        file.problem("'" + PARAMETERS + "' has '" + key + "' for all layers, not for each kind");
      }
    }
    if (!said.truth(TRUNCATE, true)) {
      file.problem(
          "'"
              + TRUNCATE
              + "' in '"
              + layers
              + "' is false, which transformers does not read there");
    }
    if (file.isNull(theta.key()) && said.optionalNumber(THETA).isEmpty()) {
      file.problem("'" + theta.key() + "' is null, which only transformers 4 reads as the other");
    }
    double base = agreed(file, theta.key(), said, THETA).orElse(theta.usual());
    return read(type, sizes, file, said, base);
  }

  /**
   * Base of the frequencies in files of transformers 4.
   *
   * @param key of it
   * @param usual value without the key
   */
  record Theta(String key, double usual) {}

  private static RotaryPositions read(
      ModelType type, Sizes sizes, Fields file, Fields said, double base) {
    Scaling scaling = scaling(file, said);
    OuterKeys keys = OuterKeys.of(type);
    double part = agreed(file, keys.part(), said, PARTIAL).orElse(keys.usualPart());
    int size = size(type, sizes, scaling, part, file);
    boolean trainsShorter = scaling == Scaling.LLAMA3 || scaling == Scaling.YARN;
    int trained =
        trainsShorter
            ? file.whole(TRAINED, said.whole(TRAINED, sizes.positions()))
            : sizes.positions();
    double ratio = (double) sizes.positions() / trained;
    double factor =
        scaling == Scaling.DEFAULT
            ? 1
            : said.optionalNumber("factor")
                .orElseGet(() -> impliedFactor(file, said, scaling, ratio));
    if (!(base > 1 && factor > 0 && trained > 0)) {
      file.problem(
          "rotary positions have the base "
              + base
              + ", the factor "
              + factor
              + " and the length "
              + trained
              + ", all of which are positive and the base more than 1");
    }
    return new RotaryPositions(
        scaling,
        base,
        size,
        factor,
        trained,
        band(file, said, scaling),
        scaling == Scaling.YARN ? attention(said, factor) : 1);
  }

  /** How many numbers of a head are rotated: those of which pairs can be made. */
  private static int size(ModelType type, Sizes sizes, Scaling scaling, double part, Fields file) {
    int size = (int) (sizes.headSize() * part);
    boolean isWhole = type != ModelType.GPT_NEOX;
    if (isWhole && part != 1) {
      file.problem("'" + PARTIAL + "' is " + part + ", and Belay computes 1 in a " + type.key());
    }
    if (size < 2
        || size > sizes.headSize()
        || size % 2 != 0
        || (scaling == Scaling.DYNAMIC && size == 2)) {
      file.problem(
          isWhole
              ? "the size of a head is " + size + ", which rotary positions cannot pair"
              : "of the "
                  + sizes.headSize()
                  + " numbers of a head "
                  + size
                  + " are rotated, which rotary positions cannot pair");
    }
    return size;
  }

  private static Scaling scaling(Fields file, Fields said) {
    String word = said.text(TYPE, said.text("type", Scaling.DEFAULT.word()));
    Optional<Scaling> found =
        Arrays.stream(Scaling.values()).filter(each -> each.word().equals(word)).findFirst();
    if (found.isEmpty()) {
      file.problem(
          "'rope_type' is \""
              + word
              + "\", and Belay computes "
              + String.join(", ", Arrays.stream(Scaling.values()).map(Scaling::word).toList()));
    }
    return found.orElse(Scaling.DEFAULT);
  }

  /** A number that either the file or its inner object has, or both with the same value. */
  private static Optional<Double> agreed(Fields file, String outerKey, Fields said, String key) {
    Optional<Double> outer = file.optionalNumber(outerKey);
    Optional<Double> inner = said.optionalNumber(key);
    if (outer.isPresent() && inner.isPresent() && !outer.equals(inner)) {
      file.problem(
          "'"
              + outerKey
              + "' is "
              + outer.get()
              + ", and "
              + inner.get()
              + " within the rotary positions: transformers 4 reads the first, 5 the second; leave"
              + " one out");
    }
    return inner.or(() -> outer);
  }

  private static double impliedFactor(Fields file, Fields said, Scaling scaling, double ratio) {
    if (scaling == Scaling.YARN && said.isNull("factor")) {
      return ratio;
    }
    file.problem("'factor' of the rotary positions is missing");
    return 1;
  }

  private static Optional<Band> band(Fields file, Fields said, Scaling scaling) {
    if (scaling == Scaling.YARN) {
      return Optional.of(
          new Band(
              nonZero(said, "beta_slow", 1),
              nonZero(said, "beta_fast", 32),
              said.truth(TRUNCATE, true)));
    }
    if (scaling != Scaling.LLAMA3) {
      return Optional.empty();
    }
    Band band =
        new Band(said.number("low_freq_factor", 0), said.number("high_freq_factor", 0), false);
    if (!(band.slow() > 0 && band.fast() > band.slow())) {
      file.problem(
          "'low_freq_factor' and 'high_freq_factor' are "
              + band.slow()
              + " and "
              + band.fast()
              + ", of which the first is positive and the second larger");
    }
    return Optional.of(band);
  }

  private static double nonZero(Fields said, String key, double otherwise) {
    return said.optionalNumber(key).filter(number -> number != 0).orElse(otherwise);
  }

  /** YaRN's factor, by the logarithm of the stretch where the file has none. */
  private static double attention(Fields said, double factor) {
    double own = said.number("mscale", 0);
    double all = said.number("mscale_all_dim", 0);
    return said.optionalNumber("attention_factor")
        .orElse(
            own != 0 && all != 0
                ? logarithmic(factor, own) / logarithmic(factor, all)
                : logarithmic(factor, 1));
  }

  private static double logarithmic(double factor, double share) {
    return factor <= 1 ? 1 : 0.1 * share * Math.log(factor) + 1;
  }
}
