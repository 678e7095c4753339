package dev.belay.train.loop;

import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.belay.train.data.batch.BatchPosition;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A saver that has no run to save, so that whatever it would write is an error. */
final class CheckpointSaverTest {

  @Test
  void theCheckpointThatIsThereIsNotWrittenAgain() {
    try (CheckpointSaver saver = new CheckpointSaver(null, 20)) {
      saver.save(20, BatchPosition.START, false, Map.of(), 0);
      saver.save(20, BatchPosition.START, true, Map.of(), 10);
      assertThrows(
          NullPointerException.class,
          () -> saver.save(21, BatchPosition.START, false, Map.of(), 0));
    }
  }

  @Test
  void withoutASaveThereIsNothingToWaitFor() {
    CheckpointSaver saver = new CheckpointSaver(null, 0);
    saver.poll();
    saver.await();
    saver.close();
    saver.close();
  }
}
