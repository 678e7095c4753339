package dev.belay.savedmodel.peft;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.belay.savedmodel.export.AtomicDirectory;
import dev.belay.savedmodel.names.DialectName;
import dev.belay.savedmodel.names.Layout;
import dev.belay.savedmodel.names.RenamedTensors;
import dev.belay.savedmodel.safetensors.SafetensorsWriter;
import dev.belay.savedmodel.tensor.NamedTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Writes an adapter as a folder that Hugging Face PEFT loads. */
public final class PeftWriter {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private PeftWriter() {}

  /**
   * Facts about an adapter besides its tensors.
   *
   * @param base path or name of the base model
   * @param task PEFT's {@code task_type}, such as SEQ_CLS
   * @param transposed whether the base keeps its weights as [in, out], as GPT-2
   * @param saved names of modules that trained whole
   */
  public record Facts(String base, String task, boolean transposed, List<String> saved) {}

  /**
   * Writes a folder.
   *
   * @param adapter tensors by the names of the model; its folder must not exist
   * @throws IOException if it cannot be written
   */
  public static void write(PeftAdapter adapter, Facts facts) throws IOException {
    Files.createDirectories(adapter.folder().toAbsolutePath().getParent());
    try (AtomicDirectory directory = AtomicDirectory.create(adapter.folder())) {
      Files.write(
          directory.path().resolve(PeftAdapter.CONFIGURATION),
          JSON.writeValueAsBytes(configuration(adapter, facts)));
      if (adapter.base().isPresent()) {
        Files.write(
            directory.path().resolve(PeftAdapter.BASE),
            JSON.writeValueAsBytes(Map.of("sha256", adapter.base().get())));
      }
      SafetensorsWriter.write(
          directory.path().resolve(PeftAdapter.TENSORS),
          stored(adapter.tensors(), adapter.modules()),
          Map.of("format", "pt"));
      directory.commit();
    }
  }

  private static Map<String, Object> configuration(PeftAdapter adapter, Facts facts) {
    PeftConfiguration configuration = adapter.configuration();
    Map<String, Object> keys = new TreeMap<>();
    keys.put("peft_type", "LORA");
    keys.put("task_type", facts.task());
    keys.put("base_model_name_or_path", facts.base());
    keys.put("inference_mode", true);
    keys.put("r", configuration.rank());
    keys.put("lora_alpha", plain(configuration.alpha()));
    keys.put("lora_dropout", configuration.dropout());
    keys.put("bias", configuration.bias());
    keys.put("use_rslora", configuration.stabilized());
    keys.put("rank_pattern", configuration.ranks());
    keys.put("alpha_pattern", configuration.alphas());
    keys.put("fan_in_fan_out", facts.transposed());
    keys.put("target_modules", List.copyOf(new TreeSet<>(adapter.modules())));
    keys.put("modules_to_save", facts.saved().isEmpty() ? null : facts.saved());
    return keys;
  }

  /** PEFT writes a whole number without a point. */
  private static Number plain(double alpha) {
    if (alpha == Math.rint(alpha) && alpha < Integer.MAX_VALUE) {
      return (int) alpha;
    }
    return alpha;
  }

  /** The tensors by PEFT's names: a bias beside an adapter is one of the layer that it wraps. */
  private static NamedTensors stored(NamedTensors tensors, Set<String> modules) {
    Map<String, DialectName> names = new LinkedHashMap<>();
    for (String name : new TreeSet<>(tensors.names())) {
      int dot = name.lastIndexOf('.');
      boolean wrapped = dot > 0 && modules.contains(name.substring(0, dot));
      String own = wrapped ? name.substring(0, dot) + ".base_layer" + name.substring(dot) : name;
      names.put(name, new DialectName(PeftAdapter.PREFIX + own, Layout.SAME));
    }
    return RenamedTensors.inDialect(tensors, names);
  }
}
