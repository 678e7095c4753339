package dev.belay.savedmodel.configuration;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.names.ModelType;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.tensorflow.proto.framework.DataType;

/**
 * Architecture of a model, from whichever file declares it.
 *
 * @param type family of the architecture
 * @param sizes all sizes
 * @param feedForward of every block
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
    ModelType type,
    Sizes sizes,
    FeedForward feedForward,
    double normEpsilon,
    Dropouts dropouts,
    Optional<RelativePositions> relativePositions,
    boolean tiedEmbeddings,
    OptionalInt padId,
    List<String> labels,
    List<String> architectures,
    Map<String, Object> others) {
  /** Start of the names that Hugging Face gives outputs without one, before their number. */
  public static final String UNNAMED_OUTPUT = "LABEL_";

  static final String PROBLEM_TYPE = "problem_type";

  /** Families whose heads together may be wider or narrower than the hidden size. */
  private static final Set<Family> HEADS_OF_ANY_SIZE = EnumSet.of(Family.T5, Family.LLAMA);

  /** Default of {@code decoder_start_token_id} in BART's class: the end of a text. */
  private static final int BART_START = 2;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Of transformers 5 and 4; the first counts where both are there. */
  private static final List<String> TYPE_KEYS = List.of("dtype", "torch_dtype");

  public ModelConfiguration {
    if (!(normEpsilon > 0 && normEpsilon < 1)) {
      throw new IllegalArgumentException(
          "epsilon of the norms: expected more than 0 and less than 1, found " + normEpsilon);
    }
    if (!HEADS_OF_ANY_SIZE.contains(type.family())
        && sizes.hidden() != sizes.heads() * sizes.headSize()) {
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

  /** The family, which determines the computation and the names of weights. */
  public Family family() {
    return type.family();
  }

  /** The kind of position embedding, {@code position_embedding_type}. */
  public PositionEmbedding positionEmbedding() {
    return others.get("position_embedding_type") instanceof String name
        ? PositionEmbedding.named(name)
        : PositionEmbedding.ABSOLUTE;
  }

  /** The rotary positions of a decoder that has them. */
  public RotaryPositions rotaryPositions() {
    return RotaryPositions.read(type, sizes, fields());
  }

  /** The sliding window of a decoder, which may be in no layer. */
  public SlidingWindow slidingWindow() {
    return SlidingWindow.read(type, sizes, fields());
  }

  /** The attention of a ModernBERT. */
  public AlternatingAttention alternatingAttention() {
    return AlternatingAttention.read(type, sizes, fields());
  }

  /** The attention of a DeBERTa, with what else is its own. */
  public DisentangledAttention disentangledAttention() {
    return DisentangledAttention.read(type, sizes, fields());
  }

  /** The decoder's blocks, where a family has keys of them. */
  public DecoderBlocks decoderBlocks() {
    return DecoderBlocks.read(sizes, fields());
  }

  private Fields fields() {
    return new Fields(JSON.valueToTree(others), Map.of());
  }

  /** Returns whether a key is true; {@code otherwise} if the file lacks it. */
  public boolean isSet(String key, boolean otherwise) {
    return others.get(key) instanceof Boolean truth ? truth : otherwise;
  }

  /** A number of the file; empty if the file lacks it. */
  public Optional<Double> number(String key) {
    return others.get(key) instanceof Number number
        ? Optional.of(number.doubleValue())
        : Optional.empty();
  }

  /** The half-precision type that the file declares for the weights, if any. */
  public Optional<DataType> halfPrecision() {
    for (String key : TYPE_KEYS) {
      if (others.get(key) instanceof String type) {
        return switch (type) {
          case "float16", "half" -> Optional.of(DataType.DT_HALF);
          case "bfloat16" -> Optional.of(DataType.DT_BFLOAT16);
          default -> Optional.empty();
        };
      }
    }
    return Optional.empty();
  }

  /** The same model with weights of that type, if the file names one. */
  public ModelConfiguration withType(String type) {
    Map<String, Object> changed = new LinkedHashMap<>(others);
    TYPE_KEYS.forEach(key -> changed.computeIfPresent(key, (name, before) -> type));
    return with(feedForward, labels, architectures, changed);
  }

  /** The major version of the transformers release that wrote the file; 0 if it is unknown. */
  public int transformersMajor() {
    return others.get("transformers_version") instanceof String version
            && version.matches("\\d{1,4}\\..*")
        ? Integer.parseInt(version.substring(0, version.indexOf('.')))
        : 0;
  }

  /**
   * The id that a decoder beside an encoder reads first when it learns: {@code
   * decoder_start_token_id}, else the default of its class, which is the id of padding in T5.
   */
  public OptionalInt decoderStart() {
    OptionalInt said = id("decoder_start_token_id");
    OptionalInt usual = type == ModelType.BART ? OptionalInt.of(BART_START) : padId;
    return said.isPresent() ? said : usual;
  }

  /** The id that generated text begins with, as transformers' generate reads the keys. */
  public OptionalInt generationStart() {
    OptionalInt said = id("decoder_start_token_id");
    if (said.isPresent() || family() != Family.BART) {
      return decoderStart();
    }
    return id("bos_token_id");
  }

  /** The ids that end a text, {@code eos_token_id}: a number, or a list of them. */
  public Set<Integer> endIds() {
    List<?> said = others.get("eos_token_id") instanceof List<?> list ? list : List.of();
    Set<Integer> ids = new LinkedHashSet<>();
    said.stream().filter(this::isWord).forEach(id -> ids.add((Integer) id));
    id("eos_token_id").ifPresent(ids::add);
    return ids;
  }

  private OptionalInt id(String key) {
    return isWord(others.get(key))
        ? OptionalInt.of((Integer) others.get(key))
        : OptionalInt.empty();
  }

  private boolean isWord(Object value) {
    return value instanceof Integer id && id >= 0 && id < sizes.vocabulary();
  }

  /**
   * Deviation of fresh kernels and tables, {@code initializer_range}, or BART's {@code init_std};
   * 0.02 in every family.
   */
  public double initializerRange() {
    return number(family() == Family.BART ? "init_std" : "initializer_range")
        .filter(range -> range > 0)
        .orElse(0.02);
  }

  /**
   * Deviation of all weights if none are restored: that of the word embeddings in T5, else as
   * above.
   */
  public double freshDeviation() {
    return family() == Family.T5
        ? number("initializer_factor").filter(factor -> factor > 0).orElse(1.0)
        : initializerRange();
  }

  /** As {@link #freshDeviation}, with its key, for people. */
  public String describedDeviation() {
    return freshDeviation()
        + switch (family()) {
          case T5 -> " of words (initializer_factor)";
          case BART -> " (init_std)";
          default -> " (initializer_range)";
        };
  }

  /** The kind of labels of a head for whole examples, {@code problem_type}, if it is declared. */
  public Optional<String> problemType() {
    return others.get(PROBLEM_TYPE) instanceof String type ? Optional.of(type) : Optional.empty();
  }

  /**
   * The same model with a head for those labels.
   *
   * @param newLabels class names by index; empty: none
   * @param problem {@code problem_type}; empty: not declared
   */
  public ModelConfiguration withLabels(List<String> newLabels, Optional<String> problem) {
    Map<String, Object> changed = new LinkedHashMap<>(others);
    changed.remove(PROBLEM_TYPE);
    problem.ifPresent(name -> changed.put(PROBLEM_TYPE, name));
    return with(feedForward, newLabels, architectures, changed);
  }

  /** The same model with its activation under another name. */
  public ModelConfiguration withActivation(String name) {
    return with(new FeedForward(name, feedForward.gated()), labels, architectures, others);
  }

  /** The same model with another head, as Hugging Face names its class. */
  public ModelConfiguration withHead(String architecture, List<String> newLabels) {
    return with(feedForward, newLabels, List.of(architecture), others);
  }

  private ModelConfiguration with(
      FeedForward layers, List<String> names, List<String> classes, Map<String, Object> keys) {
    return new ModelConfiguration(
        type,
        sizes,
        layers,
        normEpsilon,
        dropouts,
        relativePositions,
        tiedEmbeddings,
        padId,
        names,
        classes,
        keys);
  }
}
