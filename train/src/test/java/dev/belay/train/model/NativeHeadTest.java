package dev.belay.train.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.configuration.ConfigurationReader;
import dev.belay.savedmodel.configuration.ModelConfiguration;
import dev.belay.savedmodel.tensor.MemoryTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.failure.ModelException;
import dev.belay.train.task.MultiLabelClassification;
import dev.belay.train.task.Regression;
import dev.belay.train.task.SequenceClassification;
import dev.belay.train.task.TokenClassification;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/** The head of a BERT for sequence classification, chosen by options and weights. */
final class NativeHeadTest {
  private static ModelConfiguration bert;

  @BeforeAll
  static void readConfiguration() throws IOException {
    bert = ConfigurationReader.read(Fixtures.path("safetensors_bert", "config.json"));
  }

  /** Only the specification of the weights is read. */
  private static MemoryTensors weights(long outputs) {
    MemoryTensors weights = new MemoryTensors();
    put(weights, "bert.pooler.dense.weight", 32, 32);
    put(weights, "classifier.weight", outputs, 32);
    put(weights, "classifier.bias", outputs);
    return weights;
  }

  private static void put(MemoryTensors weights, String name, long... shape) {
    weights.put(name, new TensorSpec(DataType.DT_FLOAT, Shape.of(shape)), ByteBuffer.allocate(0));
  }

  private static NativeHead head(MemoryTensors weights, String... options) {
    Map<String, List<String>> given = new HashMap<>();
    given.put("model", List.of("bert"));
    for (int i = 0; i < options.length; i += 2) {
      given.put(options[i], List.of(options[i + 1]));
    }
    return NativeHead.of(ConfigBinder.read(ModelConfig.class, given), bert, weights);
  }

  @Test
  void theHeadOfTheWeightsIsTrained() {
    NativeHead head = head(weights(3));
    assertEquals(new SequenceClassification(OptionalInt.of(3)), head.task());
    assertEquals("head classification (classifier)", head.description());
    assertTrue(head.reads("classifier.weight"));
    assertTrue(head.reads("bert.pooler.dense.weight"), "it reads the pooled features");
    assertFalse(head.reads("classifier2.weight"));
    assertFalse(head.reads("bert.encoder.layer.0.output.dense.weight"));
  }

  @Test
  void oneOutputIsANumberAndTheOptionDecidesAboutLabels() {
    assertInstanceOf(Regression.class, head(weights(1)).task());
    assertEquals(
        new MultiLabelClassification(OptionalInt.of(3)),
        head(weights(3), "problem-type", "multi_label_classification").task());
  }

  @Test
  void aNewHeadHasAsManyOutputsAsAreAskedFor() {
    NativeHead head = head(weights(3), "head", "classification", "num-labels", "5");
    assertEquals(OptionalInt.of(5), head.task().outputs());
    assertInstanceOf(
        TokenClassification.class, head(weights(3), "head", "token-classification").task());
  }

  @Test
  void weightsWithoutTheirHeadAreRefused() {
    MemoryTensors body = new MemoryTensors();
    put(body, "bert.pooler.dense.weight", 32, 32);
    String message = assertThrows(ModelException.class, () -> head(body)).getMessage();
    assertTrue(message.contains("found no classifier among the 1 weights"), message);
    assertTrue(message.contains("add a new one with --head"), message);
  }

  @Test
  void aTaskThatTheFamilyLacksIsRefused() {
    String message =
        assertThrows(ModelException.class, () -> head(weights(3), "head", "causal-lm"))
            .getMessage();
    assertTrue(message.startsWith("--head causal-lm: of bert Belay trains "), message);
  }

  @Test
  void thePoolerIsTheLayerOfWholeExamples() {
    assertTrue(NativeHead.isPooler("bert.pooler.dense.bias"));
    assertFalse(NativeHead.isPooler("bert.encoder.pooler.dense.bias"));
    assertFalse(NativeHead.isPooler("pooler.dense.bias"));
  }

  @Test
  void theConfigurationNamesTheClassAndItsLabels() throws IOException {
    JsonNode written =
        new ObjectMapper().readTree(head(weights(2)).configuration(bert, List.of("bad", "good")));
    assertEquals("BertForSequenceClassification", written.path("architectures").path(0).asText());
    assertEquals("good", written.path("id2label").path("1").asText());
    assertEquals(0, written.path("label2id").path("bad").asInt());
    assertEquals(32, written.path("hidden_size").asInt());
  }
}
