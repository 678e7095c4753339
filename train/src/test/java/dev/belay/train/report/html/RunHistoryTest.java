package dev.belay.train.report.html;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.train.report.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunHistoryTest {
  @TempDir Path folder;

  private static String norms(long step, double gradient) {
    return "{\"event\":\"norms\",\"step\":"
        + step
        + ",\"layers\":{\"pooler\":{\"gradient\":"
        + gradient
        + ",\"weight\":1,\"update_ratio\":0.001}},\"variables\":{}}";
  }

  @Test
  void stepsThatAResumedRunMadeAgainCountOnce() throws IOException {
    RunDirectory run =
        new WrittenRun(folder)
            .start(4)
            .step(1, 1.0, 2, 0.5)
            .step(2, 0.9, 2, 0.5)
            .line(norms(2, 7))
            .line("{\"event\":\"eval\",\"step\":2,\"loss\":0.8,\"accuracy\":0.5,\"examples\":9}")
            .step(3, 0.8, 2, 0.5)
            .step(2, 0.95, 0.5, 1)
            .line(norms(2, 3))
            .line("{\"event\":\"eval\",\"step\":2,\"loss\":0.7,\"accuracy\":0.6,\"examples\":9}")
            .step(3, 0.85, 0.5, 1)
            .line("{\"event\":\"done\",\"step\":3}")
            .write();
    RunHistory history = RunHistory.read(run.metrics());
    assertEquals(3, history.loss().size());
    assertEquals(0.95, history.loss().value(1));
    assertEquals(1, history.metrics().get("accuracy").size());
    assertEquals(0.6, history.metrics().get("accuracy").last());
    assertEquals(3, history.layers().gradients().get("pooler").last());
    assertEquals(1 / 3.0, history.norms().clippedFraction(), 1e-12);
    assertEquals(4, history.totalSteps());
  }

  @Test
  void aLineThatAKilledRunLeftUnfinishedIsPassedOver() throws IOException {
    RunDirectory run = new WrittenRun(folder).step(1, 1, 2, 0.5).write();
    Files.writeString(run.metrics(), "{\"event\":\"tra", StandardOpenOption.APPEND);
    RunHistory history = RunHistory.read(run.metrics());
    assertEquals(1, history.lastStep());
  }

  @Test
  void aBrokenLineInTheMiddleIsRefused() throws IOException {
    RunDirectory run =
        new WrittenRun(folder).step(1, 1, 2, 0.5).line("{\"event\":").step(2, 1, 2, 0.5).write();
    CorruptModelException refused =
        assertThrows(CorruptModelException.class, () -> RunHistory.read(run.metrics()));
    assertTrue(refused.getMessage().contains("line 2"), refused.getMessage());
  }

  @Test
  void wordsForWhatIsNotFiniteAreRead() throws IOException {
    RunDirectory run =
        new WrittenRun(folder).step(1, Double.NaN, Double.POSITIVE_INFINITY, 0).write();
    RunHistory history = RunHistory.read(run.metrics());
    assertTrue(Double.isNaN(history.loss().value(0)));
    assertEquals(Double.POSITIVE_INFINITY, history.norm().value(0));
    assertEquals(1, history.norms().notFinite());
  }
}
