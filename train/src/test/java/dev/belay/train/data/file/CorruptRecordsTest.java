package dev.belay.train.data.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.Fixtures;
import dev.belay.train.data.DataException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The broken TFRecord files of the fixture: each refused by name, soon, the sound one read. */
class CorruptRecordsTest {

  @Test
  void everyCaseIsRefusedByNameAndTheControlIsRead() throws IOException {
    int refused = 0;
    int read = 0;
    for (JsonNode record : Fixtures.json(Fixtures.path("corrupt", "cases.json"))) {
      if (!record.path("kind").asText().equals("tfrecord")) {
        continue;
      }
      Path file = Fixtures.path("corrupt").resolve(record.path("path").asText());
      if (record.path("name").asText().startsWith("ok_")) {
        assertTrue(rows(file) > 0);
        read++;
      } else {
        String message =
            assertTimeoutPreemptively(
                Duration.ofSeconds(5),
                () -> assertThrows(DataException.class, () -> rows(file)).getMessage());
        assertTrue(message.startsWith(file + ": record "), message);
        refused++;
      }
    }
    assertEquals(5, refused);
    assertEquals(1, read);
  }

  private static int rows(Path file) {
    int count = 0;
    try (RowReader reader = DataFile.open(file)) {
      while (reader.next().isPresent()) {
        count++;
      }
    }
    return count;
  }
}
