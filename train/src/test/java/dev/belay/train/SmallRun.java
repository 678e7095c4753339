package dev.belay.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.record.RecordReader;
import dev.belay.train.checkpoint.Checkpoint;
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
import dev.belay.train.config.TrainConfig;
import dev.belay.train.config.UpdateConfig;
import dev.belay.train.event.RunEvent;
import dev.belay.train.event.StopRequest;
import dev.belay.train.failure.StoppedException;
import dev.belay.train.model.ModelSandbox;
import dev.belay.train.report.Provenance;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A run of a tiny BERT on five examples in batches of two, three an epoch, with dropout and
 * shuffling; and what two runs are compared by.
 *
 * @param events all that were told
 * @param stopped what a stopped run said; empty if it came to its end
 */
record SmallRun(Path directory, List<RunEvent> events, Optional<String> stopped) {
  static final int STEPS = 9;
  private static final String FIXTURE = "savedmodel_hf_bert";

  /** As small as a BERT can be: what a run does around its model is the same for all. */
  private static final String CONFIGURATION =
      """
      {"model_type": "bert", "architectures": ["BertForSequenceClassification"], "num_labels": 2,
       "vocab_size": 300, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
       "intermediate_size": 16, "max_position_embeddings": 32, "type_vocab_size": 2}
      """;

  private static final ObjectMapper JSON = new ObjectMapper();

  /** What keeps something of its own between steps. */
  record Rules(ClipConfig clip, UpdateConfig update, StabilityConfig stability) {
    /** Steps above the median norm go back to the last checkpoint of the schedule. */
    static Rules withReturns() {
      return new Rules(
          ClipConfig.defaults(),
          UpdateConfig.defaults(),
          new StabilityConfig(StabilityConfig.Policy.ROLLBACK, 10, 10, OptionalDouble.of(1.002)));
    }

    /**
     * Steps above the median norm are skipped; two batches an update; a threshold from the norms so
     * far. A loss scale, which a processor has no use for, is a variable like the other slots.
     */
    static Rules withMemory() {
      ClipConfig usual = ClipConfig.defaults();
      return new Rules(
          new ClipConfig(
              ClipConfig.Mode.AUTO,
              usual.maxGradNorm(),
              usual.clipValue(),
              usual.adaptive(),
              50,
              usual.groups(),
              usual.norms()),
          new UpdateConfig(2, OptionalInt.empty(), UpdateConfig.Precision.FP32, 1 << 15, 2, false),
          new StabilityConfig(StabilityConfig.Policy.SKIP, 10, 3, OptionalDouble.of(1.002)));
    }
  }

  /** What the run looks like from outside. */
  record Setting(
      ModelConfig model, Path data, int threads, LoopConfig loop, Rules rules, int steps) {
    /** Belay's own graph of one layer, from random weights. */
    static Setting of(Path folder) throws IOException {
      Path model = Files.createDirectories(folder.resolve("model"));
      Files.writeString(model.resolve("config.json"), CONFIGURATION);
      ModelConfig plain = ModelConfig.of(model);
      return of(
          folder,
          ConfigBinder.with(
              ConfigBinder.with(
                  ConfigBinder.with(plain, "from-scratch", true), "head", "classification"),
              "num-labels",
              Optional.of(2)));
    }

    /** Belay's own graph of weights that are trained already. */
    static Setting weights(Path folder) throws IOException {
      Path model = Files.createDirectories(folder.resolve("weights"));
      for (String name : List.of("config.json", "model.safetensors")) {
        Files.copy(Fixtures.path("safetensors_bert", name), model.resolve(name));
      }
      return of(folder, ModelConfig.of(model));
    }

    /** The graph of two layers that Hugging Face traced. */
    static Setting imported(Path folder) throws IOException {
      return of(folder, ModelConfig.of(Fixtures.path(FIXTURE, "saved_model")));
    }

    private static Setting of(Path folder, ModelConfig model) throws IOException {
      List<String> four = Files.readAllLines(Fixtures.path(FIXTURE, "batch.jsonl"));
      List<String> five = new ArrayList<>(four);
      five.add(four.get(1));
      Path data = Files.write(folder.resolve("five.jsonl"), five);
      return new Setting(
          model,
          data,
          1,
          loop(OptionalInt.empty(), true),
          new Rules(ClipConfig.defaults(), UpdateConfig.defaults(), StabilityConfig.defaults()),
          STEPS);
    }

    static LoopConfig loop(OptionalInt patience, boolean background) {
      return new LoopConfig(
          1,
          OptionalInt.of(4),
          OptionalInt.of(2),
          false,
          OptionalInt.empty(),
          background,
          true,
          Optional.of("loss"),
          patience);
    }

    /** With adapters, and dropout before them. */
    Setting adapted() {
      ModelConfig lora = ConfigBinder.with(model, "adapter", "lora");
      return new Setting(
          ConfigBinder.with(lora, "lora-dropout", OptionalDouble.of(0.1)),
          data,
          threads,
          loop,
          rules,
          steps);
    }

    /** The same numbers in less memory: each block is computed again in the backward pass. */
    Setting recomputing() {
      return new Setting(
          ConfigBinder.with(model, "gradient-checkpointing", true),
          data,
          threads,
          loop,
          rules,
          steps);
    }

    Setting with(int otherThreads) {
      return new Setting(model, data, otherThreads, loop, rules, steps);
    }

    Setting with(LoopConfig otherLoop) {
      return new Setting(model, data, threads, otherLoop, rules, steps);
    }

    Setting with(Rules otherRules, int otherSteps) {
      return new Setting(model, data, threads, loop, otherRules, otherSteps);
    }

    TrainConfig config(Path directory) {
      return config(directory, 2, ResumeConfig.defaults());
    }

    TrainConfig config(Path directory, int batchSize, ResumeConfig resume) {
      return new TrainConfig(
          model,
          new DataConfig(
              List.of(data),
              List.of(data),
              Optional.empty(),
              32,
              batchSize,
              2,
              true,
              false,
              OptionalInt.empty(),
              ColumnConfig.byName(),
              LanguageConfig.defaults(),
              QuestionConfig.defaults()),
          new OptimizerConfig(
              OptimizerConfig.Kind.ADAMW,
              1e-3,
              0.01,
              0.9,
              0.999,
              1e-8,
              0.9,
              OptimizerConfig.defaults().look()),
          new ScheduleConfig(
              ScheduleConfig.Kind.LINEAR, 0, 1, OptionalInt.of(2), 0, 3, OptionalInt.of(steps)),
          rules.clip(),
          rules.update(),
          rules.stability(),
          loop,
          new MachineConfig("cpu", OptionalInt.of(threads), 7),
          ClusterConfig.defaults(),
          ReportConfig.defaults(),
          resume,
          directory);
    }
  }

  /** Runs to its end. */
  static SmallRun whole(TrainConfig config) throws IOException {
    return until(config, event -> false);
  }

  /** Asks for a stop as soon as an event is told. */
  static SmallRun until(TrainConfig config, Predicate<RunEvent> when) throws IOException {
    List<RunEvent> events = new ArrayList<>();
    StopRequest stop = new StopRequest();
    Consumer<RunEvent> listener =
        event -> {
          events.add(event);
          if (when.test(event)) {
            stop.make("a test");
          }
        };
    try {
      TrainingRun.execute(config, ModelSandbox.TRUSTING, List.of("test"), listener, stop);
      return new SmallRun(config.outputDirectory(), events, Optional.empty());
    } catch (StoppedException e) {
      return new SmallRun(config.outputDirectory(), events, Optional.of(e.getMessage()));
    }
  }

  /** Stops after a step. */
  static Predicate<RunEvent> step(long step) {
    return event -> event instanceof RunEvent.Trained trained && trained.step() == step;
  }

  /** The evaluation of a step. */
  static Predicate<RunEvent> evaluated(long step) {
    return event -> event instanceof RunEvent.Evaluated evaluated && evaluated.step() == step;
  }

  /** Moves a directory, from within a listener. */
  static void move(Path from, Path to) {
    try {
      Files.move(from, to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What processes that were killed at the worst moments leave. */
  static final class Litter {
    private Litter() {}

    static void in(Path run) throws IOException {
      for (String name : List.of("checkpoints/.step-00000006", "export/.1")) {
        Path aside = run.resolve(name + ".belay-elsewhere-1-1");
        Files.createDirectories(aside);
        Files.writeString(aside.resolve("model.data-00000-of-00001"), "half");
      }
      Files.writeString(run.resolve("run.json.partial"), "{");
      Files.writeString(run.resolve(".writable123"), "");
      Path metrics = run.resolve("metrics.jsonl");
      Files.writeString(
          metrics,
          "{\"event\":\"train\",\"step\":6,\"loss\":1}\n{\"event\":\"tra",
          StandardOpenOption.APPEND);
      for (Path events : eventFiles(run)) {
        Files.write(events, new byte[] {1, 2, 3}, StandardOpenOption.APPEND);
      }
    }

    static List<String> foundIn(Path run) throws IOException {
      for (Path events : eventFiles(run)) {
        try (RecordReader reader = RecordReader.open(events)) {
          while (reader.next().isPresent()) {
            // Read to the end: a torn record is refused.
          }
        }
      }
      try (Stream<Path> entries = Files.walk(run)) {
        return entries
            .map(entry -> entry.getFileName().toString())
            .filter(name -> name.startsWith(".") || name.endsWith(".partial"))
            .toList();
      }
    }

    private static List<Path> eventFiles(Path run) throws IOException {
      try (Stream<Path> entries = Files.walk(run.resolve("tensorboard"))) {
        return entries.filter(Files::isRegularFile).toList();
      }
    }
  }

  /** SHA-256 of each file of the export and of the last checkpoint. */
  Map<String, String> weights() throws IOException {
    Map<String, String> files = new TreeMap<>();
    Path newest = Checkpoint.newest(directory.resolve("checkpoints")).orElseThrow();
    for (String part : List.of("checkpoints/" + newest.getFileName(), "export")) {
      try (Stream<Path> found = Files.walk(directory.resolve(part))) {
        for (Path file : found.filter(Files::isRegularFile).toList()) {
          files.put(directory.relativize(file).toString(), Provenance.sha256(file));
        }
      }
    }
    return files;
  }

  /** SHA-256 of each file of the export. */
  Map<String, String> export() throws IOException {
    Map<String, String> files = weights();
    files.keySet().removeIf(file -> !file.startsWith("export"));
    return files;
  }

  /** The lines of metrics.jsonl that say what was learned, without times. */
  List<String> metrics() throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(directory.resolve("metrics.jsonl"))) {
      JsonNode event = JSON.readTree(line);
      if (List.of("train", "eval", "done").contains(event.get("event").textValue())) {
        ((ObjectNode) event).remove(List.of("step_ms", "session_ms", "data_wait_ms", "seconds"));
        lines.add(event.toString());
      }
    }
    return lines;
  }

  /** The names of what lies in the run directory, hidden ones too. */
  List<String> names() throws IOException {
    try (Stream<Path> entries = Files.walk(directory)) {
      return entries
          .map(entry -> directory.relativize(entry).toString())
          .filter(name -> !name.isEmpty() && !name.contains("tfevents"))
          .sorted()
          .toList();
    }
  }

  /** The notes that the run began with. */
  List<String> notes() {
    return events.stream()
        .filter(event -> event instanceof RunEvent.Started)
        .flatMap(event -> ((RunEvent.Started) event).notes().stream())
        .toList();
  }
}
