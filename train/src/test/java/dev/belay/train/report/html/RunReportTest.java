package dev.belay.train.report.html;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.train.report.RunDirectory;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunReportTest {
  private static final Pattern DATA =
      Pattern.compile("<script type=\"application/json\" id=\"data\">(.*?)</script>");

  @TempDir Path folder;

  private static JsonNode data(String page) throws IOException {
    Matcher data = DATA.matcher(page);
    assertTrue(data.find());
    return new ObjectMapper().readTree(data.group(1));
  }

  @Test
  void namesThatLookLikeHtmlAreHarmless() throws IOException {
    String evil = "</script><script>alert(1)</script>";
    String json = evil.replace("/", "\\/");
    RunDirectory run =
        new WrittenRun(folder.resolve("run"))
            .facts(
                "\"status\":\"do<b>ne\",\"labels\":[\""
                    + json
                    + "\",\"a&b'\"],\"command\":[\""
                    + json
                    + "\"]")
            .step(1, 1, 2, 0.5)
            .line("{\"event\":\"eval\",\"step\":1,\"" + json + "\":0.5}")
            .line(
                "{\"event\":\"norms\",\"step\":1,\"layers\":{\""
                    + json
                    + "\":{\"gradient\":1,\"update_ratio\":1}}}")
            .write();
    String page = Files.readString(RunReport.write(run));
    assertFalse(page.contains("alert(1)</script>"), "a name became a script");
    assertFalse(page.contains("do<b>ne"), "a status became an element");
    assertEquals(2, page.split("<script", -1).length - 1, "the page's own data and code");
    assertEquals(2, page.split("</script>", -1).length - 1);
    assertTrue(page.contains("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;, a&amp;b&#39;"));
    JsonNode charts = data(page).get("charts");
    assertEquals(evil, charts.get(4).get("series").get(0).get("name").asText());
    assertEquals(evil, charts.get(5).get("rows").get(0).asText());
  }

  @Test
  void thePageAsksForNothingFromOutside() throws IOException {
    RunDirectory run = new WrittenRun(folder).step(1, 1, 2, 0.5).write();
    String page = Files.readString(RunReport.write(run));
    String withoutNames = page.replace("http://www.w3.org/2000/svg", "");
    assertFalse(withoutNames.matches("(?s).*(https?:)?//[a-z].*"), "an address in the page");
    assertTrue(page.contains("default-src 'none'"));
  }

  @Test
  void chartsHoldWhatTheRunWrote() throws IOException {
    RunDirectory run =
        new WrittenRun(folder).step(1, 0.75, 2, 0.5).step(2, Double.NaN, 0.5, 1).write();
    JsonNode charts = data(Files.readString(RunReport.write(run))).get("charts");
    assertEquals("Loss", charts.get(0).get("title").asText());
    assertEquals("[0.75,\"NaN\"]", charts.get(0).get("series").get(0).get("y").toString());
    assertEquals("[2,0.5]", charts.get(1).get("series").get(0).get("y").toString());
    assertEquals("[1,0.5]", charts.get(1).get("series").get(1).get("y").toString());
    assertEquals("threshold 1.0", charts.get(1).get("levels").get(0).get("name").asText());
    assertEquals("[0.5,1]", charts.get(2).get("series").get(0).get("y").toString());
  }

  @Test
  void aMillionStepsFitIntoTwoMegabytes() throws IOException {
    RunDirectory run = new WrittenRun(folder).start(1_000_000).write();
    StringBuilder layers = new StringBuilder();
    for (int layer = 0; layer < 50; layer++) {
      layers
          .append(layer == 0 ? "" : ",")
          .append("\"encoder/layer_" + layer + "\":{\"gradient\":0.123456,\"update_ratio\":1e-5}");
    }
    try (BufferedWriter lines = Files.newBufferedWriter(run.metrics())) {
      for (int step = 1; step <= 1_000_000; step++) {
        lines.write(
            "{\"event\":\"train\",\"step\":"
                + step
                + ",\"loss\":"
                + (0.3 + step % 997 / 3e3)
                + ",\"grad_norm\":"
                + (1 + step % 101 / 7.0)
                + ",\"grad_norm_clipped\":1,\"clip_scale\":0.7123456,\"clipped\":true,"
                + "\"learning_rate\":1.234567e-5}\n");
        if (step % 1000 == 0) {
          lines.write("{\"event\":\"norms\",\"step\":" + step + ",\"layers\":{" + layers + "}}\n");
        }
      }
    }
    long bytes = Files.size(RunReport.write(run));
    assertTrue(bytes < 2_000_000, "the page has " + bytes + " bytes");
    assertTrue(bytes > 200_000, "the page has only " + bytes + " bytes");
  }
}
