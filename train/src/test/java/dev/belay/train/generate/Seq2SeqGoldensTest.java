package dev.belay.train.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.belay.graph.EvaluationStep;
import dev.belay.graph.ForwardPass;
import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.LayeredForward;
import dev.belay.graph.forward.TensorNames;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.loss.SparseSoftmaxCrossEntropy;
import dev.belay.graph.seq2seq.Seq2SeqModel;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.configuration.ConfigurationReader;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.weights.WeightReader;
import dev.belay.train.config.MachineConfig;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.family.EncoderFamily;
import dev.belay.train.family.Seq2SeqFamily;
import dev.belay.train.step.StepRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.Graph;

/** BART and mBART compute and write what Hugging Face's PyTorch classes do. */
class Seq2SeqGoldensTest {
  private static final LayeredForward.Options RESTORED =
      new LayeredForward.Options(
              new Parameters.Initialization(name -> false, 0.02, 1), variable -> true, false)
          .forEvaluation();

  @ParameterizedTest
  @ValueSource(strings = {"bart", "bart_scaled", "mbart"})
  void asPyTorch(String name) throws IOException {
    Path fixture = Fixtures.path("seq2seq", name);
    JsonNode golden = Fixtures.json(fixture.resolve("goldens.json"));
    ModelConfiguration configuration =
        ConfigurationReader.read(fixture.resolve("model/config.json"));
    NamedTensors weights =
        WeightReader.read(fixture.resolve("model/model.safetensors")).canonical();
    ArrayNode rows = rows(fixture.resolve("batch.jsonl"));
    try (Graph graph = new Graph()) {
      ForwardModel model =
          Seq2SeqModel.build(
              graph,
              Seq2SeqFamily.spec(
                  configuration, EncoderFamily.activation(configuration, false), weights),
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
        BatchColumn.IntMatrix ids = column(rows, "input_ids");
        BatchColumn.IntMatrix mask = column(rows, "attention_mask");
        Map<String, BatchColumn> batch =
            Map.of(
                TensorNames.INPUT_IDS,
                ids,
                TensorNames.ATTENTION_MASK,
                mask,
                TensorNames.DECODER_INPUT_IDS,
                matrix(golden.get("decoder_input_ids")));
        float[] found = runner.ask(call, batch, TensorNames.LOGITS).logits();
        compare(golden, found, column(rows, "labels").values());
        writes(golden, new Seq2SeqTokens.Read(ids, mask), runner, model, configuration);
      }
    }
  }

  private static void compare(JsonNode golden, float[] found, int[] labels) {
    int words = golden.get("logits").get(0).size();
    int token = 0;
    for (JsonNode expected : golden.get("logits")) {
      while (labels[token] < 0) {
        token++;
      }
      float[] right = new float[words];
      for (int i = 0; i < words; i++) {
        right[i] = expected.get(i).floatValue();
      }
      assertArrayEquals(right, Arrays.copyOfRange(found, token * words, ++token * words), 1e-5f);
    }
  }

  private static void writes(
      JsonNode golden,
      Seq2SeqTokens.Read read,
      StepRunner runner,
      ForwardModel model,
      ModelConfiguration configuration) {
    int start = configuration.generationStart().getAsInt();
    Limits limits = new Limits(8, configuration.endIds());
    List<ScoreRule> rules = rules(configuration, limits);
    TokenSearch.Choice choice = new TokenSearch.Choice(limits, rules, OptionalLong.empty(), 1);
    for (TokenSearch search :
        List.of(
            new StepwiseSearch(choice), new BeamSearch(choice, 3, 1, BeamSearch.Stopping.USUAL))) {
      String beams = search instanceof StepwiseSearch ? "1" : "3";
      try (NextTokens next = new Seq2SeqTokens(runner, model, read, start, 17)) {
        List<List<GeneratedSequence>> written = search.write(next, 0);
        for (int i = 0; i < written.size(); i++) {
          int[] right = ints(golden.get("written").get(beams).get(i));
          assertEquals(
              Arrays.toString(right),
              Arrays.toString(written.get(i).get(0).all()),
              beams + " " + i);
        }
      }
    }
  }

  /** The forced tokens of the file, in the order of generate. */
  private static List<ScoreRule> rules(ModelConfiguration configuration, Limits limits) {
    List<ScoreRule> rules = new ArrayList<>();
    configuration
        .number("forced_bos_token_id")
        .ifPresent(id -> rules.add(new ScoreRule.ForcedFirst(id.intValue())));
    configuration
        .number("forced_eos_token_id")
        .ifPresent(id -> rules.add(new ScoreRule.ForcedLast(Set.of(id.intValue()), limits)));
    return rules;
  }

  private static ArrayNode rows(Path file) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ArrayNode rows = json.createArrayNode();
    for (String line : Files.readAllLines(file)) {
      rows.add(json.readTree(line));
    }
    return rows;
  }

  private static BatchColumn.IntMatrix column(ArrayNode rows, String name) {
    ArrayNode column = rows.arrayNode();
    rows.forEach(row -> column.add(row.get(name)));
    return matrix(column);
  }

  private static BatchColumn.IntMatrix matrix(JsonNode rows) {
    List<int[]> values = new ArrayList<>();
    rows.forEach(row -> values.add(ints(row)));
    return new BatchColumn.IntMatrix(
        values.size(),
        values.get(0).length,
        values.stream().flatMapToInt(Arrays::stream).toArray());
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asInt();
    }
    return values;
  }
}
