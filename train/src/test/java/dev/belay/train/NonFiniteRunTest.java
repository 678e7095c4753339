package dev.belay.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.export.SavedModelWriter;
import dev.belay.savedmodel.model.GraphPolicy;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.SavedModelReader;
import dev.belay.savedmodel.tensor.MemoryTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import dev.belay.train.config.ClipConfig;
import dev.belay.train.config.ClusterConfig;
import dev.belay.train.config.ColumnConfig;
import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.DataConfig;
import dev.belay.train.config.LanguageConfig;
import dev.belay.train.config.LoopConfig;
import dev.belay.train.config.MachineConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.OptimizerConfig;
import dev.belay.train.config.QuestionConfig;
import dev.belay.train.config.ReportConfig;
import dev.belay.train.config.ResumeConfig;
import dev.belay.train.config.ScheduleConfig;
import dev.belay.train.config.StabilityConfig;
import dev.belay.train.config.StabilityConfig.Policy;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.config.UpdateConfig;
import dev.belay.train.event.RunEvent;
import dev.belay.train.failure.DivergedException;
import dev.belay.train.stability.Cause;
import dev.belay.train.stability.ReplayBundle;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs on a model whose embedding of one token is infinite: each step whose batch holds that token
 * is not finite, every other is.
 */
class NonFiniteRunTest {
  private static final int BAD_TOKEN = 11;

  @TempDir private static Path directory;
  private static Path model;

  private final List<RunEvent> events = new ArrayList<>();

  @BeforeAll
  static void breakAModel() throws IOException {
    SavedModelContents contents =
        SavedModelReader.read(Fixtures.path("faults", "saved_model"), GraphPolicy.strict());
    ModelVariable table =
        contents.variables().stream()
            .filter(variable -> variable.name().contains("embeddings/words"))
            .findFirst()
            .orElseThrow();
    ByteBuffer values = contents.read(table);
    ByteBuffer broken = ByteBuffer.allocate(values.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    broken.put(values.duplicate());
    int width = (int) table.shape().get(1);
    for (int i = 0; i < width; i++) {
      broken.putFloat((BAD_TOKEN * width + i) * Float.BYTES, Float.POSITIVE_INFINITY);
    }
    model = directory.resolve("broken");
    MemoryTensors tables = new MemoryTensors();
    tables.put("table", new TensorSpec(table.dtype(), table.shape()), broken.flip());
    SavedModelWriter.replaceVariables(contents, Map.of(table, "table"), tables, Map.of(), model);
  }

  @Test
  void haltNamesTheTensorAndKeepsTheStep() throws IOException {
    Path run = directory.resolve("halt");
    DivergedException stopped =
        assertThrows(
            DivergedException.class, () -> train(run, stability(Policy.HALT), 6, "good bad good"));
    assertTrue(stopped.getMessage().startsWith("step 2: the loss is NaN"), stopped.getMessage());
    assertTrue(stopped.getMessage().contains("embeddings/words"), stopped.getMessage());
    assertTrue(stopped.getMessage().contains("4 NaN of 48"), stopped.getMessage());
    assertTrue(
        stopped.getMessage().contains("Probable cause: the weight itself holds numbers that are"),
        stopped.getMessage());
    assertTrue(stopped.getMessage().contains("belay replay " + run.resolve("failure")));

    ReplayBundle bundle = ReplayBundle.find(run);
    assertEquals(2, bundle.step().step());
    assertTrue(Double.isNaN(bundle.step().loss()));
    Replay.Result again =
        Replay.replay(bundle, config(run, stability(Policy.HALT), 6, "good bad good"));
    assertEquals(Cause.WEIGHT, again.diagnosis().cause());
    assertTrue(again.diagnosis().variable().orElseThrow().contains("embeddings/words"));
    assertEquals("weight", again.facts().get("cause"));
  }

  @Test
  void skipChangesNotOneByte() throws IOException {
    Path run = directory.resolve("skip");
    train(run, stability(Policy.SKIP), 4, "good bad good");
    List<RunEvent.Skipped> skipped = of(RunEvent.Skipped.class);
    assertEquals(1, skipped.size());
    assertEquals(new RunEvent.Skipped(2, RunEvent.Skipped.Reason.NOT_FINITE, 1), skipped.get(0));
    for (String part : List.of("model", "optimizer")) {
      byte[] before = bytes(run, 1, part);
      assertArrayEquals(before, bytes(run, 2, part), part + " after a step that was left out");
      assertFalse(Arrays.equals(before, bytes(run, 3, part)), part + " moves on");
    }
    assertTrue(Files.exists(run.resolve("failure/step.json")), "the first one is kept");
  }

  @Test
  void skipIsBounded() {
    DivergedException stopped =
        assertThrows(
            DivergedException.class,
            () ->
                train(
                    directory.resolve("bounded"),
                    new StabilityConfig(Policy.SKIP, 2, 3, OptionalDouble.empty()),
                    9,
                    "good bad bad bad bad"));
    assertTrue(
        stopped
            .getMessage()
            .contains(
                "step 4: the loss is NaN and the gradient norm NaN, so this step changed no "
                    + "weight, and 3 steps in a row were skipped, more than --max-skipped-steps "
                    + "2. In step 2, the first op whose result is not finite is"),
        stopped.getMessage());
    assertEquals(3, of(RunEvent.Skipped.class).size());
  }

  @Test
  void rollbackReturnsToTheLastCheckpoint() throws IOException {
    Path run = directory.resolve("rollback");
    train(run, stability(Policy.ROLLBACK), 4, "good bad good");
    assertEquals(List.of(new RunEvent.RolledBack(2, 1)), of(RunEvent.RolledBack.class));
    assertArrayEquals(bytes(run, 1, "model"), bytes(run, 2, "model"));
    assertArrayEquals(bytes(run, 1, "optimizer"), bytes(run, 2, "optimizer"));
    assertEquals(1, of(RunEvent.Done.class).size());
  }

  @Test
  void rollbackOfTheFirstStepReturnsToTheBeginningAndIsBounded() {
    DivergedException stopped =
        assertThrows(
            DivergedException.class,
            () -> train(directory.resolve("first"), stability(Policy.ROLLBACK), 9, "bad bad"));
    assertTrue(
        stopped.getMessage().contains("returned to a checkpoint 3 times already (--max-rollbacks)"),
        stopped.getMessage());
    assertEquals(new RunEvent.RolledBack(1, 0), of(RunEvent.RolledBack.class).get(0));
  }

  @Test
  void anExplodingNormIsTreatedAlike() throws IOException {
    Path run = directory.resolve("explode");
    StabilityConfig explode = new StabilityConfig(Policy.SKIP, 100, 3, OptionalDouble.of(1.000001));
    train(run, explode, 24, "good good2");
    List<RunEvent.Skipped> skipped = of(RunEvent.Skipped.class);
    assertFalse(skipped.isEmpty(), "half of the norms are above their median");
    assertTrue(
        skipped.stream()
            .allMatch(s -> s.reason() == RunEvent.Skipped.Reason.EXPLODED && s.step() > 10),
        skipped.toString());
  }

  private <T extends RunEvent> List<T> of(Class<T> type) {
    return events.stream().filter(type::isInstance).map(type::cast).toList();
  }

  private static StabilityConfig stability(Policy policy) {
    return new StabilityConfig(policy, 10, 3, OptionalDouble.empty());
  }

  private void train(Path run, StabilityConfig stability, int steps, String batches)
      throws IOException {
    TrainingRun.execute(config(run, stability, steps, batches), List.of("test"), events::add);
  }

  /** Batches of one example each, in that order: with the infinite token or without. */
  private static TrainConfig config(Path run, StabilityConfig stability, int steps, String batches)
      throws IOException {
    Path data = directory.resolve(run.getFileName() + ".jsonl");
    List<String> lines = new ArrayList<>();
    for (String batch : batches.split(" ")) {
      int token = batch.equals("bad") ? BAD_TOKEN : batch.equals("good2") ? 6 : 5;
      lines.add(
          "{\"input_ids\": [2, "
              + token
              + ", 7, 3], \"attention_mask\": [1, 1, 1, 1], \"label\": 1}");
    }
    Files.write(data, lines);
    DataConfig files = DataConfig.of(List.of(data), List.of());
    return new TrainConfig(
        through("own_softmax"),
        new DataConfig(
            files.trainFiles(),
            files.validationFiles(),
            Optional.empty(),
            files.maxSeqLength(),
            1,
            1,
            false,
            false,
            OptionalInt.empty(),
            ColumnConfig.byName(),
            LanguageConfig.defaults(),
            QuestionConfig.defaults()),
        OptimizerConfig.defaults(),
        new ScheduleConfig(
            ScheduleConfig.Kind.CONSTANT, 0, 1, OptionalInt.empty(), 0, 1, OptionalInt.of(steps)),
        ClipConfig.defaults(),
        UpdateConfig.defaults(),
        stability,
        new LoopConfig(
            1,
            OptionalInt.empty(),
            OptionalInt.of(batches.equals("good good2") ? 100 : 1),
            false,
            OptionalInt.empty(),
            false,
            false,
            Optional.empty(),
            OptionalInt.empty()),
        MachineConfig.defaults(),
        ClusterConfig.defaults(),
        ReportConfig.defaults(),
        ResumeConfig.defaults(),
        run);
  }

  private static ModelConfig through(String signature) {
    return ConfigBinder.with(ModelConfig.of(model), "signature", Optional.of(signature));
  }

  private static byte[] bytes(Path run, int step, String part) throws IOException {
    return Files.readAllBytes(
        run.resolve("checkpoints")
            .resolve("step-%08d".formatted(step))
            .resolve(part + ".data-00000-of-00001"));
  }
}
