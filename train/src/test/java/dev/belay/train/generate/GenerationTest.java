package dev.belay.train.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.graph.EvaluationStep;
import dev.belay.graph.ForwardPass;
import dev.belay.graph.decoder.DecoderModel;
import dev.belay.graph.decoder.DecoderSpec;
import dev.belay.graph.forward.ForwardCall;
import dev.belay.graph.forward.ForwardModel;
import dev.belay.graph.forward.LayeredForward;
import dev.belay.graph.layer.Activation;
import dev.belay.graph.layer.Parameters;
import dev.belay.graph.loss.SparseSoftmaxCrossEntropy;
import dev.belay.graph.seq2seq.Seq2SeqModel;
import dev.belay.graph.seq2seq.Seq2SeqSpec;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.Npz;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.weights.WeightReader;
import dev.belay.train.config.MachineConfig;
import dev.belay.train.data.batch.BatchColumn;
import dev.belay.train.step.StepRunner;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;

/** What is written is what Hugging Face's {@code generate} writes with the same weights. */
class GenerationTest {
  private static final int POSITIONS = 32;
  private static final LayeredForward.Options RESTORED =
      new LayeredForward.Options(
          new Parameters.Initialization(name -> false, 0.02, 1), variable -> true, false);

  private static Graph gpt2Graph;
  private static Graph t5Graph;
  private static ForwardModel gpt2;
  private static ForwardModel t5;
  private static StepRunner gpt2Runner;
  private static StepRunner t5Runner;

  @BeforeAll
  static void build() throws IOException {
    gpt2Graph = new Graph();
    gpt2 =
        DecoderModel.build(
            gpt2Graph,
            new DecoderSpec(
                new DecoderSpec.Sizes(256, 32, 2, 4, 128, POSITIONS),
                DecoderSpec.Scaling.BY_ROOT,
                DecoderSpec.Output.of(DecoderSpec.Words.TIED),
                Activation.GELU_TANH,
                1e-5,
                new DecoderSpec.Rates(0, 0, 0)),
            RESTORED);
    gpt2Runner = runner(gpt2Graph, gpt2, "gpt2_tiny");
    t5Graph = new Graph();
    t5 =
        Seq2SeqModel.build(
            t5Graph,
            new Seq2SeqSpec(
                new Seq2SeqSpec.Sizes(256, 32, 2, 2, 4, 8, 64),
                new Seq2SeqSpec.Positions(8, 20),
                Seq2SeqSpec.FeedForward.RELU,
                Seq2SeqSpec.Output.TIED,
                1e-6,
                0),
            RESTORED);
    t5Runner = runner(t5Graph, t5, "t5_tiny");
  }

  @AfterAll
  static void close() {
    gpt2Runner.close();
    t5Runner.close();
    gpt2Graph.close();
    t5Graph.close();
  }

  private static StepRunner runner(Graph graph, ForwardModel model, String fixture)
      throws IOException {
    ForwardCall call = model.call(LayeredForward.EVALUATION);
    EvaluationStep evaluation =
        EvaluationStep.build(
            graph,
            new ForwardPass(call, call.output("logits")),
            Optional.empty(),
            new SparseSoftmaxCrossEntropy());
    StepRunner runner =
        StepRunner.forEvaluation(
            graph,
            evaluation,
            new StepRunner.Weights(List.of(model.variables()), List.of()),
            MachineConfig.defaults());
    NamedTensors weights =
        WeightReader.read(Fixtures.path(fixture).resolve("model.safetensors")).canonical();
    runner.assign(runner.weights(), variable -> weights.pieces(variable.name()));
    return runner;
  }

  /** Prompts of different lengths, all in one batch. */
  @Test
  void aDecoderGoesOnAsInPython() throws IOException {
    check("gpt2_tiny", new DecoderTokens(gpt2Runner, gpt2, prompts(), POSITIONS));
  }

  /** One example has padding; it is read once for all that is written about it. */
  @Test
  void anEncoderWithADecoderWritesAsInPython() throws IOException {
    Map<String, Npz.Array> arrays = Npz.read(Fixtures.path("t5_tiny", "goldens.npz"));
    BatchColumn.IntMatrix ids =
        new BatchColumn.IntMatrix(4, 16, arrays.get("batch/input_ids").ints());
    BatchColumn.IntMatrix mask =
        new BatchColumn.IntMatrix(4, 16, arrays.get("batch/attention_mask").ints());
    check("t5_tiny", new Seq2SeqTokens(t5Runner, t5, new Seq2SeqTokens.Read(ids, mask), 0));
  }

  private static void check(String fixture, NextTokens model) throws IOException {
    JsonNode cases = golden(fixture).get("cases");
    assertTrue(cases.size() > 10, "hardly any case");
    for (JsonNode golden : cases) {
      int end = golden.get("eos").asInt();
      Limits limits = new Limits(golden.get("max_new_tokens").asInt(), Set.of(end));
      TokenSearch search =
          TokenSearch.of(
              limits, golden.get("beams").asInt(), golden.get("length_penalty").asDouble());
      List<GeneratedSequence> written = search.write(model);
      for (int example = 0; example < written.size(); example++) {
        GeneratedSequence text = written.get(example);
        int[] found = Arrays.copyOf(text.tokens(), text.tokens().length + (text.ended() ? 1 : 0));
        if (text.ended()) {
          found[found.length - 1] = end;
        }
        assertArrayEquals(
            ints(golden.get("written").get(example)), found, search + ", example " + example);
      }
    }
  }

  /** The probability of a text is that of its tokens one by one, however it was found. */
  @Test
  void aTextIsAsProbableAsItsTokens() throws IOException {
    Limits limits = new Limits(5, Set.of());
    for (int beams : new int[] {1, 3}) {
      NextTokens model = new DecoderTokens(gpt2Runner, gpt2, prompts(), POSITIONS);
      GeneratedSequence text = TokenSearch.of(limits, beams, 1).write(model).get(0);
      double expected = 0;
      PartialSequence begun = new PartialSequence(0, prompts().get(0));
      for (int token : text.tokens()) {
        NextTokens.Logits logits = model.after(List.of(begun));
        expected += logits.at(0, token) - logits.total(0);
        begun = begun.with(token);
      }
      assertEquals(expected, text.logProbability(), 1e-4);
    }
  }

  /** A table of positions has an end, and a text stops there. */
  @Test
  void aTextStopsAtTheLastPosition() throws IOException {
    List<int[]> prompts = List.of(new int[30], new int[POSITIONS], new int[2]);
    NextTokens model = new DecoderTokens(gpt2Runner, gpt2, prompts, POSITIONS);
    for (int beams : new int[] {1, 2}) {
      List<GeneratedSequence> written =
          TokenSearch.of(new Limits(7, Set.of()), beams, 1).write(model);
      assertEquals(List.of(2, 0, 7), written.stream().map(text -> text.tokens().length).toList());
      assertFalse(written.get(0).ended());
    }
  }

  @Test
  void promptsThatDoNotFitAreRefused() {
    assertEquals(
        "A decoder needs a prompt of at least one token and at most 32, as many as it has "
            + "positions for; prompt 2 has 33.",
        refused(List.of(new int[1], new int[33])));
    assertEquals(
        "A decoder needs a prompt of at least one token and at most 32, as many as it has "
            + "positions for; prompt 1 has 0.",
        refused(List.of(new int[0])));
    assertEquals(
        "A text needs room for at least one new token; found 0.",
        assertThrows(IllegalArgumentException.class, () -> new Limits(0, Set.of())).getMessage());
  }

  private static String refused(List<int[]> prompts) {
    return assertThrows(
            IllegalArgumentException.class,
            () -> new DecoderTokens(gpt2Runner, gpt2, prompts, POSITIONS))
        .getMessage();
  }

  private static JsonNode golden(String fixture) throws IOException {
    return Fixtures.json(Fixtures.path(fixture, "generation.json"));
  }

  private static List<int[]> prompts() throws IOException {
    List<int[]> prompts = new ArrayList<>();
    golden("gpt2_tiny").get("prompts").forEach(prompt -> prompts.add(ints(prompt)));
    return prompts;
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asInt();
    }
    return values;
  }
}
