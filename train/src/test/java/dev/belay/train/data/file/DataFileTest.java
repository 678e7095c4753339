package dev.belay.train.data.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.data.DataException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFileTest {
  @TempDir Path folder;

  @Test
  void tsvKeepsQuotesAsText() throws IOException {
    Path file = write("a.tsv", "text\tlabel\n\"He said\t1\nit's \"fine\"\t0\n");
    assertEquals(
        List.of("[\"He said, 1]", "[it's \"fine\", 0]"), texts(file), "quotes mean nothing in TSV");
    assertEquals("a.tsv:2", folder.relativize(file) + ":" + rows(file).get(0).position().number());
  }

  @Test
  void tsvTakesByteOrderMarkCrLfAndNoFinalLineBreak() throws IOException {
    Path file = write("a.tsv", "\uFEFFtext\tlabel\r\nläuft\t1\r\n\r\n最后\t0");
    assertEquals(List.of("text", "label"), rows(file).get(0).columns());
    assertEquals(List.of("[läuft, 1]", "[最后, 0]"), texts(file));
    assertEquals(4, rows(file).get(1).position().number(), "the blank line counts");
  }

  @Test
  void tsvOfOneColumnKeepsEmptyTexts() throws IOException {
    assertEquals(List.of("[a]", "[]", "[b]"), texts(write("a.tsv", "text\na\n\nb\n")));
  }

  @Test
  void tsvSaysWhenFieldsLookQuoted() throws IOException {
    Path file = write("a.tsv", "text\tlabel\n\"a \"\"b\"\" c\"\t1\n");
    assertTrue(notes(file).get(0).contains("1 field looks quoted"), notes(file).toString());
  }

  @Test
  void tsvRowOfWrongWidthIsRefused() throws IOException {
    Path file = write("a.tsv", "text\tlabel\nfine\t1\na\tb\t1\n");
    assertMessage(
        file,
        file + ":3: expected 2 columns divided by tabs, as the header has (text, label), found 3");
  }

  @Test
  void csvReadsQuotedFieldsOverSeveralLines() throws IOException {
    Path file =
        write("a.csv", "text,label\n\"one, two\",1\n\"a \"\"b\"\"\r\nc\",0\nplain 5\" pipe,1\n");
    assertEquals(List.of("[one, two, 1]", "[a \"b\"\r\nc, 0]", "[plain 5\" pipe, 1]"), texts(file));
    assertEquals(5, rows(file).get(2).position().number(), "a record has its first line's number");
  }

  @Test
  void csvMayEndInAQuotedLineBreak() throws IOException {
    assertEquals(
        List.of("[1, a\nb\"]"), texts(write("a.csv", "label,text\n1,\"a\nb\"\"\"")), "closed");
  }

  @Test
  void csvQuoteThatIsNeverClosedIsRefused() throws IOException {
    Path file = write("a.csv", "label,text\n1,fine\n0,\"open\n1,x\n1,y\n");
    assertMessage(file, file + ":3: a double quote opens a text and is never closed");
  }

  @Test
  void csvLettersBehindAClosingQuoteAreRefused() throws IOException {
    Path file = write("a.csv", "text,label\n\"a\"b,1\n");
    assertMessage(file, "not CSV as RFC 4180 has it");
    assertMessage(file, "a quote inside a quoted text is written twice");
  }

  @Test
  void csvTakesSemicolonsIfTheHeaderHasThem() throws IOException {
    Path file = write("a.csv", "text;label\n\"a;b\";1\n");
    assertEquals(List.of("[a;b, 1]"), texts(file));
    assertTrue(notes(file).get(0).contains("columns divided by ';'"));
  }

  @Test
  void jsonLinesHaveTypedCells() throws IOException {
    Path file =
        write(
            "a.jsonl",
            """
            {"text": "a\\u4f60\\ud83d\\ude00", "label": 1, "score": 0.5, "none": null, "yes": true}

            {"input_ids": [101, 102], "f": [1, 2.5], "e": [], "s": ["x"], "o": {"a": [1]}, "n": [[1]]}
            """);
    List<Row> rows = rows(file);
    assertEquals(List.of("text", "label", "score", "yes"), rows.get(0).columns());
    assertEquals("[a你😀, [1], [0.5], true]", show(rows.get(0)));
    assertEquals(
        "[[101, 102], [1.0, 2.5], [], [x], an object, a list with a list in it]",
        show(rows.get(1)));
    assertEquals(3, rows.get(1).position().number());
  }

  @Test
  void badJsonIsRefusedWithItsLine() throws IOException {
    Path file = write("a.jsonl", "{\"text\": \"a\"}\n{\"text\": \"a\", }\n");
    assertMessage(file, file + ":2: expected one JSON object per line, found no JSON at column ");
    assertMessage(
        write("b.jsonl", "[{\"text\": 1}]\n"),
        "found a list; a file that is one JSON list is named .json");
    assertMessage(write("c.jsonl", "{\"a\": 1} {\"a\": 2}\n"), "found more behind the first one");
    assertMessage(write("d.jsonl", "{\"a\": 1, \"a\": 2}\n"), "Duplicate field 'a'");
    assertMessage(write("e.jsonl", "text\tlabel\nx\t1\n"), "give it the ending of its format");
    assertMessage(write("f.jsonl", "{\"a\": [1, 2\n"), ":1: expected one JSON object per line");
    assertMessage(write("g.jsonl", "[".repeat(100_000) + "\n"), ":1: ");
    assertMessage(write("h.jsonl", "{\"a\":" + "[".repeat(100_000) + "\n"), ":1: ");
  }

  @Test
  void gzipIsReadAsWhatItHolds() throws IOException {
    Path file = folder.resolve("a.tsv.gz");
    Files.write(file, gzip("text\tlabel\nx\t1\n".getBytes(StandardCharsets.UTF_8)));
    assertEquals(List.of("[x, 1]"), texts(file));
  }

  @Test
  void damagedGzipIsRefused() throws IOException {
    byte[] sound = gzip("text\tlabel\nx\t1\n".repeat(1000).getBytes(StandardCharsets.UTF_8));
    Path cut = folder.resolve("cut.tsv.gz");
    Files.write(cut, java.util.Arrays.copyOf(sound, sound.length / 2));
    assertMessage(cut, cut + ": not a sound gzip file: ");
    assertMessage(
        write("plain.tsv.gz", "text\tlabel\n"), "not a sound gzip file: Not in GZIP format");
  }

  @Test
  void otherEncodingsAreNamedWithLineAndOffset() throws IOException {
    String chinese = "text\tlabel\n好\t1\n酒店弄得比较干净。\t1\n";
    Path gb = folder.resolve("gb.tsv");
    Files.write(gb, chinese.getBytes(Charset.forName("GB18030")));
    assertMessage(
        gb,
        gb
            + ":2: byte 11: expected UTF-8, found bytes BA C3 09 31, which looks like GB18030:"
            + " convert the file first, for example iconv -f GB18030 -t UTF-8 "
            + gb
            + " > ");
    Path latin = folder.resolve("latin.tsv");
    Files.write(latin, "text\tlabel\ncafé\t1\n".getBytes(StandardCharsets.ISO_8859_1));
    assertMessage(
        latin,
        latin + ":2: byte 14: expected UTF-8, found bytes E9 09 31, which looks like windows-1252");
    Path japanese = folder.resolve("sjis.jsonl");
    Files.write(japanese, "{\"text\": \"これはテストです\"}\n".getBytes(Charset.forName("Shift_JIS")));
    assertMessage(japanese, "looks like Shift_JIS");
    Path utf16 = folder.resolve("utf16.csv");
    Files.write(utf16, "text,label\nx,1\n".getBytes(StandardCharsets.UTF_16));
    assertMessage(utf16, utf16 + ":1: expected UTF-8, found UTF-16: convert");
    Path utf16le = folder.resolve("utf16le.csv");
    Files.write(utf16le, "text,label\nx,1\n".getBytes(StandardCharsets.UTF_16LE));
    assertMessage(utf16le, "found UTF-16LE");
    Path quoted = folder.resolve("latin.csv");
    Files.write(quoted, "text,label\n\"a\nü\",1\n".getBytes(StandardCharsets.ISO_8859_1));
    assertMessage(quoted, quoted + ":3: byte 14: expected UTF-8");
  }

  @Test
  void aReplacementCharacterThatIsReallyThereStays() throws IOException {
    assertEquals(List.of("[a\uFFFDb, 1]"), texts(write("a.tsv", "text\tlabel\na\uFFFDb\t1\n")));
  }

  @Test
  void emptyFilesAndHeadersAreRefused() throws IOException {
    Path empty = write("empty.tsv", "");
    assertMessage(empty, empty + ": the file is empty; expected at least one row");
    assertMessage(
        write("blank.csv", "\n\n"), ":1: expected a header with the names of the columns");
    assertMessage(write("twice.tsv", "text\ttext\na\tb\n"), "names the column 'text' twice");
    assertEquals(List.of(), texts(write("header.tsv", "text\tlabel\n")));
    Path gzip = folder.resolve("empty.jsonl.gz");
    Files.write(gzip, gzip(new byte[0]));
    assertMessage(gzip, "the file is empty");
  }

  @Test
  void filesThatAreNotThereOrHaveNoFormatAreRefused() throws IOException {
    Path missing = folder.resolve("missing.tsv");
    assertMessage(missing, missing + ": no such file");
    assertMessage(
        write("a.doc", "x"),
        "expected .tsv, .csv, .jsonl, .json, .txt, .conll, .tfrecord or .parquet; rename");
    assertMessage(
        write("a.arrow", "x"),
        "write it as .jsonl, in Python: dataset.to_json(\"data.jsonl\") of datasets");
    assertMessage(write("a.conllu", "x"), "name it .conll, with --label-column column_4");
    Files.createDirectory(folder.resolve("d.tsv"));
    assertMessage(folder.resolve("d.tsv"), "is a directory");
  }

  @Test
  void aLineOfAMegabyteIsRead() throws IOException {
    String text = "word ".repeat(1 << 18);
    for (String name : List.of("a.tsv", "a.csv")) {
      Path file =
          write(
              name,
              "text"
                  + (name.endsWith("csv") ? "," : "\t")
                  + "label\n"
                  + text
                  + (name.endsWith("csv") ? "," : "\t")
                  + "1\n");
      assertEquals(text.length(), ((Cell.Text) rows(file).get(0).cells().get(0)).value().length());
    }
    Path json = write("a.jsonl", "{\"text\": \"" + text + "\"}\n");
    assertEquals(text.length(), ((Cell.Text) rows(json).get(0).cells().get(0)).value().length());
  }

  @Test
  void aLineWithoutEndIsRefused() throws IOException {
    Path file = folder.resolve("long.tsv.gz");
    byte[] letters = "x".repeat(1 << 20).getBytes(StandardCharsets.US_ASCII);
    try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write("text\n".getBytes(StandardCharsets.US_ASCII));
      for (int i = 0; i < 65; i++) {
        out.write(letters);
      }
    }
    assertMessage(file, file + ":2: the line is longer than 8 MB, the most that one row may have");
  }

  private Path write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  private static List<Row> rows(Path file) {
    List<Row> rows = new ArrayList<>();
    try (RowReader reader = DataFile.open(file)) {
      for (Optional<Row> row = reader.next(); row.isPresent(); row = reader.next()) {
        rows.add(row.get());
      }
    }
    return rows;
  }

  private static List<String> notes(Path file) {
    try (RowReader reader = DataFile.open(file)) {
      Optional<Row> row = reader.next();
      while (row.isPresent()) {
        row = reader.next();
      }
      return reader.notes();
    }
  }

  private static List<String> texts(Path file) {
    return rows(file).stream().map(DataFileTest::show).toList();
  }

  private static String show(Row row) {
    return row.cells().stream().map(DataFileTest::show).toList().toString();
  }

  private static String show(Cell cell) {
    if (cell instanceof Cell.Text text) {
      return text.value();
    }
    if (cell instanceof Cell.Integers integers) {
      return java.util.Arrays.toString(integers.values());
    }
    if (cell instanceof Cell.Decimals decimals) {
      return java.util.Arrays.toString(decimals.values());
    }
    if (cell instanceof Cell.Truth truth) {
      return String.valueOf(truth.value());
    }
    return cell instanceof Cell.Texts texts
        ? texts.values().toString()
        : ((Cell.Other) cell).description();
  }

  private static void assertMessage(Path file, String expected) {
    String message = assertThrows(DataException.class, () -> rows(file)).getMessage();
    assertTrue(message.contains(expected), message);
  }
}
