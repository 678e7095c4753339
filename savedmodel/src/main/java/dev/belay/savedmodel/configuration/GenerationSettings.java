package dev.belay.savedmodel.configuration;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.ModelFiles;
import dev.belay.savedmodel.UnsupportedModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Settings of transformers' generate that come with a model: those of generation_config.json or, if
 * there is none, those of config.json, as transformers 5 reads them.
 *
 * @param file where they are from
 * @param own whether that is generation_config.json, whose special tokens then replace those of
 *     config.json
 * @param keys those that have a value other than null
 */
public record GenerationSettings(Path file, boolean own, Map<String, JsonNode> keys) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Keys that Belay computes. */
  private static final Set<String> COMPUTED =
      Set.of(
          "max_length",
          "max_new_tokens",
          "min_length",
          "min_new_tokens",
          "early_stopping",
          "stop_strings",
          "do_sample",
          "num_beams",
          "temperature",
          "top_k",
          "top_p",
          "min_p",
          "repetition_penalty",
          "length_penalty",
          "no_repeat_ngram_size",
          "bad_words_ids",
          "forced_bos_token_id",
          "forced_eos_token_id",
          "suppress_tokens",
          "begin_suppress_tokens",
          "num_return_sequences",
          "eos_token_id",
          "decoder_start_token_id");

  /** Keys that change no text. */
  private static final Set<String> UNUSED =
      Set.of(
          "use_cache",
          "cache_implementation",
          "cache_config",
          "max_cache_len",
          "remove_invalid_values",
          "output_attentions",
          "output_hidden_states",
          "output_scores",
          "output_logits",
          "return_dict_in_generate",
          "return_legacy_cache",
          "pad_token_id",
          "bos_token_id",
          "is_assistant",
          "num_assistant_tokens",
          "num_assistant_tokens_schedule",
          "assistant_confidence_threshold",
          "max_matching_ngram_size",
          "assistant_lookbehind",
          "target_lookbehind",
          "assistant_ensemble_weight",
          "speculation_type",
          "compile_config",
          "disable_compile",
          "continuous_batching_config",
          "low_memory",
          "prefill_chunk_size",
          "transformers_version",
          "_from_model_config",
          "_commit_hash",
          "chat_format",
          "trust_remote_code");

  /** Keys that Belay does not compute, with the values that turn them off besides null. */
  private static final Map<String, List<String>> OFF =
      Map.ofEntries(
          Map.entry("max_time", List.of()),
          Map.entry("use_mtp", List.of("false")),
          Map.entry("top_h", List.of()),
          Map.entry("typical_p", List.of("1")),
          Map.entry("epsilon_cutoff", List.of("0", "1")),
          Map.entry("eta_cutoff", List.of("0", "1")),
          Map.entry("encoder_repetition_penalty", List.of("1")),
          Map.entry("encoder_no_repeat_ngram_size", List.of("0")),
          Map.entry("renormalize_logits", List.of("false")),
          Map.entry("exponential_decay_length_penalty", List.of()),
          Map.entry("sequence_bias", List.of()),
          Map.entry("token_healing", List.of("false")),
          Map.entry("guidance_scale", List.of("1")),
          Map.entry("watermarking_config", List.of()),
          Map.entry("prompt_lookup_num_tokens", List.of()),
          Map.entry("assistant_early_exit", List.of()),
          Map.entry("penalty_alpha", List.of("0")),
          Map.entry("dola_layers", List.of()),
          Map.entry("diversity_penalty", List.of("0")),
          Map.entry("num_beam_groups", List.of("1")),
          Map.entry("constraints", List.of()),
          Map.entry("force_words_ids", List.of()),
          Map.entry("forced_decoder_ids", List.of()));

  public GenerationSettings {
    keys = Map.copyOf(keys);
  }

  /** Settings of a model that has none. */
  public static final GenerationSettings NONE =
      new GenerationSettings(Path.of(ModelFiles.GENERATION), false, Map.of());

  /**
   * The settings of a model.
   *
   * @param described its config.json
   * @throws CorruptModelException if generation_config.json is no JSON object
   */
  public static GenerationSettings read(Path described, ModelConfiguration configuration)
      throws IOException {
    Path file = described.resolveSibling(ModelFiles.GENERATION);
    Map<String, JsonNode> keys = new LinkedHashMap<>();
    if (Files.isRegularFile(file)) {
      ConfigurationReader.object(file)
          .properties()
          .forEach(field -> put(keys, field.getKey(), field.getValue()));
      return new GenerationSettings(file, true, keys);
    }
    configuration
        .others()
        .forEach(
            (key, value) -> {
              if (COMPUTED.contains(key) || OFF.containsKey(key)) {
                put(keys, key, JSON.valueToTree(value));
              }
            });
    return new GenerationSettings(described, false, keys);
  }

  private static void put(Map<String, JsonNode> keys, String key, JsonNode value) {
    if (!value.isNull()) {
      keys.put(key, value);
    }
  }

  /**
   * Refuses settings that Belay does not compute.
   *
   * @throws UnsupportedModelException which names all of them
   */
  public void requireComputed() throws UnsupportedModelException {
    List<String> refused = new ArrayList<>();
    keys.forEach(
        (key, value) -> {
          if (OFF.containsKey(key)
              && OFF.get(key).stream().noneMatch(off -> value.asText().matches(off + "(\\.0*)?"))) {
            refused.add("'" + key + "' is " + value);
          }
        });
    if (!refused.isEmpty()) {
      refused.sort(null);
      throw new UnsupportedModelException(
          file,
          "generation settings",
          String.join(", ", refused)
              + ", which Belay does not compute; in a copy of the file, leave the keys out");
    }
  }

  /** Keys that no version of transformers reads. */
  public List<String> unknown() {
    return keys.keySet().stream()
        .filter(key -> !COMPUTED.contains(key) && !UNUSED.contains(key) && !OFF.containsKey(key))
        .sorted()
        .toList();
  }

  /** The settings that change what is written, for people. */
  public List<String> heeded() {
    return keys.entrySet().stream()
        .filter(entry -> COMPUTED.contains(entry.getKey()))
        .filter(entry -> !entry.getKey().endsWith("token_id"))
        .map(entry -> entry.getKey() + " " + entry.getValue())
        .sorted()
        .toList();
  }

  /** A switch. */
  public Optional<Boolean> flag(String key) throws CorruptModelException {
    require(key, "true or false", !keys.containsKey(key) || keys.get(key).isBoolean());
    return Optional.ofNullable(keys.get(key)).map(JsonNode::booleanValue);
  }

  /** A whole number of at least 0. */
  public OptionalInt count(String key) throws CorruptModelException {
    JsonNode value = keys.get(key);
    require(
        key, "a whole number from 0", value == null || (value.isInt() && value.intValue() >= 0));
    return value == null ? OptionalInt.empty() : OptionalInt.of(value.intValue());
  }

  /** A number. */
  public OptionalDouble number(String key) throws CorruptModelException {
    JsonNode value = keys.get(key);
    require(key, "a number", value == null || value.isNumber());
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value.doubleValue());
  }

  /** A word: {@code early_stopping} is a switch or "never". */
  public Optional<String> word(String key) throws CorruptModelException {
    JsonNode value = keys.get(key);
    require(key, "a word or a switch", value == null || value.isTextual() || value.isBoolean());
    return Optional.ofNullable(value).map(JsonNode::asText);
  }

  /** Ids of tokens: a number, or a list of them. */
  public Set<Integer> ids(String key) throws CorruptModelException {
    JsonNode value = keys.get(key);
    return value == null ? Set.of() : new LinkedHashSet<>(ids(key, value));
  }

  private List<Integer> ids(String key, JsonNode value) throws CorruptModelException {
    List<Integer> ids = new ArrayList<>();
    for (JsonNode id : value.isArray() ? value : JSON.createArrayNode().add(value)) {
      require(key, "ids of tokens", id.isInt() && id.intValue() >= 0);
      ids.add(id.intValue());
    }
    return ids;
  }

  /** Sequences of ids of tokens. */
  public List<List<Integer>> sequences(String key) throws CorruptModelException {
    List<List<Integer>> sequences = new ArrayList<>();
    if (keys.containsKey(key)) {
      require(key, "lists of ids of tokens", keys.get(key).isArray());
      for (JsonNode sequence : keys.get(key)) {
        require(key, "lists of ids of tokens", sequence.isArray() && !sequence.isEmpty());
        sequences.add(ids(key, sequence));
      }
    }
    return sequences;
  }

  /** Texts: one, or a list of them. */
  public List<String> texts(String key) throws CorruptModelException {
    List<String> texts = new ArrayList<>();
    JsonNode value = keys.get(key);
    if (value != null) {
      for (JsonNode text : value.isArray() ? value : JSON.createArrayNode().add(value)) {
        require(key, "texts", text.isTextual() && !text.textValue().isEmpty());
        texts.add(text.textValue());
      }
    }
    return texts;
  }

  private void require(String key, String expected, boolean sound) throws CorruptModelException {
    if (!sound) {
      throw new CorruptModelException(file, "key '" + key + "'", expected, "" + keys.get(key));
    }
  }
}
