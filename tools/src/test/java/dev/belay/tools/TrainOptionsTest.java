package dev.belay.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.tools.command.BelayCommand;
import dev.belay.tools.command.Context;
import dev.belay.tools.option.DefaultText;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.report.ConfigJson;
import dev.belay.train.sweep.Arm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Every option of every command: its default, its spellings, and that it reaches a config. */
final class TrainOptionsTest {
  private static final Set<String> WITHOUT_CONFIG =
      Set.of("--help", "--verbose", "--config", "--json", "--output-file", "--plan", "--verify");

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
              "--save-total-limit",
              "--background-save",
              "--allow-changes",
              "--load-best-model-at-end",
              "--early-stopping-patience",
              "--report",
              "--log-layer-norms"));

  /** What is given always; a sample for the same option changes it. */
  private static final Map<String, String> NEEDED =
      Map.of(
          "--model", "m",
          "--train-file", "t.tsv",
          "--validation-file", "v.tsv",
          "--output-dir", "r",
          "--head", "classification",
          "--features", "pooled");

  /** What a sample needs beside it. */
  private static final Map<String, Map<String, String>> BESIDE =
      Map.of(
          "--nesterov", Map.of("--optimizer", "momentum"),
          "--lr-power", Map.of("--lr-scheduler", "polynomial"));

  /** For each option a value that is not its default. */
  private static final Map<String, String> SAMPLES =
      Map.ofEntries(
          Map.entry("--model", "other"),
          Map.entry("--model-format", "tf1"),
          Map.entry("--restore-optimizer", "no"),
          Map.entry("--model-config", "bert_config.json"),
          Map.entry("--ignore-weights", "crossattention"),
          Map.entry("--tag", "train,gpu"),
          Map.entry("--signature", "serving"),
          Map.entry("--inputs", "input_ids=ids,attention_mask=mask"),
          Map.entry("--output", "scores"),
          Map.entry("--problem-type", "multi_label_classification"),
          Map.entry("--model-losses", "off"),
          Map.entry("--allow-op", "ReadFile"),
          Map.entry("--trust-model", ""),
          Map.entry("--head", "regression"),
          Map.entry("--from-scratch", ""),
          Map.entry("--features", "hidden"),
          Map.entry("--num-labels", "5"),
          Map.entry("--trainable", "dense"),
          Map.entry("--freeze", "embeddings"),
          Map.entry("--dropout", "off"),
          Map.entry("--accept-custom-gradient", ""),
          Map.entry("--allow-no-gradient", "pooler"),
          Map.entry("--ignore-constraints", "kernel"),
          Map.entry("--train-file", "other.tsv"),
          Map.entry("--validation-file", "other.tsv"),
          Map.entry("--train-batch-size", "8"),
          Map.entry("--shuffle", "off"),
          Map.entry("--group-by-length", ""),
          Map.entry("--text-column", "review"),
          Map.entry("--text-column-name", "review"),
          Map.entry("--text-pair-column", "answer"),
          Map.entry("--label-column", "stars,likes"),
          Map.entry("--label-column-name", "stars"),
          Map.entry("--target-column", "title"),
          Map.entry("--causal-labels", "shifted"),
          Map.entry("--multi-hot", "off"),
          Map.entry("--block-size", "64"),
          Map.entry("--mlm-probability", "0.3"),
          Map.entry("--whole-word-mask", "on"),
          Map.entry("--doc-stride", "64"),
          Map.entry("--n-best-size", "5"),
          Map.entry("--max-answer-length", "10"),
          Map.entry("--version-2-with-negative", ""),
          Map.entry("--null-score-diff-threshold", "-1.5"),
          Map.entry("--n-best", ""),
          Map.entry("--num-beams", "4"),
          Map.entry("--max-new-tokens", "8"),
          Map.entry("--length-penalty", "0.5"),
          Map.entry("--tokenizer", "vocab.txt"),
          Map.entry("--max-seq-length", "64"),
          Map.entry("--eval-batch-size", "8"),
          Map.entry("--optimizer", "sgd"),
          Map.entry("--learning-rate", "1e-3"),
          Map.entry("--weight-decay", "0.1"),
          Map.entry("--adam-beta1", "0.8"),
          Map.entry("--adam-beta2", "0.99"),
          Map.entry("--adam-epsilon", "1e-6"),
          Map.entry("--momentum", "0.5"),
          Map.entry("--max-grad-norm", "5"),
          Map.entry("--clip-mode", "none"),
          Map.entry("--clip-value", "0.5"),
          Map.entry("--adaptive-clip-lambda", "0.1"),
          Map.entry("--adaptive-clip-skip", "bias"),
          Map.entry("--auto-clip-percentile", "50"),
          Map.entry("--clip-group", "embeddings=norm:0.5"),
          Map.entry("--norm-compatibility", "tf"),
          Map.entry("--nesterov", ""),
          Map.entry("--amsgrad", ""),
          Map.entry("--gradient-accumulation-steps", "4"),
          Map.entry("--precision", "fp16"),
          Map.entry("--loss-scale", "1024"),
          Map.entry("--loss-scale-growth", "100"),
          Map.entry("--on-nonfinite", "skip"),
          Map.entry("--max-skipped-steps", "3"),
          Map.entry("--max-rollbacks", "1"),
          Map.entry("--explode-factor", "20"),
          Map.entry("--num-train-epochs", "0.5"),
          Map.entry("--max-steps", "10"),
          Map.entry("--lr-scheduler", "cosine"),
          Map.entry("--lr-end", "1e-6"),
          Map.entry("--lr-power", "2"),
          Map.entry("--warmup-steps", "10"),
          Map.entry("--warmup-ratio", "0.1"),
          Map.entry("--output-dir", "other"),
          Map.entry("--seed", "1"),
          Map.entry("--logging-steps", "10"),
          Map.entry("--eval-steps", "10"),
          Map.entry("--save-steps", "10"),
          Map.entry("--save-total-limit", "2"),
          Map.entry("--background-save", "off"),
          Map.entry("--resume", "never"),
          Map.entry("--allow-changes", ""),
          Map.entry("--load-best-model-at-end", ""),
          Map.entry("--metric-for-best-model", "loss"),
          Map.entry("--early-stopping-patience", "3"),
          Map.entry("--report", "none"),
          Map.entry("--log-layer-norms", "10"),
          Map.entry("--clip-norms", "3,none"),
          Map.entry("--clip-modes", "norm"),
          Map.entry("--learning-rates", "1e-3,1e-4"),
          Map.entry("--seeds", "7,8"),
          Map.entry("--halving", "off"),
          Map.entry("--device", "cpu"),
          Map.entry("--threads", "2"),
          Map.entry("--gpu-memory-growth", "off"),
          Map.entry("--gpu-memory-limit", "4096"),
          Map.entry("--tf32", "off"),
          Map.entry("--xla", "on"),
          Map.entry("--file", "d.tsv"),
          Map.entry("--labels", "no,yes"));

  private static CommandLine command(String name) {
    return BelayCommand.commandLine(new Context(new FakeDoors(), null, List.of()))
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
      String text = new DefaultText().defaultValue(option);
      if (text != null) {
        defaults.put(option.longestName(), text);
      }
    }
    assertEquals(
        new TreeMap<>(
            Map.ofEntries(
                Map.entry("--head", "none"),
                Map.entry("--restore-optimizer", "auto"),
                Map.entry("--dropout", "on"),
                Map.entry("--model-losses", "on"),
                Map.entry("--train-batch-size", "32"),
                Map.entry("--shuffle", "on"),
                Map.entry("--max-seq-length", "128"),
                Map.entry("--eval-batch-size", "32"),
                Map.entry("--mlm-probability", "0.15"),
                Map.entry("--whole-word-mask", "off"),
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
                Map.entry("--seed", "42"),
                Map.entry("--logging-steps", "1"),
                Map.entry("--log-layer-norms", "0"),
                Map.entry("--resume", "auto"),
                Map.entry("--background-save", "on"),
                Map.entry("--gpu-memory-growth", "on"),
                Map.entry("--tf32", "on"),
                Map.entry("--xla", "off"),
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
        FakeDoors doors = new FakeDoors();
        assertEquals(2, ProgramRun.of(doors, line("sweep", arguments, "")).code(), name);
        refused.add(name);
      } else {
        assertNotEquals(usual, sweep(arguments), name);
      }
    }
    assertEquals(REFUSED_BY_SWEEP, refused);
  }

  @Test
  void sweepTriesTheseUnlessTold() {
    FakeDoors doors = new FakeDoors();
    run(doors, "sweep", NEEDED, "");
    assertEquals(
        "[0.5, 1.0, 2.0, 5.0, none]",
        Arm.of(doors.swept).stream().map(Arm::clipText).toList() + "");
    assertEquals(List.of(42L), doors.swept.seeds());
    assertEquals(List.of(5e-5), doors.swept.learningRates());
    assertTrue(doors.swept.halving());
  }

  private static String sweep(Map<String, String> arguments) {
    FakeDoors doors = new FakeDoors();
    run(doors, "sweep", arguments, "");
    return doors.swept.toString();
  }

  @Test
  void everyOptionOfInspectReachesThePlan() {
    Map<String, String> needed = new TreeMap<>(NEEDED);
    needed.keySet().removeAll(Set.of("--train-file", "--validation-file", "--output-dir"));
    String usual = plan(needed);
    for (OptionSpec option : options("inspect")) {
      Map<String, String> arguments = new TreeMap<>(needed);
      arguments.put(option.longestName(), sample(option.longestName()));
      assertNotEquals(usual, plan(arguments), option.longestName());
    }
  }

  @Test
  void everyWordThatAnOptionTakesIsInItsDescription() {
    Set<String> seen = new TreeSet<>();
    for (OptionSpec option : options("train")) {
      boolean tasks = option.longestName().equals("--head");
      if (tasks || option.type().isEnum()) {
        seen.add(option.longestName());
        for (String constant : option.completionCandidates()) {
          String word = constant.toLowerCase(Locale.ROOT).replace('-', '_');
          String said = String.join(" ", option.description()).replace('-', '_');
          assertTrue(said.contains(word), word);
        }
      }
    }
    assertEquals(
        Set.of(
            "--head",
            "--restore-optimizer",
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
    FakeDoors doors = new FakeDoors();
    run(doors, "train", arguments, spelling);
    return doors.trained;
  }

  private static String evaluate(String command, Map<String, String> arguments) {
    FakeDoors doors = new FakeDoors();
    run(doors, command, arguments, "");
    return doors.evaluated.toString();
  }

  private static String plan(Map<String, String> arguments) {
    FakeDoors doors = new FakeDoors();
    Map<String, String> all = new TreeMap<>(arguments);
    all.put("--plan", "");
    run(doors, "inspect", all, "");
    return doors.inspected + " " + doors.planned;
  }

  /** Patterns are equal only to themselves, so configs are compared as text. */
  private static String text(TrainConfig config) {
    return config.toString();
  }

  private static void run(
      FakeDoors doors, String command, Map<String, String> arguments, String spelling) {
    String[] line = line(command, arguments, spelling);
    ProgramRun run = ProgramRun.of(doors, line);
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
