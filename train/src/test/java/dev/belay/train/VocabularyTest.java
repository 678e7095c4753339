package dev.belay.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.bundle.BundleReader;
import dev.belay.savedmodel.safetensors.SafetensorsReader;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.config.TrainConfigBuilder;
import dev.belay.train.event.RunEvent;
import dev.belay.train.event.VariableNorm;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A session that holds the rows of words that occur makes the same model as one that holds all. */
@Tag("long")
final class VocabularyTest {
  private static final String WORDS = "bert.embeddings.word_embeddings.weight";
  private static final int WIDTH = 32;
  private static final int STEPS = 20;

  /** Relative to the largest element of a tensor; the clip's norm adds up fewer zeros. */
  private static final Map<String, Double> TOLERANCES =
      Map.of("model", 1e-6, "optimizer", 5e-6); // of squares

  @TempDir Path folder;

  private TrainConfigBuilder builder(String directory) throws IOException {
    return TrainConfig.builder()
        .option("model", bert())
        .option("train-file", lines("first.jsonl", 0, 2))
        .option("output-dir", folder.resolve(directory))
        .option("train-batch-size", 2)
        .option("max-steps", STEPS)
        .option("learning-rate", 1e-3)
        .option("max-grad-norm", 0.1)
        .option("log-layer-norms", 10)
        .option("report", "none")
        .option("device", "cpu")
        .option("threads", 1);
  }

  /** Weights alone, without the tokenizer beside them. */
  private Path bert() throws IOException {
    Path model = Files.createDirectories(folder.resolve("bert"));
    for (String name : List.of("config.json", "model.safetensors")) {
      Path copy = model.resolve(name);
      if (!Files.exists(copy)) {
        Files.copy(Fixtures.path("safetensors_bert", name), copy);
      }
    }
    return model;
  }

  private Path lines(String name, int begin, int end) throws IOException {
    List<String> all = Files.readAllLines(Fixtures.path("safetensors_bert", "batch.jsonl"));
    return Files.write(folder.resolve(name), all.subList(begin, end));
  }

  private static SmallRun whole(TrainConfigBuilder builder) throws IOException {
    return SmallRun.whole(builder.build());
  }

  private static NamedTensors saved(SmallRun run, String part) throws IOException {
    Path newest = Checkpoint.newest(run.directory().resolve("checkpoints")).orElseThrow();
    return BundleReader.open(newest.resolve(part));
  }

  private static float[] floats(NamedTensors tensors, String name) throws IOException {
    ByteBuffer bytes = tensors.read(name).duplicate().order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(values);
    return values;
  }

  private static List<String> notes(SmallRun run) {
    return run.events().stream()
        .filter(RunEvent.Started.class::isInstance)
        .flatMap(event -> ((RunEvent.Started) event).notes().stream())
        .filter(note -> note.startsWith("vocabulary: "))
        .toList();
  }

  /** Which rows the session held is not to be seen but in the last digits. */
  private static void assertAgree(SmallRun whole, SmallRun held) throws IOException {
    assertEquals(List.of(), notes(whole));
    assertEquals(1, notes(held).size(), notes(held).toString());
    for (String part : List.of("model", "optimizer")) {
      NamedTensors expected = saved(whole, part);
      NamedTensors found = saved(held, part);
      assertEquals(expected.names(), found.names());
      for (String name : expected.names()) {
        assertEquals(expected.spec(name), found.spec(name), name);
        // Its gradient is 0 but for rounding, which Adam makes steps of.
        if (!name.contains("key.bias")) {
          assertAgree(name, floats(expected, name), floats(found, name), TOLERANCES.get(part));
        }
      }
    }
    assertNorms(whole, held);
  }

  private static void assertAgree(String name, float[] expected, float[] found, double tolerance) {
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs(expected[i] - found[i]));
    }
    assertTrue(difference <= tolerance * largest, name + " " + difference + " of " + largest);
  }

  private static void assertNorms(SmallRun whole, SmallRun held) {
    List<VariableNorm> expected = norms(whole);
    List<VariableNorm> found = norms(held);
    assertTrue(!expected.isEmpty());
    assertEquals(expected.size(), found.size());
    for (int i = 0; i < expected.size(); i++) {
      VariableNorm one = expected.get(i);
      if (one.name().equals(WORDS)) {
        assertEquals(one.gradient(), found.get(i).gradient(), 1e-5 * one.gradient());
        assertEquals(one.weight(), found.get(i).weight(), 1e-5 * one.weight());
        assertEquals(one.update(), found.get(i).update(), 1e-5 * one.update());
      }
    }
  }

  private static List<VariableNorm> norms(SmallRun run) {
    return run.events().stream()
        .filter(RunEvent.NormsMeasured.class::isInstance)
        .flatMap(event -> ((RunEvent.NormsMeasured) event).variables().stream())
        .toList();
  }

  /** Rows of words that do not occur, of all of them. */
  private static void assertIdleRows(SmallRun whole, SmallRun held, Set<Integer> used)
      throws IOException {
    float[] expected = floats(saved(whole, "model"), WORDS);
    float[] found = floats(saved(held, "model"), WORDS);
    for (int i = 0; i < expected.length; i++) {
      if (!used.contains(i / WIDTH)) {
        assertEquals(expected[i], found[i], 0f, "row " + i / WIDTH);
      }
    }
  }

  private static Set<Integer> ids(Path file) throws IOException {
    Set<Integer> ids = new HashSet<>(Set.of(0));
    for (String line : Files.readAllLines(file)) {
      String list = line.replaceAll(".*\"input_ids\": \\[([^]]*)].*", "$1");
      List.of(list.split(", ")).forEach(id -> ids.add(Integer.valueOf(id)));
    }
    return ids;
  }

  /** With decay, rows that do not occur end with the bits of a session that holds all. */
  @ParameterizedTest
  @ValueSource(strings = {"adam", "adamw", "bert_adam", "adamw_torch", "momentum", "sgd"})
  void twentyStepsAgree(String optimizer) throws IOException {
    boolean accumulates = optimizer.equals("bert_adam");
    Map<String, Object> options =
        Map.of(
            "optimizer", optimizer,
            "weight-decay", optimizer.contains("w") || accumulates ? 0.1 : 0,
            "gradient-accumulation-steps", accumulates ? 2 : 1,
            "train-batch-size", accumulates ? 1 : 2);
    TrainConfigBuilder all = builder("all").option("full-vocabulary", true);
    TrainConfigBuilder some = builder("some");
    options.forEach(all::option);
    options.forEach(some::option);
    SmallRun whole = whole(all);
    SmallRun held = whole(some);
    assertAgree(whole, held);
    assertIdleRows(whole, held, ids(folder.resolve("first.jsonl")));
    float[] begun = floats(SafetensorsReader.open(bert().resolve("model.safetensors")), WORDS);
    float[] ended = floats(saved(held, "model"), WORDS);
    int unused = 299 * WIDTH;
    if (options.get("weight-decay").equals(0.1)) {
      assertNotEquals(begun[unused], ended[unused]);
    } else {
      assertEquals(begun[unused], ended[unused]);
    }
  }

  @Test
  void aStopInTheMiddleChangesNothing() throws IOException {
    SmallRun whole = whole(builder("all").option("save-steps", 8));
    TrainConfig config = builder("some").option("save-steps", 8).build();
    SmallRun.until(config, SmallRun.step(5));
    SmallRun.until(config, SmallRun.step(13));
    SmallRun resumed = SmallRun.whole(config);
    assertEquals(whole.weights(), resumed.weights());
    assertEquals(whole.metrics(), resumed.metrics());
  }

  /** Words of the first texts go on to move after the run got others. */
  @Test
  void otherTextsOnTheWayAgree() throws IOException {
    Path second = lines("second.jsonl", 2, 4);
    SmallRun[] runs = new SmallRun[2];
    for (int i = 0; i < 2; i++) {
      TrainConfigBuilder first =
          builder("run" + i).option("full-vocabulary", i == 0).option("weight-decay", 0.1);
      SmallRun.until(first.build(), SmallRun.step(10));
      runs[i] = whole(first.option("train-file", second).option("allow-changes", true));
    }
    assertAgree(runs[0], runs[1]);
    Set<Integer> used = ids(folder.resolve("first.jsonl"));
    used.addAll(ids(second));
    assertIdleRows(runs[0], runs[1], used);
    assertEquals(
        "vocabulary: trains " + used.size() + " of 300 rows of " + WORDS, notes(runs[1]).get(0));
  }
}
