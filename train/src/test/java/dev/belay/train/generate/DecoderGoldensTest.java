package dev.belay.train.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.graph.EvaluationStep;
import dev.belay.graph.ForwardPass;
import dev.belay.graph.decoder.DecoderModel;
import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.LayeredForward;
import dev.belay.graph.forward.TensorNames;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.loss.SparseSoftmaxCrossEntropy;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.configuration.ConfigurationReader;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.weights.WeightReader;
import dev.belay.train.config.MachineConfig;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.family.DecoderFamily;
import dev.belay.train.family.EncoderFamily;
import dev.belay.train.step.StepRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;

/** Llama, its relatives and GPT-NeoX compute and write what Hugging Face's PyTorch classes do. */
class DecoderGoldensTest {
  private static final LayeredForward.Options RESTORED =
      new LayeredForward.Options(
              new Parameters.Initialization(name -> false, 0.02, 1), variable -> true, false)
          .forEvaluation();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama",
        "smollm",
        "linear",
        "dynamic",
        "llama3",
        "yarn",
        "mistral",
        "qwen2",
        "neox",
        "neox_in_turn"
      })
  void asPyTorch(String name) throws IOException {
    Path fixture = Fixtures.path("decoders", name);
    JsonNode golden = Fixtures.json(fixture.resolve("goldens.json"));
    ModelConfiguration configuration =
        ConfigurationReader.read(fixture.resolve("model/config.json"));
    NamedTensors weights =
        WeightReader.read(fixture.resolve("model/model.safetensors")).canonical();
    try (Graph graph = new Graph()) {
      ForwardModel model =
          DecoderModel.build(
              graph,
              DecoderFamily.spec(
                  configuration,
                  EncoderFamily.activation(configuration, false),
                  DecoderFamily.words(configuration, weights)),
              RESTORED);
      ForwardCall call = model.call(LayeredForward.EVALUATION);
      EvaluationStep evaluation =
          EvaluationStep.build(
              graph,
              new ForwardPass(call, call.output(TensorNames.LOGITS)),
              Optional.empty(),
              new SparseSoftmaxCrossEntropy());
      try (StepRunner runner =
          StepRunner.forEvaluation(
              graph,
              evaluation,
              new StepRunner.Weights(List.of(model.variables()), List.of()),
              MachineConfig.defaults())) {
        runner.assign(runner.weights(), variable -> weights.pieces(variable.name()));
        Map<String, BatchColumn> batch = batch(fixture.resolve("batch.jsonl"));
        float[] found = runner.ask(call, batch, TensorNames.LOGITS).logits();
        int words = configuration.sizes().vocabulary();
        int[] mask = ((BatchColumn.IntMatrix) batch.get(TensorNames.ATTENTION_MASK)).values();
        int token = 0;
        for (JsonNode expected : golden.get("logits")) {
          while (mask[token] == 0) {
            token++;
          }
          assertArrayEquals(
              floats(expected), Arrays.copyOfRange(found, token * words, ++token * words), 1e-5f);
        }
        for (JsonNode text : golden.get("texts")) {
          writes(List.of(text), runner, model);
        }
        List<JsonNode> all = new ArrayList<>();
        golden.get("texts").forEach(all::add);
        writes(all, runner, model); // prompts of two lengths: one is padded
      }
    }
  }

  private static void writes(List<JsonNode> goldens, StepRunner runner, ForwardModel model) {
    if (goldens.isEmpty()) {
      return;
    }
    List<int[]> prompts = goldens.stream().map(golden -> ints(golden.get("prompt"))).toList();
    TokenSearch search = new StepwiseSearch(TokenSearch.Choice.likeliest(new Limits(8, Set.of(2))));
    try (NextTokens next = new DecoderTokens(runner, model, prompts, 1000)) {
      List<List<GeneratedSequence>> written = search.write(next, 0);
      for (int i = 0; i < goldens.size(); i++) {
        List<Integer> expected = new ArrayList<>();
        for (int token : ints(goldens.get(i).get("text"))) {
          if (token != 2) { // the end, which Belay leaves out
            expected.add(token);
          }
        }
        assertEquals(expected, Arrays.stream(written.get(i).get(0).tokens()).boxed().toList());
      }
    }
  }

  /** Rows that are as long as each other, with their padding. */
  private static Map<String, BatchColumn> batch(Path file) throws IOException {
    List<int[]> ids = new ArrayList<>();
    List<int[]> mask = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      JsonNode row = new ObjectMapper().readTree(line);
      ids.add(ints(row.get("input_ids")));
      mask.add(ints(row.get("attention_mask")));
    }
    return Map.of(TensorNames.INPUT_IDS, matrix(ids), TensorNames.ATTENTION_MASK, matrix(mask));
  }

  private static BatchColumn.IntMatrix matrix(List<int[]> rows) {
    int[] values = rows.stream().flatMapToInt(Arrays::stream).toArray();
    return new BatchColumn.IntMatrix(rows.size(), rows.get(0).length, values);
  }

  private static float[] floats(JsonNode row) {
    float[] values = new float[row.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = row.get(i).floatValue();
    }
    return values;
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asInt();
    }
    return values;
  }
}
