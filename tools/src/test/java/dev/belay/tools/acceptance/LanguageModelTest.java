package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.Fixtures;
import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Text to language model to text, through the commands. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("long")
final class LanguageModelTest {
  private static final Path VOCABULARY = Fixtures.path("bert_tf1_ckpt", "vocab.txt");
  private static final Path BERT = Fixtures.path("bert_tf1_ckpt").resolve("bert_model.ckpt");

  private Path folder;
  private Path texts;

  @BeforeAll
  void write(@TempDir Path ofClass) throws IOException {
    folder = ofClass;
    texts =
        Files.writeString(
            folder.resolve("texts.txt"), "a b c d e f g h\n\nb c d e f\nc d e f g h i\nd e f g\n");
    Files.writeString(
        folder.resolve("gpt2.json"),
        "{\"model_type\": \"gpt2\", \"vocab_size\": 300, \"n_positions\": 16, \"n_embd\": 16,"
            + " \"n_layer\": 1, \"n_head\": 2, \"activation_function\": \"gelu_new\"}");
    Files.writeString(
        folder.resolve("t5.json"),
        "{\"model_type\": \"t5\", \"vocab_size\": 300, \"d_model\": 16, \"d_kv\": 8, \"d_ff\": 32,"
            + " \"num_layers\": 1, \"num_heads\": 2, \"feed_forward_proj\": \"relu\","
            + " \"decoder_start_token_id\": 0, \"eos_token_id\": 3}");
  }

  private static ProgramRun run(int code, List<String> arguments) {
    ProgramRun run = ProgramRun.of(arguments);
    assertEquals(code, run.code(), run.err());
    return run;
  }

  private List<String> train(String out, Path file, String... more) {
    return concat(
        List.of(
            "train",
            "--tokenizer=" + VOCABULARY,
            "--train-file=" + file,
            "--validation-file=" + file,
            "--output-dir=" + folder.resolve(out),
            "--train-batch-size=2",
            "--learning-rate=1e-2",
            "--lr-scheduler=constant",
            "--device=cpu"),
        more);
  }

  private List<String> ask(String command, String run, Path file, String... more) {
    return concat(
        List.of(command, "--model=" + folder.resolve(run), "--file=" + file, "--device=cpu"), more);
  }

  private double evaluated(String run, Path file, String metric, String... more)
      throws IOException {
    List<String> arguments = ask("evaluate", run, file, more);
    arguments.add("--json");
    JsonNode result = new ObjectMapper().readTree(run(0, arguments).out());
    return result.get("metrics").get(metric).asDouble();
  }

  private double last(String run, String metric) throws IOException {
    List<String> lines = Files.readAllLines(folder.resolve(run).resolve("metrics.jsonl"));
    double value = Double.NaN;
    for (String line : lines) {
      JsonNode event = new ObjectMapper().readTree(line);
      value = event.get("event").asText().equals("eval") ? event.get(metric).asDouble() : value;
    }
    return value;
  }

  /** Drawn texts are those of the seed, and the settings of the model's folder are heeded. */
  @Test
  void textsAreDrawnBySeedAndWrittenBySettings(@TempDir Path model) throws IOException {
    Path gpt2 = Fixtures.path("gpt2_tiny");
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(gpt2.resolve(file), model.resolve(file));
    }
    Files.writeString(
        model.resolve("generation_config.json"),
        "{\"do_sample\": true, \"max_new_tokens\": 6, \"num_return_sequences\": 2}");
    Path prompts = Files.writeString(model.resolve("prompts.txt"), "a b\nc d e\n");
    List<String> drawn =
        List.of(
            "predict",
            "--trust-model",
            "--model=" + model,
            "--tokenizer=" + VOCABULARY,
            "--file=" + prompts,
            "--device=cpu");
    ProgramRun first = run(0, drawn);
    assertTrue(first.err().contains("do_sample true, max_new_tokens 6"), first.err());
    String alone = run(0, concat(drawn, "--eval-batch-size=1")).out();
    assertEquals(rounded(first.out()), rounded(alone));
    assertNotEquals(first.out(), run(0, concat(drawn, "--seed=1")).out());
    JsonNode line = new ObjectMapper().readTree(first.out().lines().findFirst().orElseThrow());
    assertEquals(2, line.get("answers").size());
    assertEquals(6, line.get("answers").get(0).get("tokens").asInt());
    String likeliest = run(0, concat(drawn, "--do-sample=off", "--num-return-sequences=1")).out();
    assertTrue(likeliest.contains("\"generated_text\""), likeliest);
    run(2, concat(drawn, "--do-sample=off"));
    run(2, concat(drawn, "--do-sample=off", "--num-return-sequences=1", "--top-k=3"));
    Files.writeString(model.resolve("generation_config.json"), "{\"typical_p\": 0.9}");
    run(3, drawn);
  }

  /** Probabilities without the digits that hang on the shapes of a batch. */
  private static String rounded(String lines) {
    return lines.replaceAll("(\\.\\d{4})\\d+", "$1");
  }

  /** From a configuration alone to a model that goes on with a text, and to Hugging Face. */
  @Test
  void aDecoderFromScratchLearnsToGoOn() throws IOException {
    String model = "--model=" + folder.resolve("gpt2.json");
    ProgramRun training =
        run(
            0,
            train(
                "gpt2",
                texts,
                model,
                "--from-scratch",
                "--dropout=off",
                "--block-size=8",
                "--max-steps=100"));
    assertTrue(
        training.err().contains("from scratch: all 16 weights of the body begin at random"),
        training.err());
    assertTrue(
        training.err().contains("4 texts of 32 tokens became 4 blocks of 8"), training.err());
    double perplexity = last("gpt2", "perplexity");
    assertTrue(perplexity < 4, "perplexity " + perplexity);
    assertEquals(perplexity, evaluated("gpt2", texts, "perplexity", "--block-size=8"), 1e-4);
    Path prompt = Files.writeString(folder.resolve("prompt.txt"), "c d e\n");
    String greedy = run(0, ask("predict", "gpt2", prompt, "--max-new-tokens=3")).out();
    assertTrue(greedy.startsWith("{\"generated_text\":\"f g h\",\"log_probability\":-"), greedy);
    String beams =
        run(0, ask("predict", "gpt2", prompt, "--max-new-tokens=3", "--num-beams=2")).out();
    assertTrue(beams.contains("\"generated_text\":\"f g"), beams);
    Path exported = folder.resolve("gpt2-exported");
    run(
        0,
        List.of(
            "export",
            folder.resolve("gpt2").toString(),
            "--format=huggingface",
            "--output-dir=" + exported));
    assertTrue(
        Files.readString(exported.resolve("config.json")).contains("\"GPT2LMHeadModel\""),
        "the class that Hugging Face should load");
    assertEquals(
        perplexity,
        evaluated(
            "gpt2-exported", texts, "perplexity", "--block-size=8", "--tokenizer=" + VOCABULARY),
        1e-4);
  }

  /** What is hidden depends on seed, epoch and example alone, so that a resumed run is the same. */
  @Test
  void aResumedRunHidesTheSameWords() throws IOException {
    String[] options = {
      "--model=" + BERT, "--head=masked-lm", "--whole-word-mask=on", "--mlm-probability=0.3"
    };
    List<String> whole = train("whole", texts, options);
    whole.add("--max-steps=6");
    ProgramRun training = run(0, whole);
    assertTrue(last("whole", "perplexity") < 300, training.err());
    for (String steps : List.of("3", "6")) {
      List<String> half = train("halves", texts, options);
      half.addAll(List.of("--max-steps=" + steps, "--save-steps=3", "--allow-changes"));
      run(0, half);
    }
    assertEquals(
        MetricsFile.trained(folder.resolve("whole"), "loss").subList(3, 6),
        MetricsFile.trained(folder.resolve("halves"), "loss").subList(3, 6));
    assertEquals(
        last("whole", "perplexity"),
        evaluated("whole", texts, "perplexity", "--whole-word-mask=on", "--mlm-probability=0.3"),
        1e-4);
    Path hidden = Files.writeString(folder.resolve("hidden.txt"), "a b [MASK] d\nno mask\n");
    List<String> filled = run(0, ask("predict", "whole", hidden)).out().lines().toList();
    JsonNode first = new ObjectMapper().readTree(filled.get(0));
    assertEquals(1, first.get("masks").size());
    assertEquals(5, first.get("masks").get(0).size());
    assertEquals("{\"masks\":[]}", filled.get(1));
    Path exported = folder.resolve("whole-huggingface");
    List<String> export = List.of("export", "--model=" + folder.resolve("whole"));
    run(0, concat(export, "--format=huggingface", "--output-dir=" + exported));
    JsonNode described = new ObjectMapper().readTree(exported.resolve("config.json").toFile());
    assertEquals("[\"BertForMaskedLM\"]", described.get("architectures").toString());
    assertEquals("gelu_new", described.get("hidden_act").asText(), "google's gelu is by tanh");
  }

  private static List<String> concat(List<String> arguments, String... more) {
    List<String> all = new ArrayList<>(arguments);
    all.addAll(List.of(more));
    return all;
  }

  /** A text about another, which is written again from the first. */
  @Test
  void anEncoderWithADecoderLearnsToWrite() throws IOException {
    Path pairs =
        Files.writeString(folder.resolve("pairs.tsv"), "text\ttarget\na b c\tx y\nd e f\tz\n");
    run(
        0,
        train(
            "t5",
            pairs,
            "--model=" + folder.resolve("t5.json"),
            "--from-scratch",
            "--dropout=off",
            "--max-steps=60"));
    assertEquals(last("t5", "perplexity"), evaluated("t5", pairs, "perplexity"), 1e-4);
    assertEquals(1, last("t5", "accuracy"));
    List<String> written =
        run(0, ask("predict", "t5", pairs, "--max-new-tokens=5")).out().lines().toList();
    assertTrue(written.get(0).startsWith("{\"generated_text\":\"x y\""), written.get(0));
    assertTrue(written.get(1).startsWith("{\"generated_text\":\"z\""), written.get(1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--head=causal-lm | 3 | --head causal-lm: of bert Belay trains classification, regression,"
            + " token-classification, question-answering, masked-lm",
        "--head=masked-lm --block-size=64 | 2 | --block-size 64: the model takes at most 32 tokens",
        "--head=classification --block-size=8 | 2 | --block-size is for --head causal-lm and"
            + " masked-lm: leave it out",
        "--head=classification | 3 | a .txt file is text alone"
      })
  void whatDoesNotFitIsRefused(String options, int code, String said) {
    List<String> arguments = train("refused", texts, options.split(" "));
    arguments.addAll(List.of("--model=" + BERT, "--max-steps=1"));
    ProgramRun refused = run(code, arguments);
    assertTrue(refused.err().contains(said), refused.err());
  }
}
