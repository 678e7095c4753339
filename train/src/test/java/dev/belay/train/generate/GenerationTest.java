package dev.belay.train.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.util.OptionalLong;
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
              new Parameters.Initialization(name -> false, 0.02, 1), variable -> true, false)
          .forEvaluation();

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
                new Seq2SeqSpec.Relative(8, 20),
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
    check("gpt2_tiny", () -> new DecoderTokens(gpt2Runner, gpt2, prompts(), POSITIONS));
  }

  /** One example has padding; it is read once for all that is written about it. */
  @Test
  void anEncoderWithADecoderWritesAsInPython() throws IOException {
    Map<String, Npz.Array> arrays = Npz.read(Fixtures.path("t5_tiny", "goldens.npz"));
    BatchColumn.IntMatrix ids =
        new BatchColumn.IntMatrix(4, 16, arrays.get("batch/input_ids").ints());
    BatchColumn.IntMatrix mask =
        new BatchColumn.IntMatrix(4, 16, arrays.get("batch/attention_mask").ints());
    check(
        "t5_tiny",
        () -> new Seq2SeqTokens(t5Runner, t5, new Seq2SeqTokens.Read(ids, mask), 0, 1000));
  }

  /** A batch that is read anew. */
  private interface Begun {
    NextTokens begin() throws IOException;
  }

  private static void check(String fixture, Begun begun) throws IOException {
    JsonNode cases = golden(fixture).get("cases");
    assertTrue(cases.size() > 10, "hardly any case");
    for (JsonNode golden : cases) {
      try (NextTokens model = begun.begin()) {
        List<List<GeneratedSequence>> written = search(golden).write(model, 0);
        for (int example = 0; example < written.size(); example++) {
          JsonNode expected = golden.get("written").get(example);
          assertEquals(expected.size(), written.get(example).size());
          for (int answer = 0; answer < expected.size(); answer++) {
            GeneratedSequence text = written.get(example).get(answer);
            assertArrayEquals(
                ints(expected.get(answer)), text.all(), golden + ", example " + example);
          }
        }
      }
    }
  }

  private static TokenSearch search(JsonNode golden) {
    Set<Integer> end = Set.of(golden.get("eos").asInt());
    Limits limits = new Limits(golden.get("max_new_tokens").asInt(), end);
    List<ScoreRule> rules = new ArrayList<>();
    if (golden.has("repetition_penalty")) {
      rules.add(new ScoreRule.RepetitionPenalty(golden.get("repetition_penalty").asDouble()));
    }
    if (golden.has("no_repeat_ngram_size")) {
      rules.add(new ScoreRule.NoRepeatedNgram(golden.get("no_repeat_ngram_size").asInt()));
    }
    if (golden.has("bad_words_ids")) {
      List<List<Integer>> banned = new ArrayList<>();
      golden.get("bad_words_ids").forEach(word -> banned.add(list(word)));
      rules.add(new ScoreRule.Banned(banned));
    }
    if (golden.has("min_new_tokens")) {
      rules.add(new ScoreRule.Minimum(0, golden.get("min_new_tokens").asInt(), end));
    }
    if (golden.has("forced_eos_token_id")) {
      rules.add(new ScoreRule.ForcedLast(end, limits));
    }
    if (golden.has("suppress_tokens")) {
      rules.add(new ScoreRule.Excluded(Set.copyOf(list(golden.get("suppress_tokens")))));
      rules.add(
          new ScoreRule.ExcludedFirst(
              Set.copyOf(list(golden.get("begin_suppress_tokens"))), false));
    }
    TokenSearch.Choice choice =
        new TokenSearch.Choice(
            limits, rules, OptionalLong.empty(), golden.path("num_return_sequences").asInt(1));
    BeamSearch.Stopping stopping =
        switch (golden.path("early_stopping").asText("false")) {
          case "true" -> BeamSearch.Stopping.EARLY;
          case "never" -> BeamSearch.Stopping.NEVER;
          default -> BeamSearch.Stopping.USUAL;
        };
    int beams = golden.get("beams").asInt();
    return beams == 1
        ? new StepwiseSearch(choice)
        : new BeamSearch(choice, beams, golden.get("length_penalty").asDouble(), stopping);
  }

  private static List<Integer> list(JsonNode array) {
    return Arrays.stream(ints(array)).boxed().toList();
  }

  private static TokenSearch likeliest(Limits limits, int beams) {
    TokenSearch.Choice choice = TokenSearch.Choice.likeliest(limits);
    return beams == 1
        ? new StepwiseSearch(choice)
        : new BeamSearch(choice, beams, 1, BeamSearch.Stopping.USUAL);
  }

  /** The probability of a text is that of its tokens one by one, however it was found. */
  @Test
  void aTextIsAsProbableAsItsTokens() throws IOException {
    Limits limits = new Limits(5, Set.of());
    List<int[]> prompt = List.of(prompts().get(0));
    for (int beams : new int[] {1, 3}) {
      try (NextTokens searched = new DecoderTokens(gpt2Runner, gpt2, prompt, POSITIONS);
          NextTokens model = new DecoderTokens(gpt2Runner, gpt2, prompt, POSITIONS)) {
        GeneratedSequence text = likeliest(limits, beams).write(searched, 0).get(0).get(0);
        double expected = 0;
        NextTokens.Logits logits = model.first();
        for (int token : text.tokens()) {
          expected += logits.logProbability(0, token);
          logits = model.next(new int[] {0}, new int[] {token});
        }
        assertEquals(expected, text.logProbability(), 1e-4);
      }
    }
  }

  /** A table of positions has an end, and a text stops there. */
  @Test
  void aTextStopsAtTheLastPosition() throws IOException {
    List<int[]> prompts = List.of(new int[30], new int[POSITIONS], new int[2]);
    for (int beams : new int[] {1, 2}) {
      try (NextTokens model = new DecoderTokens(gpt2Runner, gpt2, prompts, POSITIONS)) {
        List<GeneratedSequence> written =
            likeliest(new Limits(7, Set.of()), beams).write(model, 0).stream()
                .map(texts -> texts.get(0))
                .toList();
        assertEquals(List.of(2, 0, 7), written.stream().map(text -> text.tokens().length).toList());
        assertTrue(written.get(0).end().isEmpty());
      }
    }
  }

  /**
   * A cached step computes what a pass over the whole text does, also for rows in another order.
   */
  @Test
  void aStepGoesOnFromTheStateOfItsRow() throws IOException {
    List<int[]> prompts = prompts();
    int[] rows = {3, 0, 0, 2};
    int[] added = {5, 6, 7, 8};
    List<int[]> longer = new ArrayList<>();
    for (int i = 0; i < rows.length; i++) {
      int[] prompt = prompts.get(rows[i]);
      int[] text = Arrays.copyOf(prompt, prompt.length + 1);
      text[prompt.length] = added[i];
      longer.add(text);
    }
    try (NextTokens step = new DecoderTokens(gpt2Runner, gpt2, prompts, POSITIONS);
        NextTokens whole = new DecoderTokens(gpt2Runner, gpt2, longer, POSITIONS)) {
      step.first();
      assertArrayEquals(whole.first().values(), step.next(rows, added).values(), 1e-5f);
    }
  }

  /** Draws are those of the seed, in whichever batch an example is, and differ between answers. */
  @Test
  void aSeedDrawsTheSameTexts() throws IOException {
    TokenSearch search =
        new StepwiseSearch(
            new TokenSearch.Choice(new Limits(6, Set.of()), List.of(), OptionalLong.of(7), 3));
    try (NextTokens all = new DecoderTokens(gpt2Runner, gpt2, prompts(), POSITIONS);
        NextTokens last =
            new DecoderTokens(gpt2Runner, gpt2, List.of(prompts().get(3)), POSITIONS)) {
      List<List<Integer>> drawn = texts(search.write(all, 0).get(3));
      assertEquals(drawn, texts(search.write(last, 3).get(0)));
      assertEquals(3, Set.copyOf(drawn).size());
    }
  }

  private static List<List<Integer>> texts(List<GeneratedSequence> answers) {
    return answers.stream().map(text -> Arrays.stream(text.tokens()).boxed().toList()).toList();
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
