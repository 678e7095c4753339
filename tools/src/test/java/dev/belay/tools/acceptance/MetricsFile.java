package dev.belay.tools.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a run wrote into metrics.jsonl. */
final class MetricsFile {
  private MetricsFile() {}

  /** A number of every train line, in the order of steps. */
  static List<Double> trained(Path run, String name) throws IOException {
    return values(run, "train", name);
  }

  /** A number of every evaluation, in the order of steps. */
  static List<Double> evaluated(Path run, String name) throws IOException {
    return values(run, "eval", name);
  }

  private static List<Double> values(Path run, String kind, String name) throws IOException {
    ObjectMapper json = new ObjectMapper();
    List<Double> values = new ArrayList<>();
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      JsonNode event = json.readTree(line);
      if (event.get("event").textValue().equals(kind)) {
        values.add(event.get(name).doubleValue());
      }
    }
    return values;
  }
}
