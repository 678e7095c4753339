package dev.belay.savedmodel.peft;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.names.DialectName;
import dev.belay.savedmodel.names.Layout;
import dev.belay.savedmodel.names.RenamedTensors;
import dev.belay.savedmodel.safetensors.SafetensorsReader;
import dev.belay.savedmodel.tensor.FloatWidening;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Reads the folder of an adapter that Hugging Face PEFT or Belay wrote. */
public final class PeftReader {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private PeftReader() {}

  /**
   * Reads an adapter.
   *
   * @throws CorruptModelException if its files are not whole, or do not agree
   * @throws UnsupportedModelException if it is more than LoRA's two matrices
   */
  public static PeftAdapter read(Path folder) throws IOException {
    Path file = folder.resolve(PeftAdapter.CONFIGURATION);
    if (!Files.isRegularFile(file)) {
      throw new UnsupportedModelException(
          folder,
          "--adapter",
          "expected none, lora, or a folder with adapter_config.json, as Hugging Face PEFT's"
              + " save_pretrained writes it");
    }
    PeftConfiguration configuration = new ConfigurationKeys(file, json(file)).read();
    Path weights = folder.resolve(PeftAdapter.TENSORS);
    if (!Files.isRegularFile(weights)) {
      throw new UnsupportedModelException(
          folder,
          "adapter",
          "expected adapter_model.safetensors; an adapter_model.bin is a pickle, which Belay does"
              + " not read: save it with safe_serialization=True");
    }
    NamedTensors tensors = named(SafetensorsReader.open(weights));
    return new PeftAdapter(
        folder, configuration, tensors, modules(weights, tensors, configuration), base(folder));
  }

  /** The tensors by the names of the model. */
  private static NamedTensors named(NamedTensors stored) {
    Map<String, DialectName> names = new LinkedHashMap<>();
    for (String name : stored.names()) {
      String own =
          name.startsWith(PeftAdapter.PREFIX) ? name.substring(PeftAdapter.PREFIX.length()) : name;
      names.put(
          own.replace(".base_layer.", ".")
              .replace(".modules_to_save.default.", ".")
              .replace(".modules_to_save.", "."),
          new DialectName(name, Layout.SAME));
    }
    return new FloatWidening(RenamedTensors.canonical(stored, names));
  }

  private static Set<String> modules(
      Path file, NamedTensors tensors, PeftConfiguration configuration) throws IOException {
    Set<String> modules = new TreeSet<>();
    for (String name : tensors.names()) {
      if (name.endsWith(PeftAdapter.A)) {
        modules.add(name.substring(0, name.length() - PeftAdapter.A.length()));
      } else if (name.endsWith(PeftAdapter.B)) {
        requirePart(
            file,
            tensors,
            name.substring(0, name.length() - PeftAdapter.B.length()),
            PeftAdapter.A);
      } else if (name.contains("lora_")) {
        throw new UnsupportedModelException(
            file,
            name,
            "is no matrix of LoRA for a dense layer (lora_A.weight, lora_B.weight): Belay has"
                + " adapters of weights in matrix products alone");
      }
    }
    for (String module : modules) {
      requirePart(file, tensors, module, PeftAdapter.B);
      TensorSpec a = tensors.spec(module + PeftAdapter.A);
      TensorSpec b = tensors.spec(module + PeftAdapter.B);
      long rank = configuration.rank(module);
      if (a.shape().numDimensions() != 2
          || b.shape().numDimensions() != 2
          || a.shape().get(0) != rank
          || b.shape().get(1) != rank) {
        throw new CorruptModelException(
            file,
            module,
            "lora_A [" + rank + ", in] and lora_B [out, " + rank + "], as its configuration says",
            a + " and " + b);
      }
    }
    if (modules.isEmpty()) {
      throw new CorruptModelException(file, "tensors", "some named NAME.lora_A.weight", "none");
    }
    return modules;
  }

  private static void requirePart(Path file, NamedTensors tensors, String module, String part)
      throws CorruptModelException {
    if (!tensors.names().contains(module + part)) {
      throw new CorruptModelException(
          file, module, "lora_A.weight and lora_B.weight", "one without the other");
    }
  }

  private static Optional<String> base(Path folder) throws IOException {
    Path file = folder.resolve(PeftAdapter.BASE);
    return Files.isRegularFile(file)
        ? Optional.of(json(file).path("sha256").asText())
        : Optional.empty();
  }

  private static JsonNode json(Path file) throws IOException {
    try {
      JsonNode tree = JSON.readTree(Files.readAllBytes(file));
      if (!tree.isObject()) {
        throw new CorruptModelException(file, "JSON", "an object", tree.getNodeType().name());
      }
      return tree;
    } catch (JacksonException e) {
      throw new CorruptModelException(file, "JSON", "an object", e.getOriginalMessage());
    }
  }
}
