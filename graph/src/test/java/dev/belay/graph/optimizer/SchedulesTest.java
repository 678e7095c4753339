package dev.belay.graph.optimizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.graph.optimizer.Schedules.Span;
import dev.belay.savedmodel.Fixtures;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchedulesTest {

  @ParameterizedTest
  @CsvSource({"constant", "bert_linear", "hf_warmup_linear", "keras_polynomial", "warmup_cosine"})
  void asPythonHasIt(String name) throws IOException {
    JsonNode golden =
        Fixtures.json(Fixtures.path("optimizers", "optimizers.json")).get("schedules").get(name);
    long warmup = golden.get("warmup").asLong();
    Span warm = new Span(golden.get("base_lr").asDouble(), warmup, golden.get("total").asLong());
    Span cold = new Span(warm.peak(), 0, warm.totalSteps());
    double end = golden.get("end_lr").asDouble();
    Schedule schedule =
        switch (name) {
          case "constant" -> Schedules.constant(cold);
          case "bert_linear" -> Schedules.bertLinear(warm, 0);
          case "hf_warmup_linear" -> Schedules.linear(warm, end);
          case "keras_polynomial" ->
              Schedules.polynomial(cold, end, golden.get("power").asDouble());
          default -> Schedules.cosine(warm);
        };
    JsonNode rates = golden.get("lr_f64");
    for (int t = 0; t < rates.size(); t++) {
      // The golden counts steps from 0.
      assertEquals(rates.get(t).asDouble(), schedule.at(t + 1), 1e-15, "step " + (t + 1));
    }
  }

  @Test
  void warmUpStartsAtZeroAndEndsAtThePeak() {
    Schedule schedule = Schedules.constant(new Span(0.1, 4, 10));
    assertEquals(0, schedule.at(1));
    assertEquals(0.075, schedule.at(4), 1e-15);
    assertEquals(0.1, schedule.at(5));
    assertEquals(0.1, schedule.at(1000));
  }

  @Test
  void inverseSquareRootFallsFromTheWarmUp() {
    Schedule schedule = Schedules.inverseSqrt(new Span(1, 4, 100));
    assertEquals(0.5, schedule.at(3), 1e-15);
    assertEquals(1, schedule.at(5), 1e-15);
    assertEquals(0.5, schedule.at(17), 1e-15);
    assertEquals(1, Schedules.inverseSqrt(new Span(1, 0, 100)).at(1), 1e-15);
  }

  @Test
  void refusesWhatCannotBe() {
    assertEquals(
        "The learning rate must be a finite number of 0 or more, such as 5e-5; found NaN.",
        assertThrows(IllegalArgumentException.class, () -> new Span(Double.NaN, 0, 1))
            .getMessage());
    assertEquals(
        "The warm-up must be 0 to all of the training's steps; found 5 warm-up steps of 4.",
        assertThrows(IllegalArgumentException.class, () -> new Span(1, 5, 4)).getMessage());
    assertEquals(
        "Steps count from 1; found 0.",
        assertThrows(
                IllegalArgumentException.class, () -> Schedules.constant(new Span(1, 0, 1)).at(0))
            .getMessage());
  }
}
