package dev.belay.train;

import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.DataConfig;
import dev.belay.train.config.EvaluateConfig;
import dev.belay.train.config.GenerationConfig;
import dev.belay.train.config.MachineConfig;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.model.ModelSandbox;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/**
 * Settings with which a {@link Predictor} tokenizes texts and runs its model. Immutable; start from
 * {@link #defaults}.
 *
 * @param data tokenizer, maximum sequence length, batch size ({@code evalBatchSize}), questions;
 *     its files are not read
 * @param machine device and threads
 * @param labels class names in the order of the logits; empty: those of the model
 * @param generation decoding options of a language model
 * @param nBest whether all candidates of a question are returned, not only the best answer
 * @param sandbox validates the model before it is loaded into this process
 * @param warmUp whether loading ends with predictions for a short and a long text, so that the
 *     first request is as fast as later ones
 */
public record PredictorOptions(
    DataConfig data,
    MachineConfig machine,
    List<String> labels,
    GenerationConfig generation,
    boolean nBest,
    ModelSandbox sandbox,
    boolean warmUp) {

  public PredictorOptions {
    labels = List.copyOf(labels);
  }

  /** Defaults of {@code belay predict}, for a model that is trusted. */
  public static PredictorOptions defaults() {
    return new PredictorOptions(
        DataConfig.of(List.of(), List.of()),
        MachineConfig.defaults(),
        List.of(),
        GenerationConfig.defaults(),
        false,
        ModelSandbox.TRUSTING,
        true);
  }

  /** The same with this tokenizer: vocab.txt, tokenizer.json or a folder. */
  public PredictorOptions withTokenizer(Path tokenizer) {
    return withData(data.withTokenizer(tokenizer));
  }

  /** The same with sequences of at most that many tokens, special tokens included. */
  public PredictorOptions withMaxSeqLength(int tokens) {
    return withData(data.withMaxSeqLength(tokens));
  }

  /** The same with at most that many texts in a batch. */
  public PredictorOptions withBatchSize(int texts) {
    return withData(data.withEvalBatchSize(texts));
  }

  /** The same with other settings for texts and questions. */
  public PredictorOptions withData(DataConfig other) {
    return new PredictorOptions(other, machine, labels, generation, nBest, sandbox, warmUp);
  }

  /** The same on another device or with another number of threads. */
  public PredictorOptions withMachine(MachineConfig other) {
    return new PredictorOptions(data, other, labels, generation, nBest, sandbox, warmUp);
  }

  /** The same on this device: {@code auto}, {@code cpu} or {@code gpu:N}. */
  public PredictorOptions withDevice(String device) {
    return withMachine(ConfigBinder.with(machine, "device", device));
  }

  /** The same with that many threads of TensorFlow. */
  public PredictorOptions withThreads(int threads) {
    return withMachine(ConfigBinder.with(machine, "threads", OptionalInt.of(threads)));
  }

  /** The same with these names of the classes, in the order of the logits. */
  public PredictorOptions withLabels(List<String> names) {
    return new PredictorOptions(data, machine, names, generation, nBest, sandbox, warmUp);
  }

  /** The same with these decoding options of a language model. */
  public PredictorOptions withGeneration(GenerationConfig other) {
    return new PredictorOptions(data, machine, labels, other, nBest, sandbox, warmUp);
  }

  /** The same with all candidates of a question. */
  public PredictorOptions withNBest() {
    return new PredictorOptions(data, machine, labels, generation, true, sandbox, warmUp);
  }

  /** The same for a model that is loaded in this sandbox first. */
  public PredictorOptions withSandbox(ModelSandbox other) {
    return new PredictorOptions(data, machine, labels, generation, nBest, other, warmUp);
  }

  /** The same without predictions while the model is loaded. */
  public PredictorOptions withoutWarmUp() {
    return new PredictorOptions(data, machine, labels, generation, nBest, sandbox, false);
  }

  EvaluateConfig of(ModelConfig model) {
    return new EvaluateConfig(model, data, machine, List.of(), labels, generation, nBest);
  }
}
