package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.Agreement;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.bundle.BundleReader;
import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Low-rank adapters, against Hugging Face PEFT and against TensorFlow with adapters by hand. */
@Tag("long")
final class AdapterTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String FORMAT = "--model-format=huggingface";

  @TempDir Path folder;

  private static ProgramRun run(String... arguments) {
    return ProgramRun.of(List.of(arguments));
  }

  private static ProgramRun train(Path model, Path data, Path run, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "--model=" + model,
                "--train-file=" + data,
                "--output-dir=" + run,
                "--shuffle=off",
                "--lr-scheduler=constant",
                "--weight-decay=0",
                "--device=cpu"));
    arguments.addAll(List.of(more));
    return ProgramRun.of(arguments);
  }

  private static List<Double> numbers(JsonNode list) {
    List<Double> numbers = new ArrayList<>();
    list.forEach(number -> numbers.add(number.doubleValue()));
    return numbers;
  }

  private static void assertLogits(JsonNode expected, ProgramRun predicted) throws IOException {
    assertEquals(0, predicted.code(), predicted.err());
    List<String> lines = predicted.out().lines().toList();
    assertEquals(expected.size(), lines.size());
    for (int row = 0; row < lines.size(); row++) {
      JsonNode logits = JSON.readTree(lines.get(row)).get("logits");
      for (int i = 0; i < logits.size(); i++) {
        assertEquals(
            expected.get(row).get(i).doubleValue(),
            logits.get(i).doubleValue(),
            1e-5,
            "row " + row);
      }
    }
  }

  /** Begins with PEFT's adapter, ends with its losses, and hands back what PEFT would hold. */
  @ParameterizedTest
  @CsvSource({
    "safetensors_bert,--threads=2",
    "gpt2_tiny,--causal-labels=shifted",
    "t5_tiny,--threads=2"
  })
  void trainsAsPeft(String name, String option) throws IOException {
    Path model = Fixtures.path(name);
    Path data = model.resolve("batch.jsonl");
    Path run = folder.resolve("run");
    ProgramRun training =
        train(
            model,
            data,
            run,
            FORMAT,
            option,
            "--adapter=" + Fixtures.path("peft", name),
            "--max-steps=20",
            "--train-batch-size=4",
            "--dropout=off",
            "--optimizer=adam_torch",
            "--learning-rate=1e-3");
    assertEquals(0, training.code(), training.err());
    JsonNode golden = Fixtures.json(Fixtures.path("peft", "goldens.json")).get(name);
    Agreement.assertTrained(
        numbers(golden.get("loss")),
        numbers(golden.get("pre_clip_norm")),
        MetricsFile.trained(run, "loss"),
        MetricsFile.trained(run, "grad_norm"));
    Path peft = folder.resolve("peft");
    ProgramRun export = run("export", "--model=" + run, "--format=peft", "--output-dir=" + peft);
    assertEquals(0, export.code(), export.err());
    if (name.equals("safetensors_bert")) {
      JsonNode after = golden.get("logits_after");
      assertLogits(after, run("predict", "--model=" + run, "--file=" + data, "--device=cpu"));
      assertLogits(
          after,
          run(
              "predict",
              "--model=" + model,
              FORMAT,
              "--adapter=" + peft,
              "--file=" + data,
              "--device=cpu"));
    }
  }

  /** Converting merges without a run: the weights compute what the model and its adapter do. */
  @ParameterizedTest
  @CsvSource({
    "safetensors_bert,--threads=2",
    "gpt2_tiny,--causal-labels=shifted",
    "t5_tiny,--threads=2"
  })
  void convertingMerges(String name, String option) throws IOException {
    Path model = Fixtures.path(name).resolve("model.safetensors");
    Path merged = folder.resolve("merged");
    String adapter = "--adapter=" + Fixtures.path("peft", name);
    ProgramRun conversion =
        run("convert", model.toString(), merged.toString(), "--to=huggingface", adapter);
    assertEquals(0, conversion.code(), conversion.err());
    JsonNode golden = Fixtures.json(Fixtures.path("peft", "goldens.json")).get(name);
    Path data = Fixtures.path(name).resolve("batch.jsonl");
    ProgramRun evaluation =
        run("evaluate", "--model=" + merged, "--file=" + data, "--device=cpu", "--json", option);
    assertEquals(0, evaluation.code(), evaluation.err());
    double loss = golden.get("loss").get(0).asDouble();
    assertEquals(loss, JSON.readTree(evaluation.out()).at("/metrics/loss").asDouble(), 1e-5 * loss);
  }

  @Test
  void convertingRefusesAnAdapterOfAnotherFamily() {
    ProgramRun refused =
        run(
            "convert",
            Fixtures.path("t5_tiny").resolve("model.safetensors").toString(),
            folder.resolve("merged").toString(),
            "--to=huggingface",
            "--adapter=" + Fixtures.path("peft", "safetensors_bert"));
    assertEquals(3, refused.code());
    assertTrue(
        refused.err().contains("Is it an adapter of a model of another family?"), refused.err());
    assertFalse(Files.exists(folder.resolve("merged")));
  }

  /** Every kind of matrix product of an imported graph. */
  @ParameterizedTest
  @ValueSource(strings = {"plain", "stabilized"})
  void anImportedGraphTrainsAsByHand(String kind) throws IOException {
    Path fixture = Fixtures.path("adapters");
    Path data = fixture.resolve("batch.jsonl");
    Path run = folder.resolve("run");
    List<String> more =
        new ArrayList<>(
            List.of(
                "--adapter=lora",
                "--lora-rank=2",
                "--lora-alpha=4",
                "--seed=42",
                "--max-steps=8",
                "--train-batch-size=6",
                "--optimizer=sgd",
                "--learning-rate=0.3",
                "--clip-mode=none"));
    if (kind.equals("stabilized")) {
      more.add("--lora-rank-stabilized");
    }
    ProgramRun training = train(fixture.resolve("model"), data, run, more.toArray(String[]::new));
    assertEquals(0, training.code(), training.err());
    JsonNode golden = Fixtures.json(fixture.resolve("goldens.json"));
    Agreement.assertTrained(
        numbers(golden.get(kind).get("loss")),
        numbers(golden.get(kind).get("norm")),
        MetricsFile.trained(run, "loss"),
        MetricsFile.trained(run, "grad_norm"));
    assertLogits(
        golden.get(kind).get("logits"),
        run("predict", "--model=" + run, "--file=" + data, "--device=cpu"));

    Path checkpoint = run.resolve("checkpoints/step-00000008");
    Set<String> saved = BundleReader.open(checkpoint.resolve("model")).names();
    assertEquals(2 * golden.get("weights").size(), saved.size(), saved.toString());
    assertTrue(saved.stream().allMatch(name -> name.contains("/lora_")), saved.toString());
    Path again = folder.resolve("again");
    assertEquals(0, run("export", "--model=" + run, "--output-dir=" + again).code());
    String values = "variables/variables.data-00000-of-00001";
    assertEquals(
        -1, Files.mismatch(run.resolve("export/1").resolve(values), again.resolve("1/" + values)));
  }

  /** B begins with 0, so the adapters change nothing. */
  @Test
  void newAdaptersChangeNoBit() throws IOException {
    Path model = Fixtures.path("safetensors_bert");
    Path data = model.resolve("batch.jsonl");
    List<Double> losses = new ArrayList<>();
    for (String adapter : List.of("none", "lora")) {
      Path run = folder.resolve(adapter);
      ProgramRun training =
          train(
              model,
              data,
              run,
              FORMAT,
              "--adapter=" + adapter,
              "--validation-file=" + data,
              "--max-steps=1");
      assertEquals(0, training.code(), training.err());
      losses.add(MetricsFile.evaluated(run, "loss").get(0));
    }
    assertEquals(losses.get(0), losses.get(1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--lora-rank=0 | 2 | --lora-rank: expected a whole number of at least 1, found 0",
        "--lora-targets=nowhere | 3 | --adapter lora finds no weight to add an adapter to",
        "--lora-targets=table | 3 | --lora-targets matches table: an adapter needs a weight that is"
            + " read by matrix products alone",
        "--trainable=head | 3 | --lora-targets and --trainable both match head"
      })
  void badOptionsAreRefused(String option, int code, String message) {
    Path fixture = Fixtures.path("adapters");
    ProgramRun training =
        train(
            fixture.resolve("model"),
            fixture.resolve("batch.jsonl"),
            folder.resolve("run"),
            "--adapter=lora",
            option);
    assertEquals(code, training.code(), training.err());
    assertTrue(training.err().contains(message), training.err());
  }

  @Test
  void aDenseTableIsRefusedInBelaysOwnGraphToo() {
    Path model = Fixtures.path("safetensors_bert");
    ProgramRun training =
        train(
            model,
            model.resolve("batch.jsonl"),
            folder.resolve("run"),
            FORMAT,
            "--adapter=lora",
            "--lora-targets=embeddings");
    assertEquals(3, training.code(), training.err());
    assertTrue(
        training
            .err()
            .contains(
                "--lora-targets matches bert.embeddings.word_embeddings.weight: an adapter needs a"
                    + " weight that is read by matrix products alone, and this is a table in which"
                    + " rows are looked up"),
        training.err());
  }

  @Test
  void anAdapterOfAnotherFamilyIsRefused() {
    Path model = Fixtures.path("gpt2_tiny");
    ProgramRun training =
        train(
            model,
            model.resolve("batch.jsonl"),
            folder.resolve("run"),
            FORMAT,
            "--adapter=" + Fixtures.path("peft", "safetensors_bert"));
    assertEquals(3, training.code(), training.err());
    assertTrue(
        training.err().contains("Is it an adapter of a model of another family?"), training.err());
  }
}
