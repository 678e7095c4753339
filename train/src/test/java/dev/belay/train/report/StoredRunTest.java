package dev.belay.train.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.Fixtures;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.resume.Changes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** The records of a run that an older version wrote. */
final class StoredRunTest {
  private static final Path CONFIG = Fixtures.path("stored_run", "config.json");
  private static final Path PROVENANCE = Fixtures.path("stored_run", "run.json");

  @Test
  void itsConfigIsReadAndWrittenByteForByte(@TempDir Path folder) throws IOException {
    TrainConfig config = ConfigJson.readConfig(CONFIG);
    Path written = folder.resolve("config.json");
    ConfigJson.write(config, written);
    String since = // options of later versions
        "(?m)^  \"(adapter|lora-rank-stabilized|save-epochs|scale|full-vocabulary|log-worker-times|workers|tf-config|cluster-allow-public"
            + "|worker-timeout|max-restarts|gradient-checkpointing|packing|loss-output|label-pad-token-id|mini-batch-size)\" : .*,\n";
    assertEquals(Files.readString(CONFIG), Files.readString(written).replaceAll(since, ""));
  }

  @Test
  void itIsResumedWithTheSameOptions(@TempDir Path folder) throws IOException {
    RunDirectory run = new RunDirectory(folder);
    Files.copy(CONFIG, run.config());
    Files.writeString(run.provenance(), "{}");
    TrainConfig config = ConfigJson.readConfig(CONFIG);
    Changes same = Changes.since(run, config, Map.of());
    assertEquals(new Changes(List.of(), List.of()), same);
    Changes other = Changes.since(run, config.toBuilder().learningRate(2e-4).build(), Map.of());
    assertEquals("[--learning-rate: 1.0E-4 before, 2.0E-4 now]", other.serious().toString());
  }

  @Test
  void itsModelIsCalledAsItWasTrained() throws IOException {
    RecordedRun run = RecordedRun.read(CONFIG, PROVENANCE);
    assertEquals(Path.of("/models/bert"), run.model().path());
    assertEquals("embeddings", run.model().freeze().orElseThrow().pattern());
    assertEquals(ModelConfig.RestoreOptimizer.NO, run.model().files().restoreOptimizer());
    assertEquals(Optional.of("single_label_classification"), run.model().problem());
    assertEquals(List.of("neg", "pos"), run.labels());
    assertEquals(48, run.maxSeqLength());
    assertEquals(42, run.seed());
    assertEquals(Optional.of(Path.of("/models/bert/tokenizer.json")), run.tokenizer());
  }

  @Test
  void anOptionOfAnotherVersionIsExplained(@TempDir Path folder) throws IOException {
    RunDirectory run = new RunDirectory(folder);
    TrainConfig config = ConfigJson.readConfig(CONFIG);
    Files.writeString(
        run.config(), Files.readString(CONFIG).replaceFirst("\\{", "{\"lookahead\": 5,"));
    Files.writeString(run.provenance(), "{\"belay\": \"0.8.1\"}");
    String read = refusal(() -> RecordedRun.read(run.config(), run.provenance()));
    assertTrue(read.contains("found lookahead; the run was written by Belay 0.8.1, this is"), read);
    assertTrue(read.contains("use 0.8.1 for it, or remove the option from config.json"), read);
    assertEquals(read, refusal(() -> ConfigJson.readConfig(run.config())));
    String change = Changes.since(run, config, Map.of()).serious().toString();
    assertTrue(change.startsWith("[--lookahead: 5 before, unknown (the run was written"), change);
    Files.writeString(
        run.provenance(), "{\"belay\": \"0.8.1\", \"resumes\": [{\"belay\": \"0.9.0\"}]}");
    String resumed = refusal(() -> ConfigJson.readConfig(run.config()));
    assertTrue(resumed.contains("written by Belay 0.9.0"), resumed);
    Files.delete(run.provenance());
    String alone = refusal(() -> ConfigJson.readConfig(run.config()));
    assertTrue(alone.contains("no run.json beside it says which Belay wrote it"), alone);
  }

  private static String refusal(Executable reading) {
    return assertThrows(CorruptModelException.class, reading).getMessage();
  }

  @Test
  void aDamagedConfigIsRefused(@TempDir Path folder) throws IOException {
    Path damaged = folder.resolve("config.json");
    Files.writeString(damaged, "{\"max-seq-length\": \"tail\"}");
    CorruptModelException refused =
        assertThrows(CorruptModelException.class, () -> RecordedRun.read(damaged, PROVENANCE));
    assertTrue(refused.getMessage().contains("--max-seq-length: expected"), refused.getMessage());
  }
}
