package dev.belay.train.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.OptionDefinition;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Every option of a model reaches the process that tries it. */
final class SandboxRequestTest {
  private static final Map<String, List<String>> SAMPLES =
      Map.ofEntries(
          Map.entry("model", List.of("/m")),
          Map.entry("inputs", List.of("input_ids=ids", "attention_mask=mask")),
          Map.entry("num-labels", List.of("3")),
          Map.entry("problem-type", List.of("multi_label_classification")),
          Map.entry("allow-no-gradient", List.of("a=b", "c,d")),
          Map.entry("adapter", List.of("lora")),
          Map.entry("scale", List.of("10")),
          Map.entry("label-pad-token-id", List.of("0")),
          Map.entry("lora-rank", List.of("4")),
          Map.entry("lora-alpha", List.of("32")),
          Map.entry("lora-dropout", List.of("0.1")),
          Map.entry("head", List.of("sentence-embedding")));

  @Test
  void everyOptionIsInTheRequest() {
    Map<String, List<String>> options = new LinkedHashMap<>();
    for (OptionDefinition option : OptionDefinition.of(ModelConfig.class)) {
      List<String> words = option.type().words();
      String sample =
          option.type().isSwitch()
              ? "true"
              : option.type().isOnOff()
                  ? "off"
                  : words.isEmpty() ? "text" : words.get(words.size() - 1);
      options.put(option.name(), SAMPLES.getOrDefault(option.name(), List.of(sample)));
    }
    ModelConfig model = ConfigBinder.read(ModelConfig.class, options);
    List<String> arguments = new SandboxRequest(model, true).arguments();
    for (String name : new TreeSet<>(options.keySet())) {
      assertTrue(arguments.stream().anyMatch(one -> one.startsWith(name + "=")), name);
    }
    SandboxRequest read = SandboxRequest.of(arguments);
    assertEquals(model.toString(), read.model().toString());
    assertTrue(read.trains());
  }
}
