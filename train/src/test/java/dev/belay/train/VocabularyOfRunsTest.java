package dev.belay.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.bundle.BundleReader;
import dev.belay.savedmodel.safetensors.SafetensorsReader;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.weights.WeightTarget;
import dev.belay.train.config.ClipConfig;
import dev.belay.train.config.SweepConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.config.TrainConfigBuilder;
import dev.belay.train.event.RunEvent;
import dev.belay.train.event.SweepEvent;
import dev.belay.train.model.ModelSandbox;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Decoders, sweeps, workers and exports see nothing of a table that is not held whole. */
@Tag("long")
@Timeout(180)
final class VocabularyOfRunsTest {
  private static final int STEPS = 6;
  private static final double TOLERANCE = 1e-6; // relative to the largest element of a tensor

  @TempDir Path folder;

  /** Weights alone, without the tokenizer beside them. */
  private Path model(String fixture) throws IOException {
    Path model = folder.resolve(fixture);
    if (!Files.isDirectory(model)) {
      Files.createDirectory(model);
      for (String name : List.of("config.json", "model.safetensors")) {
        Files.copy(Fixtures.path(fixture, name), model.resolve(name));
      }
    }
    return model;
  }

  /** Texts of one length, for a decoder that has no padding, with few of all ids. */
  private Path texts() throws IOException {
    List<String> lines =
        IntStream.range(0, 8)
            .mapToObj(
                i ->
                    "{\"input_ids\": [%d, %d, %d, 9], \"attention_mask\": [1, 1, 1, 1], \"label\": %d}"
                        .formatted(3 * i + 5, 200 - i, 2 * i + 40, i % 2))
            .toList();
    return Files.write(folder.resolve("texts.jsonl"), lines);
  }

  private TrainConfigBuilder builder(String fixture, String directory, boolean full)
      throws IOException {
    return TrainConfig.builder()
        .option("model", model(fixture))
        .option("head", "classification")
        .option("num-labels", 2)
        .option("train-file", texts())
        .option("validation-file", texts())
        .option("output-dir", folder.resolve(directory + full))
        .option("full-vocabulary", full)
        .option("train-batch-size", 4)
        .option("max-steps", STEPS)
        .option("dropout", false)
        .option("learning-rate", 1e-3)
        .option("max-grad-norm", 0.1)
        .option("weight-decay", 0.1)
        .option("report", "none")
        .option("device", "cpu")
        .option("threads", 1);
  }

  private static List<String> notes(List<RunEvent> events) {
    return events.stream()
        .filter(RunEvent.Started.class::isInstance)
        .flatMap(event -> ((RunEvent.Started) event).notes().stream())
        .filter(note -> note.startsWith("vocabulary: trains "))
        .toList();
  }

  private static List<Double> losses(List<RunEvent> events) {
    return events.stream()
        .filter(RunEvent.Trained.class::isInstance)
        .map(event -> (double) ((RunEvent.Trained) event).loss())
        .toList();
  }

  private static void assertAgree(NamedTensors expected, NamedTensors found) throws IOException {
    assertEquals(expected.names(), found.names());
    for (String name : expected.names()) {
      assertEquals(expected.spec(name), found.spec(name), name);
      // A gradient that is 0 but for rounding, which Adam makes steps of.
      if (name.endsWith("weight")) {
        assertAgree(name, floats(expected, name), floats(found, name));
      }
    }
  }

  private static void assertAgree(String name, float[] expected, float[] found) {
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs(expected[i] - found[i]));
    }
    assertTrue(difference <= TOLERANCE * largest, name + " " + difference + " of " + largest);
  }

  private static float[] floats(NamedTensors tensors, String name) throws IOException {
    ByteBuffer bytes = tensors.read(name).duplicate().order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(values);
    return values;
  }

  private static NamedTensors exported(TrainConfig config) throws IOException {
    return BundleReader.open(
        config.outputDirectory().resolve("export").resolve("1/variables/variables"));
  }

  /** The exported SavedModel has the whole table, and so have files by a family's names. */
  @ParameterizedTest
  @CsvSource({
    "safetensors_bert, bert.embeddings.word_embeddings.weight",
    "gpt2_tiny, transformer.wte.weight"
  })
  void exportsAreThoseOfTheWholeTable(String fixture, String table) throws IOException {
    TrainConfig all = builder(fixture, "run", true).build();
    TrainConfig some = builder(fixture, "run", false).build();
    SmallRun whole = SmallRun.whole(all);
    SmallRun held = SmallRun.whole(some);
    assertEquals(List.of(), notes(whole.events()));
    assertEquals(1, notes(held.events()).size());
    assertTrue(notes(held.events()).get(0).endsWith(table), notes(held.events()).get(0));
    assertAgree(exported(all), exported(some));
    NamedTensors[] files = new NamedTensors[2];
    for (int i = 0; i < files.length; i++) {
      Path target = folder.resolve("huggingface" + i);
      Path run = (i == 0 ? all : some).outputDirectory();
      ModelExport.export(run, WeightTarget.HUGGINGFACE, target);
      files[i] = SafetensorsReader.open(target.resolve("model.safetensors"));
    }
    assertAgree(files[0], files[1]);
  }

  @Test
  void workersAgree() throws Exception {
    TrainConfig config = builder("safetensors_bert", "workers", false).build();
    List<WorkerThreads.Callback<List<RunEvent>>> parts = new ArrayList<>();
    for (TrainConfig worker : WorkerThreads.configs(config, 2)) {
      parts.add(
          () -> {
            List<RunEvent> events = new ArrayList<>();
            TrainingRun.execute(worker, List.of("train"), events::add);
            return events;
          });
    }
    List<List<RunEvent>> workers = WorkerThreads.inThreads(parts);
    TrainConfig all = builder("safetensors_bert", "workers", true).build();
    List<RunEvent> alone = new ArrayList<>();
    TrainingRun.execute(all, List.of("train"), alone::add);
    assertEquals(1, notes(workers.get(0)).size());
    assertEquals(losses(workers.get(0)), losses(workers.get(1)));
    assertAgree(exported(all), exported(config));
  }

  @Test
  void sweepsAgree() throws IOException {
    List<List<Double>> losses = new ArrayList<>();
    for (boolean full : new boolean[] {true, false}) {
      SweepConfig config =
          new SweepConfig(
              builder("safetensors_bert", "sweep", full).build(),
              List.of(OptionalDouble.of(0.1), OptionalDouble.of(1)),
              List.of(ClipConfig.Mode.GLOBAL_NORM),
              List.of(1e-3),
              List.of(),
              List.of(42L),
              false);
      List<Double> one = new ArrayList<>();
      Sweep.execute(
          config,
          ModelSandbox.TRUSTING,
          List.of("sweep"),
          event -> {
            if (event instanceof SweepEvent.InArm inArm) {
              one.addAll(losses(List.of(inArm.event())));
            }
          });
      assertEquals(2 * STEPS, one.size());
      losses.add(one);
    }
    for (int i = 0; i < 2 * STEPS; i++) {
      double expected = losses.get(0).get(i);
      assertEquals(expected, losses.get(1).get(i), TOLERANCE * expected);
    }
  }
}
