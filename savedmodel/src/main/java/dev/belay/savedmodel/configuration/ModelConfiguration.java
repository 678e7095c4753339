package dev.belay.savedmodel.configuration;

import dev.belay.savedmodel.names.Family;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a model is made of, whichever file says so.
 *
 * @param family whose architecture it is
 * @param sizes all sizes
 * @param activation of the feed-forward, as the file names it: {@code gelu} is the one by erf in
 *     Hugging Face's files; google-research/bert means the one by tanh, which Hugging Face calls
 *     {@code gelu_new}, and both files of one model say {@code gelu}
 * @param gated whether the feed-forward multiplies by a second, linear projection (T5 1.1)
 * @param normEpsilon added to the variance by every norm
 * @param dropouts while training
 * @param relativePositions T5's; empty for position embeddings
 * @param tiedEmbeddings whether an output over the vocabulary uses the word embeddings
 * @param padId the id of padding; empty if the family has none
 * @param labels class names by index; empty where the file gives none
 * @param architectures Hugging Face's class names, such as BertForSequenceClassification
 * @param others every other key of the file, as it stands there
 */
public record ModelConfiguration(
    Family family,
    Sizes sizes,
    String activation,
    boolean gated,
    double normEpsilon,
    Dropouts dropouts,
    Optional<RelativePositions> relativePositions,
    boolean tiedEmbeddings,
    OptionalInt padId,
    List<String> labels,
    List<String> architectures,
    Map<String, Object> others) {
  static final String PROBLEM_TYPE = "problem_type";

  public ModelConfiguration {
    if (!(normEpsilon > 0 && normEpsilon < 1)) {
      throw new IllegalArgumentException(
          "epsilon of the norms: expected more than 0 and less than 1, found " + normEpsilon);
    }
    if (family != Family.T5 && sizes.hidden() != sizes.heads() * sizes.headSize()) {
      throw new IllegalArgumentException(
          "hidden size: expected a multiple of the "
              + sizes.heads()
              + " attention heads, found "
              + sizes.hidden());
    }
    if (padId.isPresent() && (padId.getAsInt() < 0 || padId.getAsInt() >= sizes.vocabulary())) {
      throw new IllegalArgumentException(
          "id of padding: expected 0 to "
              + (sizes.vocabulary() - 1)
              + ", found "
              + padId.getAsInt());
    }
    labels = List.copyOf(labels);
    architectures = List.copyOf(architectures);
    others = Collections.unmodifiableMap(new LinkedHashMap<>(others));
  }

  /**
   * The id that what is written begins with: {@code decoder_start_token_id}, else that of padding,
   * as T5 has it.
   */
  public OptionalInt decoderStart() {
    OptionalInt said = id("decoder_start_token_id");
    return said.isPresent() ? said : padId;
  }

  /** The id that ends a text, {@code eos_token_id}. */
  public OptionalInt endId() {
    return id("eos_token_id");
  }

  private OptionalInt id(String key) {
    return others.get(key) instanceof Integer id && id >= 0 && id < sizes.vocabulary()
        ? OptionalInt.of(id)
        : OptionalInt.empty();
  }

  /** Deviation of fresh kernels and tables, {@code initializer_range}; 0.02 in every family. */
  public double initializerRange() {
    return others.get("initializer_range") instanceof Number range && range.doubleValue() > 0
        ? range.doubleValue()
        : 0.02;
  }

  /** What kind of labels a head of whole examples is for, {@code problem_type}, if it is said. */
  public Optional<String> problemType() {
    return others.get(PROBLEM_TYPE) instanceof String type ? Optional.of(type) : Optional.empty();
  }

  /**
   * The same model with a head for those labels.
   *
   * @param newLabels class names by index; empty: none are given
   * @param type {@code problem_type}; empty: it is not said
   */
  public ModelConfiguration withLabels(List<String> newLabels, Optional<String> type) {
    Map<String, Object> changed = new LinkedHashMap<>(others);
    changed.remove(PROBLEM_TYPE);
    type.ifPresent(name -> changed.put(PROBLEM_TYPE, name));
    return new ModelConfiguration(
        family,
        sizes,
        activation,
        gated,
        normEpsilon,
        dropouts,
        relativePositions,
        tiedEmbeddings,
        padId,
        newLabels,
        architectures,
        changed);
  }

  /** The same model with its activation under another name. */
  public ModelConfiguration withActivation(String name) {
    return new ModelConfiguration(
        family,
        sizes,
        name,
        gated,
        normEpsilon,
        dropouts,
        relativePositions,
        tiedEmbeddings,
        padId,
        labels,
        architectures,
        others);
  }

  /** The same model with another head, as Hugging Face names its class. */
  public ModelConfiguration withHead(String architecture, List<String> newLabels) {
    return new ModelConfiguration(
        family,
        sizes,
        activation,
        gated,
        normEpsilon,
        dropouts,
        relativePositions,
        tiedEmbeddings,
        padId,
        newLabels,
        List.of(architecture),
        others);
  }
}
