package dev.belay.savedmodel.peft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.names.DialectName;
import dev.belay.savedmodel.names.Layout;
import dev.belay.savedmodel.safetensors.SafetensorsReader;
import dev.belay.savedmodel.safetensors.SafetensorsWriter;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.names.RenamedTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Adapters by PEFT 0.21, each changed in one place. */
final class PeftReaderTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String QUERY = "bert.encoder.layer.0.attention.self.query";

  @TempDir Path folder;

  @BeforeEach
  void copy() throws IOException {
    for (Path file : PeftAdapter.files(Fixtures.path("peft").resolve("safetensors_bert"))) {
      Files.copy(file, folder.resolve(file.getFileName()));
    }
  }

  private void configure(Consumer<ObjectNode> change) throws IOException {
    Path file = folder.resolve(PeftAdapter.CONFIGURATION);
    ObjectNode tree = (ObjectNode) JSON.readTree(file.toFile());
    change.accept(tree);
    JSON.writeValue(file.toFile(), tree);
  }

  private void rename(UnaryOperator<String> name) throws IOException {
    Path file = folder.resolve(PeftAdapter.TENSORS);
    NamedTensors stored = SafetensorsReader.open(file);
    Map<String, DialectName> names = new LinkedHashMap<>();
    stored.names().forEach(one -> names.put(name.apply(one), new DialectName(one, Layout.SAME)));
    Path changed = folder.resolve("changed");
    SafetensorsWriter.write(changed, RenamedTensors.canonical(stored, names), Map.of());
    Files.move(changed, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  private PeftConfiguration read() throws IOException {
    return PeftReader.read(folder).configuration();
  }

  @Test
  void readsRankAndScaleOfModules() throws IOException {
    PeftAdapter adapter = PeftReader.read(folder);
    assertEquals(4, adapter.configuration().rank(QUERY));
    assertEquals(2, adapter.configuration().scale(QUERY));
    assertTrue(adapter.modules().contains(QUERY), adapter.modules().toString());
  }

  @Test
  void theFirstPatternThatMatchesCounts() throws IOException {
    configure(
        tree ->
            tree.putObject("alpha_pattern")
                .put("value", 1)
                .put("self\\.query", 16)
                .put("query", 32)
                .put(".*layer\\.0\\..*", 64)
                .put("attention.self.query", 128));
    assertEquals(4, read().scale(QUERY));
    assertEquals(2, read().scale("bert.encoder.layer.1.attention.self.key"), "of none");
  }

  @Test
  void aRankThatTheTensorsDoNotHaveIsRefused() throws IOException {
    configure(tree -> tree.putObject("rank_pattern").put("query", 5));
    CorruptModelException refused = assertThrows(CorruptModelException.class, this::read);
    assertTrue(refused.getMessage().contains("lora_A [5, in]"), refused.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "use_dora, true",
    "lora_bias, true",
    "init_lora_weights, pissa",
    "init_lora_weights, pissa_niter_16",
    "init_lora_weights, olora",
    "init_lora_weights, loftq",
    "peft_type, ADALORA",
    "layer_replication, '[[0,1]]'",
    "a_key_of_next_year, 3",
  })
  void whatIsNotPlainLoraIsRefusedByItsKey(String key, String value) throws IOException {
    configure(tree -> tree.set(key, plain(value)));
    UnsupportedModelException refused = assertThrows(UnsupportedModelException.class, this::read);
    assertTrue(refused.getMessage().contains(key), refused.getMessage());
  }

  private static JsonNode plain(String value) {
    try {
      return JSON.readTree(value);
    } catch (IOException e) {
      return JSON.getNodeFactory().textNode(value);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "use_dora, false",
    "layer_replication, null",
    "a_key_of_next_year, false",
    "init_lora_weights, gaussian",
    "init_lora_weights, orthogonal",
  })
  void whatIsSwitchedOffIsRead(String key, String value) throws IOException {
    configure(tree -> tree.set(key, plain(value)));
    assertEquals(4, read().rank());
  }

  @ParameterizedTest
  @CsvSource({
    "lora_embedding_A",
    "lora_magnitude_vector.weight",
  })
  void tensorsThatAreNoMatrixOfADenseLayerAreRefused(String part) throws IOException {
    rename(name -> name.equals(PeftAdapter.PREFIX + QUERY + PeftAdapter.A) ? QUERY + "." + part : name);
    IOException refused = assertThrows(IOException.class, this::read);
    assertTrue(refused.getMessage().contains(QUERY), refused.getMessage());
  }

  @Test
  void aPickleIsRefusedWithWhatToDo() throws IOException {
    Files.move(folder.resolve(PeftAdapter.TENSORS), folder.resolve("adapter_model.bin"));
    UnsupportedModelException refused = assertThrows(UnsupportedModelException.class, this::read);
    assertTrue(
        refused.getMessage().contains("save it with safe_serialization=True"),
        refused.getMessage());
  }

  @Test
  void aFolderWithoutAConfigurationIsNoAdapter() throws IOException {
    Files.delete(folder.resolve(PeftAdapter.CONFIGURATION));
    UnsupportedModelException refused = assertThrows(UnsupportedModelException.class, this::read);
    assertTrue(refused.getMessage().contains("adapter_config.json"), refused.getMessage());
  }
}
