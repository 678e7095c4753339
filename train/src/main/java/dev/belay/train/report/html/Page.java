package dev.belay.train.report.html;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.train.report.DurableFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One HTML file with everything in it: styles, charts and their data. It loads nothing else. */
final class Page {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> SCRIPTS = List.of("chart.js", "heat.js", "strip.js", "page.js");

  private Page() {}

  /**
   * The file's text.
   *
   * @param title as plain text
   * @param body as HTML, in which whatever came from outside is escaped
   * @param data data of the charts
   */
  static String of(String title, String body, JsonNode data) {
    StringBuilder script = new StringBuilder();
    SCRIPTS.forEach(name -> script.append(resource(name)));
    Map<String, String> parts = new LinkedHashMap<>();
    parts.put("<!--title-->", escaped(title));
    parts.put("/*style*/", resource("page.css"));
    parts.put("<!--body-->", body);
    parts.put("/*data*/", json(data));
    parts.put("/*script*/", script.toString());
    // One pass from left to right, so that no part is replaced inside another.
    String rest = resource("page.html");
    StringBuilder page = new StringBuilder();
    for (Map.Entry<String, String> part : parts.entrySet()) {
      int at = rest.indexOf(part.getKey());
      page.append(rest, 0, at).append(part.getValue());
      rest = rest.substring(at + part.getKey().length());
    }
    return page.append(rest).toString();
  }

  /** Writes a page; a reader never sees half of it. */
  static void write(Path file, String page) {
    DurableFile.write(file, page.getBytes(StandardCharsets.UTF_8));
  }

  /** Text as HTML shows it, in elements and in attributes. */
  static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }

  /** Two columns, both plain text. */
  static String facts(Map<String, String> facts) {
    StringBuilder rows = new StringBuilder("<table class=\"facts\">\n");
    facts.forEach(
        (name, value) ->
            rows.append("<tr><th scope=\"row\">")
                .append(escaped(name))
                .append("</th><td>")
                .append(escaped(value))
                .append("</td></tr>\n"));
    return rows.append("</table>\n").toString();
  }

  /** Paragraphs of plain text. */
  static String reading(List<String> paragraphs) {
    StringBuilder text = new StringBuilder("<div class=\"reading\">\n");
    paragraphs.forEach(paragraph -> text.append("<p>").append(escaped(paragraph)).append("</p>\n"));
    return text.append("</div>\n").toString();
  }

  /** JSON that no HTML parser can mistake for the end of its script. */
  private static String json(JsonNode data) {
    try {
      return JSON.writeValueAsString(data)
          .replace("<", "\\u003c")
          .replace(">", "\\u003e")
          .replace("&", "\\u0026");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String resource(String name) {
    try (InputStream in = Page.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("a resource of Belay cannot be read: " + name, e);
    }
  }
}
