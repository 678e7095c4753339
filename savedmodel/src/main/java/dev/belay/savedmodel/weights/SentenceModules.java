package dev.belay.savedmodel.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.ModelFiles;
import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.configuration.ConfigurationWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The modules of a sentence-transformers model: a transformer, the pooling of its tokens into one
 * vector, and whether that is divided by its length.
 *
 * @param pooling of the tokens
 * @param normalized whether a module Normalize follows
 * @param maxSeqLength the longest sequence, if a file says it
 */
public record SentenceModules(Pooling pooling, boolean normalized, OptionalInt maxSeqLength) {
  private static final String POOLING_FOLDER = "1_Pooling";
  private static final String SETTINGS = "config_sentence_transformers.json";
  private static final String CONFIG = "config.json";
  private static final String MODE = "pooling_mode";
  private static final String PROMPT = "default_prompt_name";
  private static final long MOST_BYTES = 1 << 20;

  /** Keys of older versions, each with the name that newer ones have in pooling_mode. */
  private static final Map<String, String> OLD_MODES = new LinkedHashMap<>();

  static {
    OLD_MODES.put("pooling_mode_cls_token", "cls");
    OLD_MODES.put("pooling_mode_max_tokens", "max");
    OLD_MODES.put("pooling_mode_mean_tokens", "mean");
    OLD_MODES.put("pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens");
    OLD_MODES.put("pooling_mode_weightedmean_tokens", "weightedmean");
    OLD_MODES.put("pooling_mode_lasttoken", "lasttoken");
  }

  /** Poolings that Belay computes. */
  public enum Pooling {
    MEAN("mean", "pooling_mode_mean_tokens"),
    CLS("cls", "pooling_mode_cls_token"),
    LAST("lasttoken", "pooling_mode_lasttoken");

    private final String mode;
    private final String oldKey;

    Pooling(String mode, String oldKey) {
      this.mode = mode;
      this.oldKey = oldKey;
    }

    /** Its name in {@code --pooling}. */
    public String option() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * The modules that the files of a transformer belong to.
   *
   * @param folder of the transformer: that of modules.json, or one below it
   * @return empty if they do not pool tokens into one vector
   * @throws UnsupportedModelException if they compute something that Belay does not
   */
  public static Optional<SentenceModules> read(Path folder) throws IOException {
    Optional<Path> root = SentenceTransformers.root(folder);
    if (root.isEmpty()) {
      return Optional.empty();
    }
    Path file = root.get().resolve(ModelFiles.MODULES);
    List<JsonNode> modules = SentenceTransformers.modules(root.get());
    List<String> types = modules.stream().map(SentenceTransformers::type).toList();
    if (!types.contains("Pooling")) {
      return Optional.empty();
    }
    boolean known =
        types.equals(List.of("Transformer", "Pooling"))
            || types.equals(List.of("Transformer", "Pooling", "Normalize"));
    if (!known) {
      throw new UnsupportedModelException(
          file,
          "modules",
          types
              + ": Belay computes Transformer, Pooling and Normalize, in this order; leave the"
              + " others out of the file, or choose another head with --head");
    }
    requireNoPrompt(root.get());
    String pooling = modules.get(1).path("path").asText();
    if (!pooling.matches("[\\w-]+")) {
      throw new CorruptModelException(file, "path of Pooling", "the name of a folder", pooling);
    }
    Path path = root.get().resolve(pooling).resolve(CONFIG);
    return Optional.of(new SentenceModules(pooling(path), types.size() == 3, maxSeqLength(folder)));
  }

  private static Pooling pooling(Path file) throws IOException {
    JsonNode settings = json(file).orElseThrow(() -> missing(file));
    List<String> modes = new ArrayList<>();
    JsonNode mode = settings.path(MODE);
    if (mode.isTextual()) {
      modes.add(mode.asText());
    }
    mode.elements().forEachRemaining(one -> modes.add(one.asText()));
    if (!settings.has(MODE)) {
      OLD_MODES.forEach(
          (key, name) -> {
            if (settings.path(key).asBoolean()) {
              modes.add(name);
            }
          });
    }
    if (modes.isEmpty()) {
      modes.add(Pooling.MEAN.mode);
    }
    if (!settings.path("include_prompt").asBoolean(true)) {
      throw new UnsupportedModelException(
          file, "include_prompt", "false: Belay pools all tokens; expected true");
    }
    for (Pooling known : Pooling.values()) {
      if (modes.equals(List.of(known.mode))) {
        return known;
      }
    }
    throw new UnsupportedModelException(
        file,
        MODE,
        String.join(", ", modes)
            + ": Belay computes one of mean, cls and lasttoken; train a model with --head"
            + " sentence-embedding --pooling");
  }

  private static CorruptModelException missing(Path file) {
    return new CorruptModelException(file, "file", "the settings of the pooling", "no such file");
  }

  /** A default prompt is put before each text, which Belay does not do. */
  private static void requireNoPrompt(Path root) throws IOException {
    Path file = root.resolve(SETTINGS);
    JsonNode settings = json(file).orElse(null);
    if (settings != null && settings.path(PROMPT).isTextual()) {
      String name = settings.path(PROMPT).asText();
      if (!settings.path("prompts").path(name).asText().isEmpty()) {
        throw new UnsupportedModelException(
            file,
            PROMPT,
            name
                + ": sentence-transformers puts this prompt before each text, and Belay does not;"
                + " put it into the data, and set the key to null");
      }
    }
  }

  private static OptionalInt maxSeqLength(Path folder) throws IOException {
    Path file = folder.resolve(ModelFiles.SENTENCE_SETTINGS);
    Optional<JsonNode> settings = json(file);
    if (settings.isEmpty()) {
      return OptionalInt.empty();
    }
    if (settings.get().path("do_lower_case").asBoolean()) {
      throw new UnsupportedModelException(
          file,
          "do_lower_case",
          "true: sentence-transformers lowers the texts before its tokenizer; expected false, and"
              + " texts in lower case or a tokenizer that lowers them");
    }
    requireFeatures(file, settings.get());
    JsonNode length = settings.get().path("max_seq_length");
    if (length.isMissingNode() || length.isNull()) {
      return OptionalInt.empty();
    }
    if (!length.isInt() || length.asInt() < 1) {
      throw new CorruptModelException(
          file, "max_seq_length", "a whole number above 0", length.toString());
    }
    return OptionalInt.of(length.asInt());
  }

  /** Newer versions may name another output of the transformer. */
  private static void requireFeatures(Path file, JsonNode settings) throws IOException {
    String task = "transformer_task";
    String output = "method_output_name";
    JsonNode text = settings.path("modality_config").path("text");
    require(file, task, "feature-extraction", settings.path(task));
    require(file, output, "last_hidden_state", text.path(output));
    require(file, "method", "forward", text.path("method"));
  }

  private static void require(Path file, String key, String expected, JsonNode found)
      throws IOException {
    if (!found.isMissingNode() && !found.asText().equals(expected)) {
      throw new UnsupportedModelException(
          file, key, found + ": Belay pools the features of the last layer; expected " + expected);
    }
  }

  private static Optional<JsonNode> json(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    if (Files.size(file) > MOST_BYTES) {
      throw new CorruptModelException(file, "size", "at most 1 MB", Files.size(file) + " bytes");
    }
    try {
      return Optional.of(new ObjectMapper().readTree(file.toFile())).filter(JsonNode::isObject);
    } catch (JsonProcessingException e) {
      throw new CorruptModelException(file, "content", "JSON", e.getOriginalMessage());
    }
  }

  /** The same with that longest sequence. */
  public SentenceModules withMaxSeqLength(OptionalInt tokens) {
    return new SentenceModules(pooling, normalized, tokens);
  }

  /**
   * The files of such a model beside those of its transformer, by name, as older and newer versions
   * of sentence-transformers read them.
   *
   * @param size of a vector
   */
  public Map<String, byte[]> files(int size) throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    List<Map<String, Object>> modules = new ArrayList<>();
    Iterator<String> folders = List.of("", POOLING_FOLDER, "2_Normalize").iterator();
    List<String> types =
        normalized
            ? List.of("Transformer", "Pooling", "Normalize")
            : List.of("Transformer", "Pooling");
    for (String type : types) {
      Map<String, Object> module = new LinkedHashMap<>();
      module.put("idx", modules.size());
      module.put("name", Integer.toString(modules.size()));
      module.put("path", folders.next());
      module.put("type", "sentence_transformers.models." + type);
      modules.add(module);
    }
    files.put(ModelFiles.MODULES, ConfigurationWriter.JSON.writeValueAsBytes(modules));
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("word_embedding_dimension", size);
    OLD_MODES.keySet().forEach(key -> settings.put(key, key.equals(pooling.oldKey)));
    settings.put("include_prompt", true);
    files.put(POOLING_FOLDER + "/" + CONFIG, ConfigurationWriter.JSON.writeValueAsBytes(settings));
    if (maxSeqLength.isPresent()) {
      String text =
          String.format(
              Locale.ROOT,
              "{\n  \"max_seq_length\": %d,\n  \"do_lower_case\": false\n}\n",
              maxSeqLength.getAsInt());
      files.put(ModelFiles.SENTENCE_SETTINGS, text.getBytes(StandardCharsets.UTF_8));
    }
    return files;
  }
}
