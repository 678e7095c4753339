package dev.belay.train.data.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.data.DataException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of JSON that are no lines, and files with a word on each line. */
class RowFormsTest {
  @TempDir Path folder;

  @Test
  void aJsonFileHoldsRowsInThreeForms() throws IOException {
    for (String text :
        List.of(
            "[{\"text\": \"a\", \"label\": 1},\n {\"text\": \"b\", \"label\": 2}]\n",
            "\uFEFF{\"version\": 1, \"data\": [{\"text\": \"a\", \"label\": 1},"
                + " {\"text\": \"b\", \"label\": 2}], \"by\": null}",
            "{\"text\": \"a\", \"label\": 1}\n{\"text\": \"b\", \"label\": 2}")) {
      List<Row> rows = rows(write("a.json", text), DataFile.TextForm.LINES);
      assertEquals(2, rows.size(), text);
      assertEquals(List.of("text", "label"), rows.get(1).columns());
      assertEquals(new Cell.Text("b"), rows.get(1).cells().get(0));
      assertEquals(folder.resolve("a.json") + ": object 2", rows.get(1).position().toString());
    }
  }

  @Test
  void otherJsonIsRefused() throws IOException {
    assertRefused("found a number in place of an object", write("a.json", "[1]"));
    assertRefused("found a list in place of an object", write("b.json", "{\"data\": [[1]]}"));
    assertRefused("more JSON behind the list of rows", write("c.json", "[{\"a\": 1}] {}"));
    assertRefused("no sound JSON", write("d.json", "[{\"a\": 1}"));
    Path latin = folder.resolve("e.json");
    Files.write(latin, "[{\"a\": \"caf\u00e9\"}]".getBytes(StandardCharsets.ISO_8859_1));
    assertRefused("e.json: byte 11: expected UTF-8, found bytes E9 22 7D 5D", latin);
  }

  @Test
  void aSentenceOfCoNllIsARow() throws IOException {
    String text = "-DOCSTART- -X- O\n\n# sent_id = 1\nEU NNP B-ORG\r\n# NN O\n\n\nrejects VBZ O\n";
    for (String name : List.of("a.conll", "a.txt")) {
      List<Row> rows = rows(write(name, text), DataFile.TextForm.TAGGED_WORDS);
      assertEquals(2, rows.size());
      assertEquals(List.of("tokens", "column_2", "labels"), rows.get(0).columns());
      assertEquals(new Cell.Texts(List.of("EU", "#")), rows.get(0).cells().get(0));
      assertEquals(new Cell.Texts(List.of("B-ORG", "O")), rows.get(0).cells().get(2));
      assertEquals(8, rows.get(1).position().number());
    }
    assertRefused("expected 2 columns divided by blanks", write("b.conll", "a O\nb\n"));
    assertRefused("a column is empty or holds a blank", write("c.conll", "New York\tB-LOC\n"));
    Path predicted = write("d.txt", "EU B-ORG\n");
    String message =
        assertThrows(DataException.class, () -> rows(predicted, DataFile.TextForm.LINES_OF_WORDS))
            .getMessage();
    assertTrue(message.contains("name a CoNLL file .conll"), message);
  }

  @Test
  void charactersThatPythonTakesForLineEndsAreRefused() throws IOException {
    assertRefused("a carriage return inside the line", write("a.tsv", "text\na\rb\n"));
    assertRefused(":2: byte 6: expected text, found a NUL byte", write("b.tsv", "text\na\0b\n"));
  }

  private static List<Row> rows(Path file, DataFile.TextForm form) {
    List<Row> rows = new ArrayList<>();
    try (RowReader reader = DataFile.open(file, form)) {
      for (Optional<Row> row = reader.next(); row.isPresent(); row = reader.next()) {
        rows.add(row.get());
      }
    }
    return rows;
  }

  private static void assertRefused(String expected, Path file) {
    String message =
        assertThrows(DataException.class, () -> rows(file, DataFile.TextForm.LINES)).getMessage();
    assertTrue(message.contains(expected), message);
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }
}
