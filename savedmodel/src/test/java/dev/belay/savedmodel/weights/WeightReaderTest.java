package dev.belay.savedmodel.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.UnsupportedModelException;
import dev.belay.savedmodel.names.Dialect;
import dev.belay.savedmodel.names.Family;
import dev.belay.savedmodel.tensor.NamedTensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WeightReaderTest {

  /** The same model in every format that it was written in: equal to the last bit. */
  @ParameterizedTest
  @CsvSource({
    "safetensors_bert, safetensors_bert/tf_model.h5",
    "safetensors_bert, safetensors_bert/shards",
    "safetensors_bert, bert_tf1_ckpt/model.ckpt-20",
    "safetensors_bert, bert_tf1_ckpt/sharded.ckpt",
    "gpt2_tiny/model.safetensors, gpt2_tiny/tf_model.h5",
    "gpt2_tiny/model.safetensors, gpt2_tiny/ckpt",
    "gpt2_tiny/model.safetensors, gpt2_tiny/saved_model",
    "t5_tiny/model.safetensors, t5_tiny/tf_model.h5",
    "seq2seq/bart/model/model.safetensors, seq2seq/bart/tf_model.h5",
    "t5_tiny/model.safetensors, t5_tiny/ckpt",
    "model_garden/functional.safetensors, model_garden/functional",
    "model_garden/classifier.safetensors, model_garden/classifier",
    "model_garden/layers.safetensors, model_garden/layers",
    "model_garden/pretrained.safetensors, model_garden/pretrained",
  })
  void theSameModelIsTheSameWhateverTheFile(String one, String other) throws IOException {
    NamedTensors first = WeightReader.read(Fixtures.path("").resolve(one)).canonical();
    NamedTensors second = WeightReader.read(Fixtures.path("").resolve(other)).canonical();
    assertEquals(Set.copyOf(first.names()), Set.copyOf(second.names()));
    assertTrue(first.names().size() > 20);
    for (String name : first.names()) {
      assertEquals(first.spec(name), second.spec(name), name);
      assertEquals(first.read(name), second.read(name), name);
    }
  }

  /** Slots lie as their variables do: [heads, size] and [heads, size, hidden] of attention. */
  @Test
  void slotsOfTheModelGardenAreRead() throws IOException {
    ModelWeights weights = WeightReader.read(Fixtures.path("model_garden").resolve("functional"));
    OptimizerState state = weights.optimizer().orElseThrow();
    assertEquals(OptionalLong.of(1), state.step());
    NamedTensors means = state.slots().get(OptimizerState.MEAN);
    String layer = "bert.encoder.layer.0.attention.";
    FloatBuffer bias = means.read(layer + "self.query.bias").asFloatBuffer();
    FloatBuffer kernel = means.read(layer + "output.dense.weight").asFloatBuffer(); // [out, in]
    assertEquals(8, bias.remaining());
    assertEquals(64, kernel.remaining());
    for (int out = 0; out < 8; out++) {
      assertEquals(0.1f * (out + 1), bias.get(out), 1e-6f);
      for (int in = 0; in < 8; in++) {
        assertEquals(0.1f * (8 * in + out), kernel.get(8 * out + in), 1e-5f);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "savedmodel_hf_bert, BERT, KERAS, 41",
    "savedmodel_tf1/saved_model_ref, BERT, TF1, 25",
    "savedmodel_tf1/saved_model_resource, BERT, TF1, 25",
    "families/albert/saved_model, ALBERT, KERAS, 27",
    "families/distilbert/saved_model, DISTILBERT, KERAS, 24",
    "families/electra/saved_model, ELECTRA, KERAS, 27",
    "families/roberta/saved_model, ROBERTA, KERAS, 25",
  })
  void savedModelsAreNamed(String fixture, Family family, Dialect dialect, int weights)
      throws IOException {
    ModelWeights read = WeightReader.read(Fixtures.path("").resolve(fixture));
    assertEquals(family, read.naming().orElseThrow().family());
    assertEquals(dialect, read.naming().orElseThrow().dialect());
    assertEquals(List.of(), read.leftovers().unknown());
    assertEquals(weights, read.canonical().names().size());
  }

  @ParameterizedTest
  @CsvSource({
    "bert_tf1_ckpt/model.ckpt-20, 20",
    "bert_tf2_ckpt/ckpt_legacy-3, 3",
    "bert_tf2_ckpt/ckpt_experimental-3, 3"
  })
  void slotsAndStepsAreFound(String fixture, long step) throws IOException {
    ModelWeights read = WeightReader.read(Fixtures.path("").resolve(fixture));
    OptimizerState state = read.optimizer().orElseThrow();
    assertEquals(OptionalLong.of(step), state.step());
    assertEquals(Set.of("m", "v"), state.slots().keySet());
    for (NamedTensors slot : state.slots().values()) {
      assertEquals(read.canonical().names(), slot.names());
      for (String name : slot.names()) {
        assertEquals(read.canonical().spec(name), slot.spec(name));
      }
    }
    ByteBuffer velocities = state.slots().get("v").read("bert.pooler.dense.weight");
    while (velocities.hasRemaining()) {
      assertTrue(velocities.getFloat() >= 0);
    }
  }

  @Test
  void buffersAreSetAsideByName() throws IOException {
    ModelWeights read = WeightReader.read(Fixtures.path("safetensors_bert"));
    assertEquals(List.of("bert.embeddings.position_ids"), read.leftovers().buffers());
    assertEquals(WeightFormat.HUGGINGFACE, read.location().format());
    assertEquals(Family.BERT, read.configuration().orElseThrow().family());
    assertEquals(4, read.location().tokenizerFiles().size());
  }

  @Test
  void severalModelsInAFolderAreListed() {
    Path folder = Fixtures.path("bert_tf1_ckpt");
    UnsupportedModelException refused =
        assertThrows(UnsupportedModelException.class, () -> WeightReader.read(folder));
    assertEquals(
        folder
            + ": folder: holds several models; name one of them: tf1: "
            + folder.resolve("bert_model.ckpt")
            + ", tf1: "
            + folder.resolve("model.ckpt-20")
            + ", tf1: "
            + folder.resolve("sharded.ckpt"),
        refused.getMessage());
  }

  @Test
  void nothingIsSaidSo() {
    Path folder = Fixtures.path("tfrecord");
    assertEquals(
        folder
            + ": folder: no weights here; expected a SavedModel, a folder with config.json and"
            + " model.safetensors or tf_model.h5, a .safetensors or .h5 file, or the prefix of a"
            + " checkpoint's .index and .data files",
        assertThrows(UnsupportedModelException.class, () -> WeightReader.read(folder))
            .getMessage());
    assertThrows(NoSuchFileException.class, () -> WeightReader.read(folder.resolve("nothing")));
  }
}
