package dev.belay.savedmodel.configuration;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.ModelFiles;
import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.names.ModelType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads config.json and bert_config.json. */
public final class ConfigurationReader {
  /** Hugging Face's name of the file. */
  public static final String HUGGING_FACE = ModelFiles.CONFIGURATION;

  /** google-research's name of the file of a BERT. */
  public static final String TF1_BERT = "bert_config.json";

  /** google-research's name of the file of an ALBERT. */
  public static final String TF1_ALBERT = "albert_config.json";

  /** google-research's names of the file. */
  public static final List<String> TF1 = List.of(TF1_BERT, TF1_ALBERT);

  private static final long MAX_BYTES = 4 << 20;

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private ConfigurationReader() {}

  /**
   * The configuration in a folder: config.json, else the one of google-research.
   *
   * @return empty if there is none
   */
  public static Optional<Path> find(Path folder) {
    if (Files.isRegularFile(folder.resolve(HUGGING_FACE))) {
      return Optional.of(folder.resolve(HUGGING_FACE));
    }
    return TF1.stream().map(folder::resolve).filter(Files::isRegularFile).findFirst();
  }

  /**
   * Reads a file.
   *
   * @throws CorruptModelException if it is no JSON object, a number is missing or out of range; the
   *     message lists all of them
   * @throws UnsupportedModelException if it is of a family that Belay does not know
   * @throws IOException if it cannot be read
   */
  public static ModelConfiguration read(Path file) throws IOException {
    JsonNode root = object(file);
    ModelType type = type(file, root);
    Fields fields = new Fields(root, KeyRules.of(type).aliases());
    try {
      ModelConfiguration configuration = configuration(type, fields, others(root));
      if (type.family() == Family.MODERNBERT) {
        AlternatingAttention.read(type, configuration.sizes(), fields);
      }
      if (type.family().isDisentangled()) {
        DisentangledAttention.read(type, configuration.sizes(), fields);
      }
      if (type.family().isRotaryDecoder()) {
        RotaryPositions.read(type, configuration.sizes(), fields);
        SlidingWindow.read(type, configuration.sizes(), fields);
      }
      if (type.family() == Family.BART) {
        DecoderBlocks.read(configuration.sizes(), fields);
      }
      if (fields.problems().isEmpty()) {
        return configuration;
      }
    } catch (IllegalArgumentException e) {
      // Missing or invalid numbers are a better message than the error of a record made without
      // them.
      if (fields.problems().isEmpty()) {
        throw new CorruptModelException(file, type.key(), "a model", e.getMessage());
      }
    }
    throw new CorruptModelException(
        file, "keys", "all sizes of " + type.key(), String.join("; ", fields.problems()));
  }

  /**
   * Reads a file that holds one JSON object.
   *
   * @throws CorruptModelException if it holds something else, or is too large
   */
  static JsonNode object(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new CorruptModelException(
          file, "file", "at most " + MAX_BYTES + " bytes", Files.size(file) + " bytes");
    }
    JsonNode root;
    try {
      root = JSON.readTree(file.toFile());
    } catch (JacksonException e) {
      throw new CorruptModelException(file, "file", "JSON", e.getOriginalMessage());
    }
    if (!root.isObject()) {
      throw new CorruptModelException(file, "file", "a JSON object", "" + root.getNodeType());
    }
    return root;
  }

  /**
   * The kind of a head's labels in a config.json, {@code problem_type}, whatever its family.
   *
   * @return empty if it has none, or is no such file
   * @throws IOException if it cannot be read
   */
  public static Optional<String> problemType(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      return Optional.empty();
    }
    try {
      return Optional.ofNullable(
          JSON.readTree(file.toFile()).path(ModelConfiguration.PROBLEM_TYPE).textValue());
    } catch (JacksonException foreign) {
      return Optional.empty();
    }
  }

  /**
   * The head that a config.json describes, whatever its family.
   *
   * @return an empty description if it is no such file
   * @throws IOException if it cannot be read
   */
  public static HeadDescription head(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      return HeadDescription.NONE;
    }
    try {
      Fields fields = new Fields(JSON.readTree(file.toFile()), Map.of());
      return new HeadDescription(fields.texts("architectures"), fields.labels());
    } catch (JacksonException foreign) {
      return HeadDescription.NONE;
    }
  }

  private static ModelType type(Path file, JsonNode root) throws IOException {
    JsonNode named = root.path("model_type");
    if (named.isMissingNode() || named.isNull()) {
      // Files of 2019 declare it by their classes; google-research's files do not declare it.
      return ModelType.ofClass(root.path("architectures").path(0).asText())
          .orElse(root.has("num_hidden_groups") ? ModelType.ALBERT : ModelType.BERT);
    }
    Optional<ModelType> type = ModelType.named(named.asText());
    if (type.isEmpty()) {
      throw new UnsupportedModelException(
          file,
          "key 'model_type'",
          "'"
              + named.asText()
              + "' is not one of the families that Belay knows: "
              + ModelType.keys());
    }
    return type.get();
  }

  private static ModelConfiguration configuration(
      ModelType type, Fields fields, Map<String, Object> others) {
    Family family = type.family();
    Keys keys = Keys.of(family);
    FeedForward feedForward =
        family == Family.T5
            ? FeedForward.ofT5(type, fields)
            : new FeedForward(fields.text(keys.activation(), defaultActivation(family)), false);
    return new ModelConfiguration(
        type,
        sizes(type, keys, fields),
        feedForward,
        fields.number(keys.normEpsilon(), defaultEpsilon(family)),
        dropouts(family, keys.dropouts(), fields),
        family == Family.T5
            ? Optional.of(
                new RelativePositions(
                    fields.whole("relative_attention_num_buckets", 32),
                    fields.whole("relative_attention_max_distance", 128)))
            : Optional.empty(),
        fields.truth("tie_word_embeddings", type != ModelType.MT5 && !family.isRotaryDecoder()),
        padId(family, fields),
        fields.labels(),
        fields.texts("architectures"),
        others);
  }

  private static String defaultActivation(Family family) {
    return switch (family) {
      case GPT2, ALBERT -> "gelu_new";
      case LLAMA -> "silu";
      default -> "gelu";
    };
  }

  /** The default of Hugging Face's configuration class, and of google-research's code. */
  private static double defaultEpsilon(Family family) {
    return switch (family) {
      case GPT2, MODERNBERT, GPT_NEOX, BART -> 1e-5;
      case LLAMA, T5 -> 1e-6;
      case DEBERTA, DEBERTA_V2 -> 1e-7;
      default -> 1e-12;
    };
  }

  /** A ModernBERT or DeBERTa without padding says so by null. */
  private static OptionalInt padId(Family family, Fields fields) {
    String key = "pad_token_id";
    boolean optional = family == Family.MODERNBERT || family.isDisentangled();
    return optional && fields.isNull(key)
        ? OptionalInt.empty()
        : fields.optionalWhole(key, defaultPadId(family));
  }

  private static OptionalInt defaultPadId(Family family) {
    return switch (family) {
      case MODERNBERT -> OptionalInt.of(50_283);
      case GPT2, LLAMA, GPT_NEOX -> OptionalInt.empty();
      case ROBERTA, MPNET, BART -> OptionalInt.of(1);
      default -> OptionalInt.of(0);
    };
  }

  private static Sizes sizes(ModelType type, Keys keys, Fields fields) {
    Family family = type.family();
    int hidden = fields.whole(keys.hidden());
    int layers = fields.whole(keys.layers());
    int heads = fields.whole(keys.heads());
    int shares = heads > 0 ? hidden / heads : 0;
    boolean t5 = family == Family.T5;
    boolean llama = family == Family.LLAMA;
    boolean shared = family == Family.ALBERT;
    return new Sizes(
        fields.whole("vocab_size"),
        hidden,
        fields.whole(keys.embedding(), hidden),
        layers,
        decoderLayers(family, fields, layers),
        shared ? fields.whole("num_hidden_groups", 1) : layers,
        shared ? fields.whole("inner_group_num", 1) : 1,
        heads,
        llama ? keyHeads(type, fields, heads) : heads,
        t5 ? fields.whole("d_kv") : llama ? fields.whole("head_dim", shares) : shares,
        family == Family.GPT2
            ? fields.whole(keys.intermediate(), 4 * hidden)
            : fields.whole(keys.intermediate()),
        keys.positions() == null ? 0 : positions(type, keys, fields),
        types(family, keys, fields));
  }

  private static int types(Family family, Keys keys, Fields fields) {
    if (family.isDisentangled()) {
      return fields.whole(keys.types(), 0);
    }
    return keys.types() == null ? 0 : fields.whole(keys.types());
  }

  private static int decoderLayers(Family family, Fields fields, int encoderLayers) {
    return switch (family) {
      case T5 -> fields.whole("num_decoder_layers", encoderLayers);
      case BART -> fields.whole("decoder_layers");
      default -> 0;
    };
  }

  /** Mistral and Qwen2 have a default of their own, and each head its own keys only by null. */
  private static int keyHeads(ModelType type, Fields fields, int heads) {
    String key = "num_key_value_heads";
    int usual =
        switch (type) {
          case MISTRAL -> 8;
          case QWEN2 -> 32;
          default -> heads;
        };
    return fields.isNull(key) ? heads : fields.whole(key, usual);
  }

  private static int positions(ModelType type, Keys keys, Fields fields) {
    return switch (type) {
      case MODERNBERT -> fields.whole(keys.positions(), 8192);
      case DEBERTA, DEBERTA_V2 -> fields.whole(keys.positions(), 512);
      case LLAMA, GPT_NEOX -> fields.whole(keys.positions(), 2048);
      case MISTRAL -> fields.whole(keys.positions(), 131_072);
      case QWEN2 -> fields.whole(keys.positions(), 32_768);
      default -> fields.whole(keys.positions());
    };
  }

  private static Dropouts dropouts(Family family, Keys.DropoutKeys keys, Fields fields) {
    double usual =
        switch (family) {
          case ALBERT, MODERNBERT, LLAMA, GPT_NEOX -> 0;
          default -> 0.1;
        };
    boolean ownEmbedding = family == Family.GPT2 || family == Family.MODERNBERT;
    double hidden = fields.number(keys.hidden(), usual);
    return new Dropouts(
        hidden,
        fields.number(keys.attention(), family == Family.BART ? 0 : usual),
        fields.number(keys.embedding(), ownEmbedding ? usual : hidden),
        fields.optionalNumber(keys.classifier()).or(() -> defaultClassifierDropout(family)));
  }

  /** For families whose head has another rate than the layers below it. */
  private static Optional<Double> defaultClassifierDropout(Family family) {
    return switch (family) {
      case ALBERT, GPT_NEOX -> Optional.of(0.1);
      case MODERNBERT, BART -> Optional.of(0.0);
      case DISTILBERT -> Optional.of(0.2);
      default -> Optional.empty();
    };
  }

  private static Map<String, Object> others(JsonNode root) {
    return new LinkedHashMap<>(
        JSON.convertValue(root, new TypeReference<LinkedHashMap<String, Object>>() {}));
  }
}
