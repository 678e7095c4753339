package dev.belay.tools;

import static dev.belay.tools.OptionSamples.BESIDE;
import static dev.belay.tools.OptionSamples.NEEDED;
import static dev.belay.tools.OptionSamples.SAMPLES;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.tools.command.BelayCommand;
import dev.belay.tools.command.Context;
import dev.belay.tools.option.RecordOptions;
import dev.belay.train.config.ClipConfig;
import dev.belay.train.config.EvaluateConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.Option;
import dev.belay.train.config.OptionDefinition;
import dev.belay.train.config.PlanConfig;
import dev.belay.train.config.SweepConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.report.ConfigJson;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.resume.Change;
import dev.belay.train.resume.Changes;
import dev.belay.train.sweep.Arm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Every option of every command: its default, its spellings, and that it reaches a config. */
@Tag("long")
final class TrainOptionsTest {
  private static final Set<String> WITHOUT_CONFIG =
      Set.of(
          "--help",
          "--verbose",
          "--config",
          "--json",
          "--output-file",
          "--text",
          "--plan",
          "--verify");

  /** What only means something in a single run. */
  private static final Set<String> REFUSED_BY_SWEEP =
      new TreeSet<>(
          Set.of(
              "--max-grad-norm",
              "--clip-mode",
              "--clip-value",
              "--on-nonfinite",
              "--explode-factor",
              "--max-rollbacks",
              "--save-steps",
              "--save-epochs",
              "--save-total-limit",
              "--background-save",
              "--allow-changes",
              "--load-best-model-at-end",
              "--early-stopping-patience",
              "--report",
              "--workers",
              "--cluster-hosts",
              "--cluster-size",
              "--cluster-index",
              "--tf-config",
              "--cluster-allow-public",
              "--worker-timeout",
              "--max-restarts",
              "--log-worker-times",
              "--log-layer-norms"));

  private static CommandLine command(String name) {
    return BelayCommand.commandLine(new Context(new FakeTrainApi(), null, List.of()))
        .getSubcommands()
        .get(name);
  }

  private static List<OptionSpec> options(String command) {
    return command(command).getCommandSpec().options().stream()
        .filter(option -> !WITHOUT_CONFIG.contains(option.longestName()))
        .toList();
  }

  @Test
  void defaultsAreThese() {
    Map<String, String> defaults = new TreeMap<>();
    for (OptionSpec option : options("train")) {
      if (option.defaultValue() != null) {
        defaults.put(option.longestName(), option.defaultValue());
      }
    }
    assertEquals(
        new TreeMap<>(
            Map.ofEntries(
                Map.entry("--head", "none"),
                Map.entry("--adapter", "none"),
                Map.entry("--restore-optimizer", "auto"),
                Map.entry("--dropout", "on"),
                Map.entry("--model-losses", "on"),
                Map.entry("--label-pad-token-id", "-100"),
                Map.entry("--train-batch-size", "32"),
                Map.entry("--shuffle", "on"),
                Map.entry("--max-seq-length", "128"),
                Map.entry("--eval-batch-size", "32"),
                Map.entry("--mlm-probability", "0.15"),
                Map.entry("--whole-word-mask", "off"),
                Map.entry("--packing", "off"),
                Map.entry("--doc-stride", "128"),
                Map.entry("--n-best-size", "20"),
                Map.entry("--max-answer-length", "30"),
                Map.entry("--null-score-diff-threshold", "0"),
                Map.entry("--optimizer", "adamw"),
                Map.entry("--learning-rate", "5e-5"),
                Map.entry("--weight-decay", "0.01"),
                Map.entry("--adam-beta1", "0.9"),
                Map.entry("--adam-beta2", "0.999"),
                Map.entry("--adam-epsilon", "1e-8"),
                Map.entry("--momentum", "0.9"),
                Map.entry("--max-grad-norm", "1"),
                Map.entry("--clip-mode", "global_norm"),
                Map.entry("--clip-value", "1"),
                Map.entry("--adaptive-clip-lambda", "0.01"),
                Map.entry("--adaptive-clip-skip", ClipConfig.DEFAULT_ADAPTIVE_SKIP),
                Map.entry("--auto-clip-percentile", "10"),
                Map.entry("--norm-compatibility", "dense"),
                Map.entry("--gradient-accumulation-steps", "1"),
                Map.entry("--precision", "fp32"),
                Map.entry("--loss-scale", "32768"),
                Map.entry("--loss-scale-growth", "2000"),
                Map.entry("--on-nonfinite", "halt"),
                Map.entry("--max-skipped-steps", "10"),
                Map.entry("--max-rollbacks", "3"),
                Map.entry("--num-train-epochs", "3"),
                Map.entry("--lr-scheduler", "linear"),
                Map.entry("--lr-end", "0"),
                Map.entry("--lr-power", "1"),
                Map.entry("--warmup-ratio", "0"),
                Map.entry("--scale", "20"),
                Map.entry("--seed", "42"),
                Map.entry("--logging-steps", "1"),
                Map.entry("--report", "tensorboard,html"),
                Map.entry("--log-layer-norms", "0"),
                Map.entry("--log-worker-times", "0"),
                Map.entry("--resume", "auto"),
                Map.entry("--background-save", "on"),
                Map.entry("--gpu-memory-growth", "on"),
                Map.entry("--tf32", "on"),
                Map.entry("--xla", "off"),
                Map.entry("--workers", "1"),
                Map.entry("--tf-config", "off"),
                Map.entry("--cluster-allow-public", "off"),
                Map.entry("--worker-timeout", "600"),
                Map.entry("--max-restarts", "3"),
                Map.entry("--device", "auto"))),
        defaults);
  }

  @Test
  void everyOptionOfTrainReachesTheConfig() {
    TrainConfig usual = train(NEEDED, "");
    for (OptionSpec option : options("train")) {
      String name = option.longestName();
      Map<String, String> arguments = arguments(name);
      String without = text(usual);
      if (BESIDE.containsKey(name)) {
        Map<String, String> beside = new TreeMap<>(NEEDED);
        beside.putAll(BESIDE.get(name));
        without = text(train(beside, ""));
      }
      assertNotEquals(without, text(train(arguments, "")), name);
    }
  }

  @Test
  void everyOptionOfTrainMayBeSpelledWithUnderscores() {
    for (OptionSpec option : options("train")) {
      Map<String, String> arguments = arguments(option.longestName());
      assertEquals(text(train(arguments, "")), text(train(arguments, "snake")));
    }
  }

  @Test
  void theConfigOfARunRunsItAgain(@TempDir Path directory) throws IOException {
    for (OptionSpec option : options("train")) {
      Map<String, String> arguments = arguments(option.longestName());
      TrainConfig first = train(arguments, "");
      Path file = directory.resolve("config.json");
      ConfigJson.write(first, file);
      TrainConfig again = train(Map.of("--config", file.toString()), "");
      assertEquals(absolute(text(first)), absolute(text(again)), option.longestName());
      assertEquals(text(first), text(ConfigJson.readConfig(file)), option.longestName());
    }
  }

  @Test
  void everyComponentOfTheConfigsIsAnOptionOfTheirCommands() {
    assertEquals(names(OptionDefinition.of(TrainConfig.class)), names("train"));
    assertEquals(names(OptionDefinition.of(SweepConfig.class)), names("sweep"));
    Set<String> planned = names(OptionDefinition.of(ModelConfig.class));
    PlanConfig.OF_MEMORY.forEach(name -> planned.add("--" + name));
    assertEquals(planned, names("inspect"));
    assertEquals(
        names(
            OptionDefinition.of(EvaluateConfig.class).stream()
                .filter(option -> !option.isTrainingOnly())
                .toList()),
        names("predict"));
  }

  private static Set<String> names(List<OptionDefinition> options) {
    return options.stream()
        .flatMap(option -> option.names().stream())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> names(String command) {
    return options(command).stream()
        .flatMap(option -> Arrays.stream(option.names()))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void aResumeComparesEveryOptionAsItsComponentSays(@TempDir Path directory) throws IOException {
    RunDirectory run = new RunDirectory(directory);
    Files.writeString(run.provenance(), "{}");
    for (OptionDefinition option : OptionDefinition.of(TrainConfig.class)) {
      String name = "--" + option.name();
      Map<String, String> before = new TreeMap<>(NEEDED);
      before.putAll(BESIDE.getOrDefault(name, Map.of()));
      ConfigJson.write(train(before, ""), run.config());
      Changes changes = Changes.since(run, train(arguments(name), ""), Map.of());
      boolean serious = option.option().onResume() == Option.OnResume.REFUSE;
      boolean harmless = option.option().onResume() == Option.OnResume.LOG;
      assertEquals(serious, isNamed(changes.serious(), name), name);
      assertEquals(harmless, isNamed(changes.harmless(), name), name);
    }
  }

  private static boolean isNamed(List<Change> changes, String option) {
    return changes.stream().anyMatch(change -> change.what().equals(option));
  }

  @Test
  void theBuilderTakesEveryOption() {
    for (OptionDefinition option : OptionDefinition.of(TrainConfig.class)) {
      Map<String, String> arguments = arguments("--" + option.name());
      Map<String, String> switchedOn = new TreeMap<>(arguments);
      switchedOn.replaceAll((name, value) -> value.isEmpty() ? "true" : value);
      assertEquals(text(train(arguments, "")), text(TrainConfig.fromOptions(switchedOn)));
    }
  }

  /** The config of a run names its files so that it holds from anywhere. */
  private static String absolute(String config) {
    return config.replace(Path.of("").toAbsolutePath() + "/", "");
  }

  @Test
  void everyOptionOfEvaluateAndPredictReachesTheConfig() {
    for (String command : List.of("evaluate", "predict")) {
      Map<String, String> needed = Map.of("--model", "m", "--file", "f.tsv");
      String usual = evaluate(command, needed);
      for (OptionSpec option : options(command)) {
        String name = option.names()[0];
        Map<String, String> arguments = new TreeMap<>(needed);
        arguments.put(name, sample(name));
        assertNotEquals(usual, evaluate(command, arguments), command + " " + name);
      }
    }
  }

  @Test
  void everyOptionOfSweepReachesTheConfigOrIsRefused() {
    Map<String, String> needed = new TreeMap<>(NEEDED);
    String usual = sweep(needed);
    Set<String> refused = new TreeSet<>();
    for (OptionSpec option : options("sweep")) {
      String name = option.longestName();
      Map<String, String> arguments = new TreeMap<>(needed);
      arguments.putAll(BESIDE.getOrDefault(name, Map.of()));
      arguments.put(name, sample(name));
      if (REFUSED_BY_SWEEP.contains(name)) {
        FakeTrainApi trainApi = new FakeTrainApi();
        assertEquals(2, ProgramRun.of(trainApi, line("sweep", arguments, "")).code(), name);
        refused.add(name);
      } else {
        assertNotEquals(usual, sweep(arguments), name);
      }
    }
    assertEquals(REFUSED_BY_SWEEP, refused);
  }

  @Test
  void sweepTriesTheseUnlessTold() {
    FakeTrainApi trainApi = new FakeTrainApi();
    run(trainApi, "sweep", NEEDED, "");
    assertEquals(
        "[0.5, 1.0, 2.0, 5.0, none]",
        Arm.of(trainApi.swept).stream().map(Arm::clipText).toList() + "");
    assertEquals(List.of(42L), trainApi.swept.seeds());
    assertEquals(List.of(5e-5), trainApi.swept.learningRates());
    assertTrue(trainApi.swept.halving());
  }

  private static String sweep(Map<String, String> arguments) {
    FakeTrainApi trainApi = new FakeTrainApi();
    run(trainApi, "sweep", arguments, "");
    return trainApi.swept.toString();
  }

  @Test
  void everyOptionOfInspectReachesThePlan() {
    Map<String, String> needed = new TreeMap<>(NEEDED);
    needed.keySet().removeAll(Set.of("--train-file", "--validation-file", "--output-dir"));
    String usual = plan(needed);
    for (OptionSpec option : options("inspect")) {
      Map<String, String> arguments = new TreeMap<>(needed);
      arguments.putAll(BESIDE.getOrDefault(option.longestName(), Map.of()));
      arguments.put(option.longestName(), sample(option.longestName()));
      assertNotEquals(usual, plan(arguments), option.longestName());
    }
  }

  @Test
  void everyWordThatAnOptionTakesIsInItsDescription() {
    Set<String> seen = new TreeSet<>();
    for (OptionSpec option : options("train")) {
      for (String word : RecordOptions.words(RecordOptions.definition(option))) {
        seen.add(option.longestName());
        assertTrue(String.join(" ", option.description()).contains(word), word);
      }
    }
    assertEquals(
        Set.of(
            "--head",
            "--model-format",
            "--causal-labels",
            "--report",
            "--restore-optimizer",
            "--lora-bias",
            "--pooling",
            "--optimizer",
            "--clip-mode",
            "--norm-compatibility",
            "--precision",
            "--on-nonfinite",
            "--lr-scheduler"),
        seen);
  }

  private static Map<String, String> arguments(String name) {
    Map<String, String> arguments = new TreeMap<>(NEEDED);
    arguments.putAll(BESIDE.getOrDefault(name, Map.of()));
    arguments.put(name, sample(name));
    return arguments;
  }

  private static String sample(String name) {
    String sample = SAMPLES.get(name);
    assertTrue(sample != null, "no sample for " + name + ": add one to SAMPLES");
    return sample;
  }

  private static TrainConfig train(Map<String, String> arguments, String spelling) {
    FakeTrainApi trainApi = new FakeTrainApi();
    run(trainApi, "train", arguments, spelling);
    return trainApi.trained;
  }

  private static String evaluate(String command, Map<String, String> arguments) {
    FakeTrainApi trainApi = new FakeTrainApi();
    run(trainApi, command, arguments, "");
    return trainApi.evaluated.toString();
  }

  private static String plan(Map<String, String> arguments) {
    FakeTrainApi trainApi = new FakeTrainApi();
    Map<String, String> all = new TreeMap<>(arguments);
    all.put("--plan", "");
    run(trainApi, "inspect", all, "");
    return trainApi.inspected + " " + trainApi.planned;
  }

  /** Patterns are equal only to themselves, so configs are compared as text. */
  private static String text(TrainConfig config) {
    return config.toString();
  }

  private static void run(
      FakeTrainApi trainApi, String command, Map<String, String> arguments, String spelling) {
    String[] line = line(command, arguments, spelling);
    ProgramRun run = ProgramRun.of(trainApi, line);
    assertEquals(0, run.code(), () -> Arrays.toString(line) + run.err());
  }

  private static String[] line(String command, Map<String, String> arguments, String spelling) {
    List<String> line = new ArrayList<>(List.of(command));
    arguments.forEach(
        (name, value) -> {
          String spelled = spelling.isEmpty() ? name : "--" + name.substring(2).replace('-', '_');
          line.add(value.isEmpty() ? spelled : spelled + "=" + value);
        });
    return line.toArray(new String[0]);
  }
}
