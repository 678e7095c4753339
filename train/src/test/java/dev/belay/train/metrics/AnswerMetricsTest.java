package dev.belay.train.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.Fixtures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Exact match and F1 of answers against the formulas of SQuAD in Python. */
class AnswerMetricsTest {

  @Test
  void eachAnswerIsMeasuredAsInPython() throws IOException {
    AnswerMetrics all = new AnswerMetrics();
    double f1 = 0;
    double exact = 0;
    JsonNode rows = Fixtures.json(Fixtures.path("question_answering", "metrics.json"));
    for (JsonNode row : rows) {
      String answer = row.get("answer").asText();
      List<String> expected = new ArrayList<>();
      row.get("expected").forEach(text -> expected.add(text.asText()));
      String place = answer + " for " + expected;
      Map<String, Double> second = of(answer, expected, true);
      assertEquals(row.get("exact").asDouble(), second.get("exact_match"), place);
      assertEquals(row.get("f1").asDouble(), second.get("f1"), 1e-12, place);
      if (!row.get("f1_of_version_1").isNull()) {
        Map<String, Double> first = of(answer, expected, false);
        assertEquals(row.get("f1_of_version_1").asDouble(), first.get("f1"), 1e-12, place);
      }
      all.addAnswer(answer, expected, true);
      f1 += row.get("f1").asDouble();
      exact += row.get("exact").asDouble();
    }
    assertEquals(f1 / rows.size(), all.result().get("f1"), 1e-12);
    assertEquals(exact / rows.size(), all.result().get("exact_match"), 1e-12);
  }

  private static Map<String, Double> of(
      String answer, List<String> expected, boolean mayLackAnswer) {
    AnswerMetrics metrics = new AnswerMetrics();
    metrics.addAnswer(answer, expected, mayLackAnswer);
    return metrics.result();
  }
}
