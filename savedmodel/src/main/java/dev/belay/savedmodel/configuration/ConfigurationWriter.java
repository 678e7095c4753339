package dev.belay.savedmodel.configuration;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.belay.savedmodel.names.Family;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes a configuration in Hugging Face's or google-research's form; keys of the source that
 * remain valid are kept.
 */
public final class ConfigurationWriter {
  /** Writes JSON as Python does with an indent of two. */
  public static final ObjectWriter JSON =
      JsonMapper.builder()
          .build()
          .writer(
              new DefaultPrettyPrinter()
                  .withObjectIndenter(new DefaultIndenter("  ", "\n"))
                  .withArrayIndenter(new DefaultIndenter("  ", "\n")));

  private ConfigurationWriter() {}

  /** config.json of Hugging Face. */
  public static byte[] huggingFace(ModelConfiguration configuration) {
    Map<String, Object> keys = new TreeMap<>(configuration.others());
    keys.put("model_type", configuration.type().key());
    put(keys, configuration);
    if (configuration.architectures().isEmpty()) {
      keys.remove("architectures");
    } else {
      keys.put("architectures", configuration.architectures());
    }
    keys.remove("id2label");
    keys.remove("label2id");
    if (!configuration.labels().isEmpty()) {
      Map<String, String> names = new LinkedHashMap<>();
      Map<String, Integer> indexes = new LinkedHashMap<>();
      for (int i = 0; i < configuration.labels().size(); i++) {
        names.put(Integer.toString(i), configuration.labels().get(i));
        indexes.put(configuration.labels().get(i), i);
      }
      keys.put("id2label", names);
      keys.put("label2id", indexes);
    }
    return json(keys);
  }

  /**
   * bert_config.json of google-research.
   *
   * @throws IllegalArgumentException if no TF1 code exists for the family
   */
  public static byte[] tf1(ModelConfiguration configuration) {
    List<Family> families = List.of(Family.BERT, Family.ALBERT, Family.ELECTRA);
    if (!families.contains(configuration.family())) {
      throw new IllegalArgumentException("no TF1 configuration of " + configuration.type().key());
    }
    Map<String, Object> keys = new TreeMap<>(configuration.others());
    keys.putIfAbsent("initializer_range", 0.02);
    put(keys, configuration);
    if (configuration.feedForward().activation().equals("gelu_new")) {
      keys.put("hidden_act", "gelu"); // TF1 code knows it by no other name
    }
    List<String> kept = new ArrayList<>(Keys.TF1);
    if (configuration.family() == Family.BERT) {
      kept.removeAll(List.of("embedding_size", "num_hidden_groups", "inner_group_num"));
    }
    keys.keySet().retainAll(kept);
    return json(keys);
  }

  private static void put(Map<String, Object> keys, ModelConfiguration configuration) {
    Keys names = Keys.of(configuration.family());
    Sizes sizes = configuration.sizes();
    Family family = configuration.family();
    keys.put("vocab_size", sizes.vocabulary());
    put(keys, names.hidden(), sizes.hidden());
    put(keys, names.embedding(), sizes.embedding());
    put(keys, names.layers(), sizes.layers());
    put(keys, names.heads(), sizes.heads());
    put(keys, names.intermediate(), sizes.intermediate());
    put(keys, names.positions(), sizes.positions());
    put(keys, names.types(), sizes.types());
    put(keys, names.normEpsilon(), configuration.normEpsilon());
    FeedForward feedForward = configuration.feedForward();
    if (family == Family.T5) {
      keys.put(FeedForward.PROJECTION, feedForward.projection());
      keys.put(FeedForward.ACTIVATION, feedForward.activation());
      keys.put(FeedForward.GATED, feedForward.gated());
    } else {
      put(keys, names.activation(), feedForward.activation());
    }
    Dropouts dropouts = configuration.dropouts();
    put(keys, names.dropouts().hidden(), dropouts.hidden());
    put(keys, names.dropouts().attention(), dropouts.attention());
    put(keys, names.dropouts().embedding(), dropouts.embedding());
    dropouts.classifier().ifPresent(rate -> put(keys, names.dropouts().classifier(), rate));
    configuration.padId().ifPresent(id -> keys.put("pad_token_id", id));
    if (family == Family.ALBERT) {
      keys.put("num_hidden_groups", sizes.groups());
      keys.put("inner_group_num", sizes.groupLayers());
    }
    if (family == Family.T5) {
      keys.put("num_decoder_layers", sizes.decoderLayers());
      keys.put("d_kv", sizes.headSize());
    }
    configuration
        .relativePositions()
        .ifPresent(
            relative -> {
              keys.put("relative_attention_num_buckets", relative.buckets());
              keys.put("relative_attention_max_distance", relative.maxDistance());
            });
    if (!configuration.tiedEmbeddings()) {
      keys.put("tie_word_embeddings", false);
    }
  }

  private static void put(Map<String, Object> keys, String key, Object value) {
    if (key != null) {
      keys.put(key, value);
    }
  }

  private static byte[] json(Map<String, Object> keys) {
    try {
      return JSON.writeValueAsBytes(keys);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("keys that came from JSON", impossible);
    }
  }
}
