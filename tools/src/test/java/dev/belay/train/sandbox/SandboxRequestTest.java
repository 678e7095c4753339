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
      Map.of(
          "model", List.of("/m"),
          "inputs", List.of("input_ids=ids", "attention_mask=mask"),
          "num-labels", List.of("3"),
          "problem-type", List.of("multi_label_classification"),
          "allow-no-gradient", List.of("a=b", "c,d"),
          "adapter", List.of("lora"),
          "lora-rank", List.of("4"),
          "lora-alpha", List.of("32"),
          "lora-dropout", List.of("0.1"));

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
