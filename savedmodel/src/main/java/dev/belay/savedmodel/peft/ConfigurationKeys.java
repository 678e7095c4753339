package dev.belay.savedmodel.peft;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.UnsupportedModelException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Keys of adapter_config.json. One that changes what is computed and that Belay does not compute is
 * refused, as is one that it does not know, unless it is switched off.
 *
 * @param file for messages
 * @param tree its content
 */
record ConfigurationKeys(Path file, JsonNode tree) {
  /** Keys that are read, and those that say what the tensors say by their names. */
  private static final Set<String> READ =
      Set.of(
          "peft_type",
          "r",
          "lora_alpha",
          "lora_dropout",
          "bias",
          "use_rslora",
          "rank_pattern",
          "alpha_pattern",
          "init_lora_weights",
          "target_modules",
          "exclude_modules",
          "layers_to_transform",
          "layers_pattern",
          "modules_to_save");

  /** Keys without an effect on an adapter that is trained already. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          "auto_mapping",
          "base_model_name_or_path",
          "corda_config",
          "eva_config",
          "fan_in_fan_out",
          "inference_mode",
          "loftq_config",
          "lora_ga_config",
          "megatron_core",
          "peft_version",
          "qalora_group_size",
          "revision",
          "runtime_config",
          "task_type");

  /** First values that leave the base as it is; the others change it. */
  private static final List<String> PLAIN_BEGINNINGS =
      List.of("true", "false", "gaussian", "eva", "orthogonal");

  private static final List<String> BIASES = List.of("none", "all", "lora_only");

  PeftConfiguration read() throws IOException {
    requireComputed();
    int rank = tree.path("r").asInt();
    if (rank < 1) {
      throw new CorruptModelException(
          file, "r", "a whole number of at least 1", tree.path("r").toString());
    }
    String bias = tree.path("bias").asText("none");
    if (!BIASES.contains(bias)) {
      throw new CorruptModelException(file, "bias", String.join(", ", BIASES), bias);
    }
    Map<String, Integer> ranks = new LinkedHashMap<>();
    tree.path("rank_pattern")
        .properties()
        .forEach(e -> ranks.put(e.getKey(), e.getValue().asInt()));
    Map<String, Double> alphas = new LinkedHashMap<>();
    tree.path("alpha_pattern")
        .properties()
        .forEach(e -> alphas.put(e.getKey(), e.getValue().asDouble()));
    return new PeftConfiguration(
        rank,
        tree.path("lora_alpha").asDouble(8),
        tree.path("lora_dropout").asDouble(0),
        bias,
        tree.path("use_rslora").asBoolean(false),
        ranks,
        alphas);
  }

  private void requireComputed() throws UnsupportedModelException {
    String type = tree.path("peft_type").asText();
    if (!type.equals("LORA")) {
      throw new UnsupportedModelException(
          file, "peft_type", "expected LORA, found " + type + ", which Belay does not compute");
    }
    String beginning = tree.path("init_lora_weights").asText("true");
    if (!PLAIN_BEGINNINGS.contains(beginning)) {
      throw new UnsupportedModelException(
          file,
          "init_lora_weights",
          "found "
              + beginning
              + ", which changes the weights of the base too: convert the adapter to plain LoRA"
              + " (path_initial_model_for_weight_conversion of save_pretrained)");
    }
    for (Map.Entry<String, JsonNode> key : tree.properties()) {
      boolean known = READ.contains(key.getKey()) || WITHOUT_EFFECT.contains(key.getKey());
      if (!known && !isOff(key.getValue())) {
        throw new UnsupportedModelException(
            file,
            key.getKey(),
            "found " + key.getValue() + ", which Belay does not compute: it has plain LoRA alone");
      }
    }
  }

  private static boolean isOff(JsonNode value) {
    return value.isNull()
        || (value.isContainerNode() && value.isEmpty())
        || (value.isBoolean() && !value.asBoolean());
  }
}
