package dev.belay.train.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.belay.savedmodel.weights.WeightFormat;
import dev.belay.train.config.ClipConfig;
import dev.belay.train.config.ClipGroup;
import dev.belay.train.config.DataConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.ReportConfig;
import dev.belay.train.config.TrainConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * config.json: every effective option under the name it has on the command line, defaults included;
 * {@code belay train --config config.json} runs the same again.
 */
public final class ConfigJson {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private ConfigJson() {}

  /** Writes the file. */
  public static void write(TrainConfig config, Path file) throws IOException {
    DurableFile.write(file, JSON.writeValueAsBytes(options(config)));
  }

  /**
   * The options in the order of the manual; those that were not given and have no default are left
   * out.
   */
  public static Map<String, Object> options(TrainConfig config) {
    Map<String, Object> options = new LinkedHashMap<>();
    putModel(options, config.model());
    putData(options, config.data());
    put(options, "optimizer", config.optimizer().kind());
    put(options, "learning-rate", config.optimizer().learningRate());
    put(options, "weight-decay", config.optimizer().weightDecay());
    put(options, "adam-beta1", config.optimizer().beta1());
    put(options, "adam-beta2", config.optimizer().beta2());
    put(options, "adam-epsilon", config.optimizer().epsilon());
    put(options, "momentum", config.optimizer().momentum());
    put(options, "nesterov", config.optimizer().look().nesterov());
    put(options, "amsgrad", config.optimizer().look().amsgrad());
    put(options, "lr-scheduler", config.schedule().kind());
    put(options, "lr-end", config.schedule().end());
    put(options, "lr-power", config.schedule().power());
    if (config.schedule().warmupSteps().isPresent()) {
      put(options, "warmup-steps", config.schedule().warmupSteps());
    } else {
      put(options, "warmup-ratio", config.schedule().warmupRatio());
    }
    if (config.schedule().maxSteps().isPresent()) {
      put(options, "max-steps", config.schedule().maxSteps());
    } else {
      put(options, "num-train-epochs", config.schedule().numTrainEpochs());
    }
    putClip(options, config.clip());
    put(options, "gradient-accumulation-steps", config.update().gradientAccumulationSteps());
    put(options, "precision", config.update().precision());
    put(options, "loss-scale", config.update().lossScale());
    put(options, "loss-scale-growth", config.update().lossScaleGrowth());
    put(options, "on-nonfinite", config.stability().onNonfinite());
    put(options, "max-skipped-steps", config.stability().maxSkippedSteps());
    put(options, "max-rollbacks", config.stability().maxRollbacks());
    put(options, "explode-factor", config.stability().explodeFactor());
    put(options, "logging-steps", config.loop().loggingSteps());
    put(options, "eval-steps", config.loop().evalSteps());
    put(options, "save-steps", config.loop().saveSteps());
    put(options, "save-total-limit", config.loop().saveTotalLimit());
    put(options, "background-save", config.loop().backgroundSave() ? "on" : "off");
    put(options, "load-best-model-at-end", config.loop().loadBestModelAtEnd());
    put(options, "metric-for-best-model", config.loop().metricForBestModel());
    put(options, "early-stopping-patience", config.loop().earlyStoppingPatience());
    put(options, "device", config.machine().device());
    put(options, "threads", config.machine().threads());
    put(options, "gpu-memory-growth", config.machine().gpu().memoryGrowth() ? "on" : "off");
    put(options, "gpu-memory-limit", config.machine().gpu().memoryLimit());
    put(options, "tf32", config.machine().gpu().tf32() ? "on" : "off");
    put(options, "xla", config.machine().gpu().xla() ? "on" : "off");
    put(options, "seed", config.machine().seed());
    put(options, "report", reports(config.report()));
    put(options, "log-layer-norms", config.report().layerNormSteps());
    put(options, "resume", config.resume().text());
    put(options, "allow-changes", config.resume().allowChanges());
    put(options, "output-dir", config.outputDirectory());
    return options;
  }

  private static Object reports(ReportConfig report) {
    return report.kinds().isEmpty() ? "none" : report.kinds().stream().sorted().toList();
  }

  private static void putClip(Map<String, Object> options, ClipConfig clip) {
    put(options, "clip-mode", clip.mode());
    put(options, "max-grad-norm", clip.maxGradNorm());
    put(options, "clip-value", clip.clipValue());
    put(options, "adaptive-clip-lambda", clip.adaptive().lambda());
    put(options, "adaptive-clip-skip", clip.adaptive().skip());
    put(options, "auto-clip-percentile", clip.autoPercentile());
    put(options, "clip-group", clip.groups().stream().map(ClipGroup::toString).toList());
    put(options, "norm-compatibility", clip.norms());
  }

  private static void putModel(Map<String, Object> options, ModelConfig model) {
    put(options, "model", model.path());
    put(options, "model-format", model.files().format().map(WeightFormat::option));
    put(options, "model-config", model.files().configuration());
    put(options, "restore-optimizer", model.files().restoreOptimizer() ? "auto" : "no");
    put(options, "ignore-weights", model.files().ignoredWeights());
    put(options, "from-scratch", model.files().fromScratch());
    put(options, "tag", model.files().tags());
    put(options, "signature", model.signature());
    put(
        options,
        "inputs",
        model.inputs().entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(entry -> entry.getKey() + "=" + entry.getValue())
            .toList());
    put(options, "output", model.output());
    put(options, "head", model.head());
    put(options, "features", model.features());
    put(options, "num-labels", model.labels());
    put(options, "problem-type", model.problem());
    put(options, "trainable", model.trainable());
    put(options, "freeze", model.freeze());
    put(options, "dropout", model.dropout() ? "on" : "off");
    put(options, "model-losses", model.modelLosses() ? "on" : "off");
    put(options, "allow-op", model.trust().allowedOps().stream().sorted().toList());
    put(options, "accept-custom-gradient", model.trust().naturalGradients());
    put(options, "allow-no-gradient", model.trust().withoutGradient());
    put(options, "ignore-constraints", model.trust().ignoredConstraints());
    put(options, "trust-model", model.trust().untried());
  }

  private static void putData(Map<String, Object> options, DataConfig data) {
    put(options, "train-file", data.trainFiles());
    put(options, "validation-file", data.validationFiles());
    put(options, "tokenizer", data.tokenizer());
    put(options, "max-seq-length", data.maxSeqLength());
    put(options, "train-batch-size", data.trainBatchSize());
    put(options, "eval-batch-size", data.evalBatchSize());
    put(options, "shuffle", data.shuffle() ? "on" : "off");
    put(options, "group-by-length", data.groupByLength());
    put(options, "text-column", data.columns().text());
    put(options, "text-pair-column", data.columns().textPair());
    put(options, "label-column", data.columns().labels());
    put(options, "target-column", data.columns().target());
    put(options, "causal-labels", data.columns().causalLabels());
    put(options, "multi-hot", data.columns().multiHot().map(on -> on ? "on" : "off"));
    put(options, "block-size", data.language().blockSize());
    put(options, "mlm-probability", data.language().mlmProbability());
    put(options, "whole-word-mask", data.language().wholeWordMask() ? "on" : "off");
    put(options, "doc-stride", data.question().docStride());
    put(options, "n-best-size", data.question().nBestSize());
    put(options, "max-answer-length", data.question().maxAnswerLength());
    put(options, "version-2-with-negative", data.question().mayLackAnswer());
    put(options, "null-score-diff-threshold", data.question().nullScoreDiffThreshold());
  }

  private static void put(Map<String, Object> options, String name, Object value) {
    if (value instanceof Optional<?> optional) {
      optional.ifPresent(present -> put(options, name, present));
    } else if (value instanceof OptionalInt optional) {
      optional.ifPresent(present -> options.put(name, present));
    } else if (value instanceof OptionalDouble optional) {
      optional.ifPresent(present -> options.put(name, present));
    } else if (value instanceof Collection<?> collection) {
      if (!collection.isEmpty()) {
        options.put(name, collection.stream().map(ConfigJson::plain).toList());
      }
    } else {
      options.put(name, plain(value));
    }
  }

  private static Object plain(Object value) {
    if (value instanceof Path || value instanceof Pattern) {
      return value.toString();
    }
    return value instanceof Enum<?> constant ? constant.name().toLowerCase(Locale.ROOT) : value;
  }
}
