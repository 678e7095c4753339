package dev.belay.savedmodel.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.UnsupportedModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each model in a format of others is named, with the line that goes on. */
final class ForeignFormatTest {
  @TempDir Path folder;

  private Path write(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, content);
  }

  private String refused() {
    return assertThrows(
            UnsupportedModelException.class, () -> WeightFinder.find(folder, Optional.empty()))
        .getMessage();
  }

  private void assertRefused(String... parts) {
    String message = refused();
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }

  @ParameterizedTest
  @CsvSource({"pytorch_model.bin", "pytorch_model-00001-of-00002.bin"})
  void weightsOfPyTorchAreConvertedByOneLine(String name) throws IOException {
    write("config.json", "{}");
    write("training_args.bin", "PK\3\4");
    write(name, "PK\3\4");
    assertRefused(
        "it holds " + name + ": weights that PyTorch pickled",
        "python -c \"import glob, torch; from safetensors.torch import save_file;",
        "glob.glob('" + folder.resolve("pytorch_model*.bin") + "')",
        folder.resolve("model.safetensors").toString());
  }

  @Test
  void aCheckpointOfLightningHasAStateOfItsOwn() throws IOException {
    write("epoch=3.ckpt", "PK\3\4");
    assertRefused("it holds epoch=3.ckpt", "weights_only=True)['state_dict'].items()");
  }

  @Test
  void aFolderOfSentenceTransformersNamesItsTransformer() throws IOException {
    write("modules.json", "[]");
    write("0_Transformer/config.json", "{}");
    assertRefused(
        "a sentence-transformers folder (modules.json)",
        "name " + folder.resolve("0_Transformer"),
        "the modules Pooling, Dense and Normalize are not read");
  }

  @Test
  void aTransformerBelowIsFoundWithItsWeights() throws IOException {
    write(
        "modules.json",
        """
        [{"path": "0_Transformer", "type": "sentence_transformers.models.Transformer"},
         {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]
        """);
    write("0_Transformer/config.json", "{}");
    write("0_Transformer/model.safetensors", "weights");
    WeightLocation found = WeightFinder.find(folder, Optional.empty());
    assertEquals(folder.resolve("0_Transformer/model.safetensors"), found.path());
    String note = SentenceTransformers.note(found.folder()).orElseThrow();
    assertTrue(note.contains("its transformer is used, and its modules Pooling are not"), note);
  }

  @ParameterizedTest
  @CsvSource({"pytorch_model.bin", "flax_model.msgpack"})
  void missingShardsAreNamed(String name) throws IOException {
    write("config.json", "{}");
    write(
        name + ".index.json",
        "{\"weight_map\": {\"a\": \"part-1\", \"b\": \"part-2\", \"c\": \"part-2\"}}");
    write("part-1", "weights");
    assertRefused(name + ".index.json names files that are missing: part-2, so download");
  }

  @ParameterizedTest
  @CsvSource({"model.safetensors, safetensors", "tf_model.h5, h5"})
  void missingFilesOfAnIndexAreNamed(String name, String suffix) throws IOException {
    String files = "{\"weight_map\": {\"a\": \"m-1.%1$s\", \"b\": \"m-2.%1$s\"}}";
    Path index = write(name + ".index.json", files.formatted(suffix));
    CorruptModelException refused =
        assertThrows(CorruptModelException.class, () -> WeightReader.read(index));
    assertEquals(
        index
            + (": weight_map: expected its 2 files beside it, found 2 missing: m-1.%1$s, m-2.%1$s;"
                    + " download them too, or all of the folder again")
                .formatted(suffix),
        refused.getMessage());
  }

  @Test
  void filesOfAnH5NeedTheirIndex() throws IOException {
    write("config.json", "{}");
    write("tf_model-00001-of-00002.h5", "");
    assertRefused("tf_model.h5 in several files without tf_model.h5.index.json", "download it too");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model.keras|keras.models.load_model(",
        "flax_model.msgpack|from_flax=True",
        "model.onnx|ONNX, a format to run models in, not to train them",
        "model.gguf|GGUF, a format to run models in, not to train them",
        "model.tflite|TFLITE, a format to run models in, not to train them",
        "model.zip|an archive; unpack it and name the folder: unzip ",
        "model.tar.gz|an archive; unpack it and name the folder: tar -xf "
      })
  void otherFormatsAreNamed(String name, String said) throws IOException {
    write(name, "content");
    assertRefused("it holds " + name + ": ", said);
  }

  @Test
  void anAdapterIsMergedFirst() throws IOException {
    write("adapter_config.json", "{}");
    write("adapter_model.bin", "PK\3\4");
    assertRefused("an adapter (adapter_config.json", "this folder with --adapter ");
  }

  @Test
  void quantisedWeightsAreRefused() throws IOException {
    write("config.json", "{\"quantization_config\": {}}");
    write("model.safetensors", "8 bits");
    assertRefused("the weights are quantised", "dequantize()");
  }

  @ParameterizedTest
  @CsvSource({"model.safetensors", "tf_model.h5", "saved_model.pb", "pytorch_model.bin"})
  void aPointerOfGitLfsIsNoModel(String name) throws IOException {
    write(name, "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 438\n");
    assertRefused(folder.resolve(name) + ": content: a pointer of git-lfs", "git lfs pull");
  }

  @Test
  void emptyFoldersAndFoldersOfModelsAreTold() throws IOException {
    assertRefused("the folder is empty; was the download finished?");
    write("english/config.json", "{}");
    write("german/saved_model.pb", "");
    assertRefused(
        "a model lies further below; name its folder: "
            + folder.resolve("english")
            + ", "
            + folder.resolve("german"));
  }

  @Test
  void namesOfTheHubAndAddressesAreNoFolders() throws IOException {
    assertTrue(
        ForeignFormat.describe(Path.of("google/bert-base"))
            .orElseThrow()
            .endsWith("or the name of a model of the Hugging Face hub, ORGANISATION/MODEL"));
    String commit = "0123456789abcdef0123456789abcdef01234567";
    assertTrue(
        ForeignFormat.describe(Path.of("/c/models--google--bert/snapshots/" + commit))
            .orElseThrow()
            .contains("`belay inspect google/bert --model-revision " + commit + "` downloads it"));
    assertTrue(
        ForeignFormat.describe(Path.of("https://example.org/model"))
            .orElseThrow()
            .startsWith("an address, and Belay reads files of this machine only"));
  }

  @Test
  void whatIsOursIsLeftAlone() throws IOException {
    Path other = write("notes/weights.txt", "text");
    assertEquals(Optional.empty(), ForeignFormat.describe(other));
  }
}
