package dev.belay.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.Fixtures;
import dev.belay.train.config.EvaluateConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.event.RunEvent;
import dev.belay.train.model.ModelSandbox;
import dev.belay.train.report.ConfigJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A whole run that an older version wrote: verified, evaluated, and resumed from its checkpoint. It
 * has no dropout, whose masks are not the same in all versions.
 */
final class StoredRunResumeTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;
  private Path run;
  private TrainConfig config;

  @BeforeEach
  void copy() throws IOException {
    Path stored = Fixtures.path("stored_run", "whole");
    try (Stream<Path> files = Files.walk(stored)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = folder.resolve(stored.relativize(file).toString());
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy);
      }
    }
    run = folder.resolve("run");
    for (String name : List.of("config.json", "run.json", "metrics.jsonl")) {
      Path file = run.resolve(name);
      Files.writeString(file, Files.readString(file).replace("@", folder.toString()));
    }
    config = ConfigJson.readConfig(run.resolve("config.json"));
  }

  @Test
  void itIsVerified() throws IOException {
    RunVerification.Report report = RunVerification.verify(run);
    assertTrue(report.items().stream().allMatch(RunVerification.Item::sound), report.toString());
  }

  @Test
  void itIsFinished() throws IOException {
    List<RunEvent> events = new ArrayList<>();
    TrainingRun.Result result = TrainingRun.execute(config, List.of("test"), events::add);
    assertEquals(
        List.of(RunEvent.AlreadyDone.class), events.stream().map(RunEvent::getClass).toList());
    assertEquals(0.69447112, result.finalMetrics().get("loss"), 1e-7);
  }

  @Test
  void itsExportIsEvaluated() throws IOException {
    EvaluateConfig asked =
        EvaluateConfig.fromOptions(
            Map.of(
                "model", run.resolve("export/1").toString(),
                "file", folder.resolve("dev.jsonl").toString()));
    Map<String, Double> metrics = ModelEvaluation.evaluate(asked, ModelSandbox.TRUSTING).metrics();
    assertEquals(0.69447112, metrics.get("loss"), 1e-6);
  }

  @Test
  void itIsResumed() throws IOException {
    List<JsonNode> before = measures();
    delete(run.resolve("checkpoints/step-00000006"));
    delete(run.resolve("export"));
    SmallRun resumed = SmallRun.whole(config);
    assertTrue(
        resumed.events().stream().anyMatch(event -> event instanceof RunEvent.Resumed),
        resumed.events().toString());
    List<JsonNode> after = measures();
    assertEquals(before.size(), after.size());
    for (int i = 0; i < before.size(); i++) {
      for (String number : List.of("step", "loss", "grad_norm", "learning_rate", "accuracy")) {
        assertEquals(
            before.get(i).path(number).doubleValue(),
            after.get(i).path(number).doubleValue(),
            1e-5,
            number + " of " + after.get(i));
      }
    }
  }

  private List<JsonNode> measures() throws IOException {
    List<JsonNode> events = new ArrayList<>();
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      JsonNode event = JSON.readTree(line);
      if (event.has("loss")) {
        events.add(event);
      }
    }
    return events;
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> entries = Files.walk(directory)) {
      for (Path entry : entries.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(entry);
      }
    }
  }
}
