package dev.belay.train.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.belay.graph.optimizer.Schedule;
import dev.belay.train.config.ScheduleConfig.Kind;
import dev.belay.train.model.UpdateRules;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class ScheduleConfigTest {
  private static ScheduleConfig config(Kind kind, double end, double power) {
    return new ScheduleConfig(kind, end, power, OptionalInt.of(2), 0, 3, OptionalInt.of(12));
  }

  private static Schedule schedule(ScheduleConfig config) {
    return UpdateRules.schedule(config, OptimizerConfig.defaults(), 12);
  }

  @Test
  void aLineAndAPolynomialEndWhereTheyAreTold() {
    double peak = OptimizerConfig.defaults().learningRate();
    Schedule line = schedule(config(Kind.LINEAR, 1e-5, 1));
    assertEquals(peak, line.at(3), 1e-18);
    assertEquals(1e-5 + (peak - 1e-5) / 2, line.at(8), 1e-18);
    assertEquals(1e-5, line.at(13), 1e-18);
    Schedule square = schedule(config(Kind.POLYNOMIAL, 1e-5, 2));
    assertEquals(1e-5 + (peak - 1e-5) / 4, square.at(8), 1e-18);
    assertEquals(
        schedule(config(Kind.LINEAR, 0, 1)).at(7), schedule(config(Kind.POLYNOMIAL, 0, 1)).at(7));
  }

  @Test
  void anEndOrAPowerThatWouldNotActIsRefused() {
    assertEquals(
        List.of(
            "--lr-end is the end of a linear or polynomial schedule: leave it out, or choose another"
                + " --lr-scheduler",
            "--lr-power shapes a polynomial schedule: leave it out, or add --lr-scheduler"
                + " polynomial"),
        assertThrows(ConfigException.class, () -> config(Kind.COSINE, 1e-6, 2)).problems());
  }
}
