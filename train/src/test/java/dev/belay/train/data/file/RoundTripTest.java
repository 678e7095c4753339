package dev.belay.train.data.file;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** What is written by the rules of a format is read back letter by letter. */
class RoundTripTest {
  private static Path folder;

  @BeforeContainer
  static void makeFolder() throws IOException {
    folder = Files.createTempDirectory("belay-rows");
  }

  @AfterContainer
  static void removeFolder() throws IOException {
    for (String name : List.of("a.tsv", "a.csv", "a.jsonl")) {
      Files.deleteIfExists(folder.resolve(name));
    }
    Files.delete(folder);
  }

  @Property(tries = 200)
  void tsv(@ForAll("table") List<List<String>> table) throws IOException {
    StringBuilder text = new StringBuilder("one\ttwo\n");
    List<List<String>> plain = new ArrayList<>();
    for (List<String> row : table) {
      List<String> fields = row.stream().map(field -> field.replaceAll("[\t\r\n]", " ")).toList();
      plain.add(fields);
      text.append(String.join("\t", fields)).append('\n');
    }
    assertEquals(plain, read(Files.writeString(folder.resolve("a.tsv"), text)));
  }

  @Property(tries = 200)
  void csv(@ForAll("table") List<List<String>> table) throws IOException {
    StringBuilder text = new StringBuilder("one,two\r\n");
    for (List<String> row : table) {
      for (String field : row) {
        text.append('"').append(field.replace("\"", "\"\"")).append("\",");
      }
      text.setLength(text.length() - 1);
      text.append("\r\n");
    }
    assertEquals(table, read(Files.writeString(folder.resolve("a.csv"), text)));
  }

  @Property(tries = 200)
  void jsonLines(@ForAll("table") List<List<String>> table) throws IOException {
    StringBuilder text = new StringBuilder();
    for (List<String> row : table) {
      text.append(new ObjectMapper().writeValueAsString(Map.of("text", row.get(0)))).append('\n');
    }
    List<List<String>> expected = table.stream().map(row -> row.subList(0, 1)).toList();
    assertEquals(expected, read(Files.writeString(folder.resolve("a.jsonl"), text + "\n")));
  }

  /** Rows of two fields; quotes, blanks, line breaks and separators are frequent. */
  @Provide
  Arbitrary<List<List<String>>> table() {
    Arbitrary<String> field =
        Arbitraries.strings()
            .withChars("\"\"\",;\t\r\n ab")
            .withCharRange(' ', '~')
            .withCharRange('\u00A0', '\uD7FF')
            .ofMaxLength(12);
    return field.list().ofSize(2).list().ofMinSize(1).ofMaxSize(6);
  }

  private static List<List<String>> read(Path file) {
    List<List<String>> rows = new ArrayList<>();
    try (RowReader reader = DataFile.open(file)) {
      for (Optional<Row> row = reader.next(); row.isPresent(); row = reader.next()) {
        rows.add(row.get().cells().stream().map(cell -> ((Cell.Text) cell).value()).toList());
      }
    }
    return rows;
  }
}
