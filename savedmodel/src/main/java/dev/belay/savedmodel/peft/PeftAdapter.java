package dev.belay.savedmodel.peft;

import dev.belay.savedmodel.tensor.NamedTensors;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Adapter in a folder of Hugging Face PEFT.
 *
 * @param folder of its files
 * @param configuration ranks and scales
 * @param tensors float32, by the names of the model: {@code query.lora_A.weight} [r, in], {@code
 *     query.lora_B.weight} [out, r], and whole weights that trained beside them
 * @param modules names of the modules that have an adapter
 * @param base SHA-256 of the base model's files, if Belay wrote the adapter
 */
public record PeftAdapter(
    Path folder,
    PeftConfiguration configuration,
    NamedTensors tensors,
    Set<String> modules,
    Optional<String> base) {
  /** Name of the configuration. */
  public static final String CONFIGURATION = "adapter_config.json";

  /** Name of the tensors. */
  public static final String TENSORS = "adapter_model.safetensors";

  /** Name of the file in which Belay says which model the adapter belongs to. */
  public static final String BASE = "belay_base.json";

  static final String PREFIX = "base_model.model.";
  static final String A = ".lora_A.weight";
  static final String B = ".lora_B.weight";

  /** The files of an adapter. */
  public static List<Path> files(Path folder) {
    return List.of(folder.resolve(CONFIGURATION), folder.resolve(TENSORS));
  }
}
