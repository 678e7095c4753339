package dev.belay.train.data.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.config.ColumnConfig;
import dev.belay.train.config.ConfigBinder;
import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The columns of texts that are compared, and the messages where they are missing. */
final class SentenceColumnsTest {
  private static SentenceColumns find(String columns, String options, boolean compared) {
    Map<String, List<String>> given = new HashMap<>();
    for (String option : options == null ? new String[0] : options.split(" ")) {
      String[] parts = option.split("=");
      given.put(parts[0], List.of(parts[1]));
    }
    return SentenceColumns.find(
        SourcePosition.line(Path.of("a.tsv"), 1),
        new ColumnNames(List.of(columns.split(" "))),
        ConfigBinder.read(ColumnConfig.class, given),
        compared);
  }

  @ParameterizedTest
  @CsvSource({
    "text positive,, text positive",
    "anchor positive negative,, anchor positive negative",
    "query positive negative_1 negative_2 id,, query positive negative_1 negative_2",
    "text text_b score,, text text_b score",
    "sentence1 sentence2 label,, sentence1 sentence2 label",
    "question sentence similarity,, question sentence similarity",
    "q a,text-column=q text-pair-column=a, q a",
    "question passage,text-pair-column=passage, question passage",
    "q a s,text-column=q text-pair-column=a label-column=s, q a s",
  })
  void finds(String columns, String options, String expected) {
    SentenceColumns found = find(columns, options, true);
    String all = String.join(" ", found.texts()) + found.score().map(s -> " " + s).orElse("");
    assertEquals(expected, all);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "text text_b | | texts 'text' and 'text_b' have no score",
        "text negative | | there is a negative and no positive",
        "text positive score | | there are a positive, which is ranked, and a score, 'score'",
        "text | | has no positive and no second text",
        "text label | | has no positive and no second text",
        "a b | | no column of the text",
        "text query positive | | several columns could be the text",
        "text positive | text-column=x | --text-column x: there is no such column",
      })
  void saysWhatIsMissing(String columns, String options, String message) {
    String found =
        assertThrows(DataException.class, () -> find(columns, options, true)).getMessage();
    assertTrue(found.contains(message), found);
    assertTrue(found.contains("found columns: "), found);
  }

  @ParameterizedTest
  @CsvSource({"text positive,, text", "sentence1 sentence2,text-column=sentence2, sentence2"})
  void predictsForOneText(String columns, String options, String expected) {
    assertEquals(List.of(expected), find(columns, options, false).texts());
  }

  @ParameterizedTest
  @CsvSource({"text text_b,", "text other,text-pair-column=other"})
  void refusesTwoTextsOfOneVector(String columns, String options) {
    String found =
        assertThrows(DataException.class, () -> find(columns, options, false)).getMessage();
    assertTrue(found.contains("there are two texts, and a vector is made of one"), found);
  }
}
