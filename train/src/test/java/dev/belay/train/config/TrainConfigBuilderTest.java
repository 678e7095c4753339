package dev.belay.train.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class TrainConfigBuilderTest {
  private static TrainConfigBuilder complete() {
    return TrainConfig.builder()
        .model(Path.of("m"))
        .trainFiles(Path.of("a.tsv"), Path.of("b,c.tsv"))
        .outputDirectory(Path.of("r"));
  }

  @Test
  void whatIsNotGivenHasItsDefault() {
    TrainConfig config = complete().learningRate(2e-5).maxGradNorm(0.5).build();
    assertEquals(2e-5, config.optimizer().learningRate());
    assertEquals(0.5, config.clip().maxGradNorm());
    assertEquals(List.of(Path.of("a.tsv"), Path.of("b,c.tsv")), config.data().trainFiles());
    assertEquals(ScheduleConfig.defaults(), config.schedule());
    assertEquals(ModelConfig.of(Path.of("m")), config.model());
  }

  @Test
  void theTypedMethodsSetTheOptionsOfTheirNames() {
    TrainConfig config =
        complete()
            .validationFiles(Path.of("v"))
            .head("token_classification")
            .maxSeqLength(64)
            .trainBatchSize(8)
            .gradientAccumulationSteps(2)
            .optimizer(OptimizerConfig.Kind.BERT_ADAM)
            .weightDecay(0.1)
            .numTrainEpochs(2)
            .maxSteps(7)
            .warmupRatio(0.1)
            .saveSteps(3)
            .seed(9)
            .build();
    Map<String, Object> json = ConfigBinder.json(config);
    Map<String, Object> expected = new LinkedHashMap<>();
    expected.put("validation-file", List.of("v"));
    expected.put("head", "token-classification");
    expected.put("max-seq-length", 64);
    expected.put("train-batch-size", 8);
    expected.put("gradient-accumulation-steps", 2);
    expected.put("optimizer", "bert_adam");
    expected.put("weight-decay", 0.1);
    expected.put("max-steps", 7);
    expected.put("warmup-ratio", 0.1);
    expected.put("save-steps", 3);
    expected.put("seed", 9L);
    expected.forEach((name, value) -> assertEquals(value, json.get(name), name));
    assertEquals(2, config.schedule().numTrainEpochs());
  }

  @Test
  void aConfigBuildsItselfAgain() {
    TrainConfig config = complete().option("clip_group", List.of("a=norm:0.5", "b=none")).build();
    assertEquals(config.toString(), config.toBuilder().build().toString());
    assertEquals(
        config.clip().groups().toString(), config.toBuilder().seed(1).build().clip().groups() + "");
  }

  @Test
  void namesAreThoseOfTheCommandLineAndOfHuggingFace() {
    TrainConfig config =
        TrainConfig.fromOptions(
            Map.of(
                "--model_name_or_path", "m",
                "train_file", "t.tsv",
                "output-dir", "r",
                "per_device_train_batch_size", "4",
                "fp16", "True",
                "do_train", "True",
                "gradient_checkpointing", "True",
                "text_column_name", "review"));
    assertEquals(4, config.data().trainBatchSize());
    assertEquals(UpdateConfig.Precision.FP16, config.update().precision());
    assertTrue(config.model().gradientCheckpointing());
    assertFalse(
        complete()
            .option("gradient_checkpointing", "False")
            .build()
            .model()
            .gradientCheckpointing());
    assertEquals("review", config.data().columns().text().orElseThrow());
  }

  @Test
  void evaluationTakesTheOptionsOfItsCommand() {
    EvaluateConfig config =
        EvaluateConfig.fromOptions(Map.of("model", "m", "validation-file", "dev.tsv"));
    assertEquals(List.of(Path.of("dev.tsv")), config.files());
    assertEquals(
        "learning-rate: unknown option of `belay evaluate`",
        assertThrows(
                ConfigException.class,
                () -> EvaluateConfig.fromOptions(Map.of("model", "m", "learning-rate", "1")))
            .getMessage());
    assertEquals(
        "--file is missing: name a .tsv, .csv, .jsonl or .tfrecord file to read, or - for standard"
            + " input",
        assertThrows(ConfigException.class, () -> EvaluateConfig.fromOptions(Map.of("model", "m")))
            .getMessage());
  }

  @Test
  void everythingThatCannotBeIsSaidAtOnce() {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("learning-rte", "1");
    options.put("epochs", "3");
    options.put("zeppelin", "3");
    options.put("deepspeed", "x");
    assertEquals(
        """
        learning-rte: unknown option; did you mean learning-rate?
        epochs: unknown option; did you mean num-train-epochs or save-epochs?
        zeppelin: unknown option; `belay train --help` lists all
        deepspeed: not an option of Belay: --device gpu:0,1 shares a batch between GPUs, --workers \
        and --cluster-hosts between processes\
        """,
        assertThrows(ConfigException.class, () -> TrainConfig.fromOptions(options)).getMessage());
    Map<String, String> values = new LinkedHashMap<>();
    values.put("learning-rate", "fast");
    values.put("max-steps", "0");
    values.put("output-dir", "r");
    assertEquals(
        """
        --model is missing: name a SavedModel, weights, a checkpoint or a run directory
        --train-file is missing: name a .tsv, .csv, .jsonl or .tfrecord file
        --learning-rate: expected a number, found 'fast'
        --max-steps: expected a whole number of at least 1, found 0\
        """,
        assertThrows(ConfigException.class, () -> TrainConfig.fromOptions(values)).getMessage());
  }
}
