package dev.belay.tools.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.safetensors.SafetensorsReader;
import dev.belay.savedmodel.safetensors.SafetensorsWriter;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/**
 * Folders of Hugging Face whose configuration says something unusual: Belay gives PyTorch's
 * numbers, or names what it does not compute.
 */
class FamilySettingsTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "albert_relative_key_query",
        "bert_causal",
        "bert_relative_key",
        "bert_relative_key_query_causal",
        "camembert",
        "distilbert_sinusoids",
        "electra_own_output",
        "gpt2_classes",
        "gpt2_own_output",
        "gpt2_tokens",
        "gpt_neox_classes",
        "gpt_neox_old_keys",
        "gpt_neox_tokens",
        "llama_classes",
        "llama_old_keys",
        "mistral_labels",
        "mt5",
        "qwen2_regression",
        "roberta_own_output",
        "t5_gated_silu",
        "t5_unscaled",
        "xlm_roberta"
      })
  void asPyTorch(String name) throws IOException {
    assertEquals(Verdict.EQUAL, new CaseRun(Fixtures.path("family_settings", name)).run());
  }

  /** ModernBERTs whose texts are longer than what local layers see; DeBERTas of all versions. */
  static Stream<String> encodersOfPyTorch() {
    return Stream.of("modernbert", "deberta").flatMap(family -> Fixtures.within(family).stream());
  }

  static Stream<String> modelsThatComeBack() {
    return Stream.concat(
        encodersOfPyTorch(), Stream.of("seq2seq/bart_classes", "seq2seq/mbart_answers"));
  }

  /** Logits and losses to 1e-5. */
  @ParameterizedTest
  @MethodSource("encodersOfPyTorch")
  void encodersAsPyTorch(String name) throws IOException {
    assertEquals(Verdict.EQUAL, new CaseRun(Fixtures.path(name)).run());
  }

  /**
   * Classes of texts and answers in texts by BART and mBART, whose decoders read the text again.
   */
  @ParameterizedTest
  @ValueSource(strings = {"bart_classes", "mbart_classes", "bart_answers", "mbart_answers"})
  void headsOfBartAsPyTorch(String name) throws IOException {
    Path fixture = Fixtures.path("seq2seq", name);
    try (Stream<Path> files = Files.walk(fixture)) {
      for (Path file : files.toList()) {
        Files.copy(
            file,
            folder.resolve(fixture.relativize(file).toString()),
            StandardCopyOption.REPLACE_EXISTING);
      }
    }
    assertEquals(Verdict.EQUAL, new CaseRun(folder).run());
  }

  /** Python's classes refuse a batch of texts that have the token unequally often. */
  @Test
  void classesOfBartNeedEquallyManyEnds() throws IOException {
    Path model = Fixtures.path("seq2seq", "bart_classes", "model");
    Path rows = folder.resolve("rows.jsonl");
    for (String second : List.of("[0, 6, 7]", "[0, 2, 7, 2]")) {
      Files.writeString(rows, "{\"input_ids\": [0, 5, 2]}\n{\"input_ids\": " + second + "}\n");
      ProgramRun run =
          ProgramRun.of(List.of("predict", "--model", model.toString(), "--file", rows.toString()));
      assertEquals(3, run.code(), run.err());
      assertTrue(
          run.err().contains("rows.jsonl:2: expected the token with the id 2 (eos_token_id) 1"),
          run.err());
    }
  }

  @ParameterizedTest
  @MethodSource("modelsThatComeBack")
  void modelsComeBackBitByBit(String name) throws IOException {
    Path model = Fixtures.path(name).resolve("model");
    ProgramRun run =
        ProgramRun.of(
            List.of(
                "convert",
                model.toString(),
                folder.resolve("back").toString(),
                "--to=huggingface"));
    assertEquals(0, run.code(), run.err());
    assertEquals(
        -1,
        Files.mismatch(
            model.resolve("model.safetensors"), folder.resolve("back/model.safetensors")));
    assertEquals(
        Fixtures.json(model.resolve("config.json")).get("architectures"),
        Fixtures.json(folder.resolve("back/config.json")).get("architectures"));
  }

  /** Tokenizers that begin with blanks and fall back to bytes, and of byte-level BPE. */
  @ParameterizedTest
  @ValueSource(strings = {"llama_4", "llama_4_ends", "llama_5", "qwen2_4", "gpt_neox_5"})
  void tokensAsPython(String name) throws IOException {
    assertEquals(Verdict.EQUAL, new CaseRun(Fixtures.path("decoder_tokenizers", name)).run());
  }

  /** An mBART with its tokenizer, which reads one language and writes another. */
  @Test
  void readsAndWritesLanguagesAsPython() throws IOException {
    assertEquals(Verdict.EQUAL, new CaseRun(Fixtures.path("seq2seq", "mbart_texts")).run());
  }

  /** A key that Belay does not compute, and what the refusal says of it. */
  @ParameterizedTest
  @CsvSource({
    "bert_causal, add_cross_attention, true, 'add_cross_attention'' is true'",
    "bert_causal, hidden_act, prelu, activation 'prelu' is not one that Belay has",
    "bert_causal, architectures, BertForMultipleChoice, it is a BertForMultipleChoice",
    "bert_causal, dtype, float16, names DT_HALF as their type",
    "bert_causal, problem_type, regression, problem_type regression and its head several outputs",
    "gpt2_own_output, tie_word_embeddings, true, set the key to false to use it",
    "llama_classes, architectures, LlamaForTokenClassification, it is a"
        + " LlamaForTokenClassification",
    "t5_unscaled, is_encoder_decoder, false, half of a T5"
  })
  void refusedByName(String name, String key, String value, String said) throws IOException {
    copy(
        name,
        keys -> {
          keys.remove("transformers_version");
          if (key.equals("architectures")) {
            keys.putArray(key).add(value);
          } else if (value.matches("true|false")) {
            keys.put(key, Boolean.parseBoolean(value));
          } else {
            keys.put(key, value);
          }
        });
    refused(said.replace("''", "'"));
  }

  @Test
  void unknownPartsOfTheModelAreRefusedUnlessTheyAreIgnored() throws IOException {
    copy("bert_causal", keys -> {});
    add("bert.encoder.layer.0.extra.weight", "my_own_head.weight");
    refused(
        "1 tensors are named as parts of the model, and Belay's graph of bert has no such parts:"
            + " [bert.encoder.layer.0.extra.weight]");
    ProgramRun run = predict("--ignore-weights", "extra");
    assertEquals(0, run.code(), run.err());
    assertTrue(
        run.err().contains("left out, by --ignore-weights: [bert.encoder.layer.0.extra.weight]"),
        run.err());
    assertTrue(
        run.err().contains("tensors that no table of names knows, left out: [my_own_head.weight]"),
        run.err());
  }

  /** A random layer in the middle of a model's own head would answer at random. */
  @Test
  void aHeadThatLacksALayerIsRefused() throws IOException {
    copy("bert_causal", keys -> {});
    ProgramRun run = predict("--ignore-weights", "pooler");
    assertEquals(3, run.code(), run.err());
    assertTrue(run.err().contains("found no bert.pooler.dense among"), run.err());
  }

  @Test
  void unknownKeysAreNamed() throws IOException {
    copy("bert_causal", keys -> keys.put("my_own_key", 3));
    ProgramRun run = predict();
    assertEquals(0, run.code(), run.err());
    assertTrue(
        run.err().contains("keys of config.json that Belay does not know: [my_own_key]"),
        run.err());
  }

  private void copy(String name, Consumer<ObjectNode> change) throws IOException {
    Path fixture = Fixtures.path("family_settings", name);
    Files.createDirectory(folder.resolve("model"));
    for (String file : List.of("in.jsonl", "model/model.safetensors")) {
      Files.copy(fixture.resolve(file), folder.resolve(file));
    }
    JsonNode keys = Fixtures.json(fixture.resolve("model/config.json"));
    change.accept((ObjectNode) keys);
    Files.writeString(
        folder.resolve("model/config.json"), new ObjectMapper().writeValueAsString(keys));
  }

  private void refused(String said) {
    ProgramRun run = predict();
    assertEquals(3, run.code(), run.err());
    assertTrue(run.err().contains(said), run.err());
  }

  private ProgramRun predict(String... more) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("evaluate", "--model", folder.resolve("model").toString()));
    arguments.addAll(List.of("--file", folder.resolve("in.jsonl").toString()));
    arguments.addAll(List.of(more));
    return ProgramRun.of(arguments);
  }

  /** Adds matrices of zeros to the file of weights. */
  private void add(String... names) throws IOException {
    Path file = folder.resolve("model/model.safetensors");
    NamedTensors before = SafetensorsReader.open(file);
    Map<String, ByteBuffer> values = new LinkedHashMap<>();
    Map<String, TensorSpec> specs = new LinkedHashMap<>();
    for (String name : before.names()) {
      specs.put(name, before.spec(name));
      values.put(name, before.read(name));
    }
    for (String name : names) {
      specs.put(name, new TensorSpec(DataType.DT_FLOAT, Shape.of(2, 2)));
      values.put(name, ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN));
    }
    Files.delete(file);
    SafetensorsWriter.writeModel(
        folder.resolve("model"),
        new Held(specs, values),
        Map.of("format", "pt"),
        SafetensorsWriter.DEFAULT_SHARD_BYTES);
  }

  /** Tensors in memory. */
  private record Held(Map<String, TensorSpec> specs, Map<String, ByteBuffer> values)
      implements NamedTensors {
    @Override
    public Set<String> names() {
      return specs.keySet();
    }

    @Override
    public TensorSpec spec(String name) {
      return specs.get(name);
    }

    @Override
    public ByteBuffer read(String name) {
      return values.get(name);
    }

    @Override
    public List<byte[]> readStrings(String name) {
      throw new IllegalStateException("no strings");
    }
  }
}
