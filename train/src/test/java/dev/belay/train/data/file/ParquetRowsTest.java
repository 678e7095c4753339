package dev.belay.train.data.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.Fixtures;
import dev.belay.train.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Parquet files that pyarrow wrote; parquet/make.py of the fixtures has their values. */
final class ParquetRowsTest {
  private static final String REST =
      ", answers=a struct or a map, day=bytes, a date, a time or another type, raw=bytes, a date, a"
          + " time or another type, last=z";

  @TempDir Path folder;

  private static Path fixture(String name) {
    return Fixtures.path("parquet", name + ".parquet");
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

  private static String show(Row row) {
    List<String> cells = new ArrayList<>();
    for (int i = 0; i < row.columns().size(); i++) {
      cells.add(row.columns().get(i) + "=" + show(row.cells().get(i)));
    }
    return String.join(", ", cells);
  }

  private static String show(Cell cell) {
    if (cell instanceof Cell.Integers integers) {
      String all = Arrays.toString(integers.values());
      return integers.list() ? all : all.substring(1, all.length() - 1);
    }
    if (cell instanceof Cell.Decimals decimals) {
      return "" + decimals.values()[0];
    }
    if (cell instanceof Cell.Truth truth) {
      return "" + truth.value();
    }
    if (cell instanceof Cell.Texts texts) {
      return texts.values().toString();
    }
    return cell instanceof Cell.Text text ? text.value() : ((Cell.Other) cell).description();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"snappy", "gzip", "zstd", "none", "plain", "pages2", "pages2_none", "groups"})
  void everyWayOfWritingHasTheSameRows(String name) {
    assertEquals(
        List.of(
            "text=a film, label=0, score=0.5, weight=0.1, good=true, small=1, unsigned=1,"
                + " input_ids=[101, 7, 102], tokens=[a, film], mask=[1, 0]"
                + REST,
            "text=schön 你好 😀, label=1, score=-1.25, weight=0.2, good=false, small=-2,"
                + " unsigned=2, input_ids=[101], tokens=[x], mask=[1]"
                + REST,
            "text=, label=0, score=0.0, weight=0.3, small=3, unsigned=3, input_ids=[], tokens=[],"
                + " mask=[]"
                + REST,
            "text=a film, label=1, score=0.0010000000474974513, weight=0.4, good=true, small=-4,"
                + " unsigned=4"
                + REST,
            "label=1, score=2.0, weight=0.5, good=true, small=5, unsigned=5,"
                + " input_ids=[5, 5, 5, 5], tokens=[y, ], mask=[0]"
                + REST,
            "text=end, label=-100, weight=0.6, good=false, small=-6, unsigned=4294967295,"
                + " input_ids=a list with null in it, tokens=[é], mask=[1]"
                + REST),
        rows(fixture(name)).stream().map(ParquetRowsTest::show).toList());
  }

  @Test
  void manyRowsAreReadInTheirOrder() {
    List<Row> rows = rows(fixture("many"));
    assertEquals(3000, rows.size());
    for (int i = 0; i < 3000; i++) {
      String ids = Arrays.toString(IntStream.range(0, i % 5).toArray());
      assertEquals("label=" + (i * i) % 37 + ", ids=" + ids, show(rows.get(i)));
      assertEquals(i + 1, rows.get(i).position().number());
    }
  }

  @Test
  void theNamesOfClassesAreTold() {
    try (RowReader reader = DataFile.open(fixture("snappy"))) {
      String notes = reader.notes().toString();
      assertTrue(notes.contains("the classes of 'label', from 0: neg, pos"), notes);
      assertTrue(notes.contains("the classes of 'tokens', from 0: O, B"), notes);
    }
  }

  @Test
  void whatIsNotReadIsRefusedByName() throws IOException {
    assertRefused("compressed by BROTLI; expected SNAPPY, GZIP, ZSTD", fixture("brotli"));
    assertRefused("values encoded as DELTA_BINARY_PACKED; expected PLAIN", fixture("delta"));
    assertRefused("pandas.read_parquet", fixture("delta"));
    Path text = Files.writeString(folder.resolve("a.parquet"), "text\tlabel\nno parquet\t1\n");
    assertRefused("does not end with PAR1", text);
    Path empty = Files.writeString(folder.resolve("b.parquet"), "");
    assertRefused("has only 0 bytes", empty);
    Path zipped = Files.writeString(folder.resolve("c.parquet.gz"), "");
    assertRefused("unpack it", zipped);
  }

  private static void assertRefused(String message, Path file) {
    String refused = assertThrows(DataException.class, () -> rows(file)).getMessage();
    assertTrue(refused.contains(message), refused);
  }

  @Test
  void aDamagedFileIsReadOrRefused() throws IOException {
    Random random = new Random(7);
    for (String name : List.of("snappy", "zstd", "gzip", "pages2_none", "groups", "many")) {
      byte[] sound = Files.readAllBytes(fixture(name));
      for (int i = 0; i < 150; i++) {
        byte[] bytes = sound.clone();
        for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        Path file = Files.write(folder.resolve("x.parquet"), bytes);
        try {
          rows(file);
        } catch (DataException refused) {
          assertTrue(refused.getMessage().startsWith(file.toString()), refused.getMessage());
        }
      }
    }
  }

  @Test
  void aFolderIsItsFilesInTheOrderOfTheirNames() throws IOException {
    for (String name : List.of("train-00001-of-00002", "train-00000-of-00002")) {
      Files.copy(fixture("groups"), folder.resolve(name + ".parquet"));
    }
    Files.writeString(folder.resolve("README.md"), "about");
    Path other = Path.of("dev.tsv");
    assertEquals(
        List.of(
            folder.resolve("train-00000-of-00002.parquet"),
            folder.resolve("train-00001-of-00002.parquet"),
            other),
        DataFolder.files(List.of(folder, other)));
    Files.copy(fixture("groups"), folder.resolve("test-00000-of-00001.parquet"));
    String splits =
        assertThrows(DataException.class, () -> DataFolder.files(List.of(folder))).getMessage();
    assertTrue(splits.contains("several splits, test, train: name the files of one"), splits);
    Path none = Files.createDirectory(folder.resolve("none"));
    String refused =
        assertThrows(DataException.class, () -> DataFolder.files(List.of(none))).getMessage();
    assertTrue(refused.contains("a directory without .parquet files"), refused);
  }
}
