package dev.belay.train.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.Fixtures;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Metrics against those that seqeval, scikit-learn and scipy gave for the same answers. */
class MetricsTest {
  private static final List<String> ENTITY_LABELS =
      List.of("B-LOC", "B-PER", "I-LOC", "I-PER", "O");

  @Test
  void entitiesAreSeqevals() throws IOException {
    for (JsonNode golden : golden("entities", 6)) {
      EntityMetrics metrics = new EntityMetrics(ENTITY_LABELS);
      for (int example = 0; example < golden.path("expected").size(); example++) {
        JsonNode expected = golden.path("expected").get(example);
        for (int word = 0; word < expected.size(); word++) {
          int best = golden.path("predicted").get(example).get(word).asInt();
          metrics.add(oneOf(ENTITY_LABELS.size(), best), expected.get(word).asInt());
        }
        metrics.endExample();
      }
      assertMetrics(golden, metrics, "f1", "precision", "recall", "accuracy");
    }
  }

  @Test
  void classesAreScikitLearns() throws IOException {
    for (JsonNode golden : golden("classes", 6)) {
      int classes = golden.path("classes").asInt();
      ClassificationMetrics metrics = new ClassificationMetrics(classes);
      for (int i = 0; i < golden.path("expected").size(); i++) {
        int best = golden.path("predicted").get(i).asInt();
        metrics.add(oneOf(classes, best), golden.path("expected").get(i).asInt());
      }
      assertMetrics(
          golden, metrics, "accuracy", classes == 2 ? "f1" : "macro_f1", "matthews_correlation");
    }
  }

  @Test
  void setsOfLabelsAreScikitLearns() throws IOException {
    for (JsonNode golden : golden("label_sets", 5)) {
      int classes = golden.path("expected").get(0).size();
      MultiLabelMetrics metrics = new MultiLabelMetrics(classes);
      for (int i = 0; i < golden.path("expected").size(); i++) {
        float[] logits = new float[classes];
        float[] labels = new float[classes];
        for (int c = 0; c < classes; c++) {
          logits[c] = golden.path("predicted").get(i).get(c).asInt() == 1 ? 0 : -1e-6f;
          labels[c] = golden.path("expected").get(i).get(c).asInt();
        }
        metrics.addSet(logits, labels);
      }
      assertMetrics(golden, metrics, "micro_f1", "macro_f1", "subset_accuracy");
    }
    assertEquals("micro_f1", new MultiLabelMetrics(2).primary());
  }

  @Test
  void numbersAreScipys() throws IOException {
    for (JsonNode golden : golden("numbers", 4)) {
      RegressionMetrics metrics = new RegressionMetrics();
      for (int i = 0; i < golden.path("expected").size(); i++) {
        float predicted = (float) golden.path("predicted").get(i).asDouble();
        metrics.add(new float[] {predicted}, golden.path("expected").get(i).asDouble());
      }
      assertMetrics(golden, metrics, "mse", "mae", "pearson", "spearman");
    }
  }

  @Test
  void entitiesAreMeasuredWhereLabelsNameTheirBeginnings() {
    assertTrue(EntityMetrics.fit(ENTITY_LABELS));
    assertTrue(EntityMetrics.fit(List.of("O", "B-geo-loc", "I-geo-loc")));
    assertFalse(EntityMetrics.fit(List.of("ADJ", "NOUN")));
    assertFalse(EntityMetrics.fit(List.of("O")));
    assertFalse(EntityMetrics.fit(List.of()));
    assertEquals("f1", new EntityMetrics(ENTITY_LABELS).primary());
  }

  /** As seqeval's default mode counts: what ends in S- or E- is followed by another entity. */
  @Test
  void entitiesOfOneWordAndTheirEndsAreTags() {
    List<String> labels = List.of("O", "I-P", "E-P", "S-P", "B-P");
    assertTrue(EntityMetrics.fit(labels));
    EntityMetrics metrics = new EntityMetrics(labels);
    int[] expected = {4, 1, 2, 3, 3, 0}; // B I E, S, S: three entities
    int[] predicted = {4, 1, 2, 2, 3, 1}; // B I E, E, S, I: four, of which three are right
    for (int word = 0; word < expected.length; word++) {
      metrics.add(oneOf(labels.size(), predicted[word]), expected[word]);
    }
    metrics.endExample();
    assertEquals(0.75, metrics.result().get("precision"), 1e-9);
    assertEquals(1, metrics.result().get("recall"), 1e-9);
  }

  private static JsonNode golden(String name, int cases) throws IOException {
    JsonNode golden = Fixtures.json(Fixtures.path("metrics", name + ".json"));
    assertEquals(cases, golden.size());
    return golden;
  }

  private static float[] oneOf(int classes, int best) {
    float[] logits = new float[classes];
    logits[best] = 1;
    return logits;
  }

  private static void assertMetrics(JsonNode golden, Metrics metrics, String... names) {
    assertEquals(List.of(names), List.copyOf(metrics.result().keySet()));
    for (String name : names) {
      assertEquals(golden.path(name).asDouble(), metrics.result().get(name), 1e-9, name);
    }
  }
}
