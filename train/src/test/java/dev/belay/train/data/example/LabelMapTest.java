package dev.belay.train.data.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.belay.train.data.DataException;
import dev.belay.train.data.SourcePosition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelMapTest {
  private static final SourcePosition PLACE = SourcePosition.line(Path.of("dev.tsv"), 7);

  @TempDir Path folder;

  @Test
  void namesAreSortedByLettersNumbersByValue() {
    assertEquals(
        List.of("neg", "neu", "pos"), learn(OptionalInt.empty(), "pos", "neg", "neu").names());
    assertEquals(List.of("-1", "2", "10"), learn(OptionalInt.empty(), "10", "2", "-1").names());
    assertEquals(List.of("10", "2", "x"), learn(OptionalInt.empty(), "10", "2", "x").names());
  }

  @Test
  void numbersAreTheOutputsOfAHeadThatExists() {
    assertEquals(List.of("0", "1", "2"), learn(OptionalInt.of(3), "2", "0").names());
    assertEquals(List.of("neg", "pos"), learn(OptionalInt.of(2), "pos", "neg").names());
  }

  @Test
  void labelsThatDoNotFitAHeadAreRefusedWithTheirPlace() {
    assertMessage(
        "train.tsv:2: label '2': the model's head has 2 outputs; expected labels from 0 to 1, found"
            + " 2: 1, 2; "
            + LabelMap.NAME_THEM
            + ", or train a new head (--head classification)",
        () -> learn(OptionalInt.of(2), "1", "2"));
    assertMessage(
        "train.tsv:1: label 'pos': the model's head has 3 outputs; expected as many different labels,"
            + " found 2: neg, pos; "
            + LabelMap.NAME_THEM
            + ", or train a new head (--head classification)",
        () -> learn(OptionalInt.of(3), "pos", "neg"));
  }

  @Test
  void unknownLabelsAreRefusedWithASuggestion() {
    LabelMap map = LabelMap.of(List.of("negative", "neutral", "positive"));
    assertEquals(2, map.index("positive", PLACE));
    assertMessage(
        "dev.tsv:7: unknown label 'Postive'; expected one of negative, neutral, positive; did you"
            + " mean positive?",
        () -> map.index("Postive", PLACE));
    assertMessage(
        "dev.tsv:7: unknown label ''; expected one of negative, neutral, positive; is the column"
            + " empty in this row?",
        () -> map.index("", PLACE));
    assertMessage(
        "dev.tsv:7: unknown label '3'; expected one of negative, neutral, positive",
        () -> map.index("3", PLACE));
  }

  @Test
  void theNumberOfAnOutputIsUnderstoodWhereClassesHaveNames() {
    LabelMap named = LabelMap.of(List.of("neg", "pos"));
    assertEquals(1, named.index("1", PLACE));
    LabelMap numbers = LabelMap.of(List.of("1", "2"));
    assertEquals(0, numbers.index("1", PLACE));
    assertEquals(0, numbers.index("01", PLACE));
    assertThrows(DataException.class, () -> numbers.index("0", PLACE));
  }

  @Test
  void labelsFileHasOneLabelPerLine() throws IOException {
    Path file = Files.writeString(folder.resolve("labels.txt"), "\uFEFFneg\r\npos\r\n\n");
    assertEquals(List.of("neg", "pos"), LabelMap.read(file).names());
    Files.writeString(file, "a\na\n");
    assertMessage(file + ": a label stands in the list twice: a, a", () -> LabelMap.read(file));
    Files.writeString(file, "\n");
    assertMessage(
        file + ": the list of labels is empty; expected at least one", () -> LabelMap.read(file));
  }

  private static LabelMap learn(OptionalInt classCount, String... labels) {
    Map<String, SourcePosition> seen = new LinkedHashMap<>();
    for (String label : labels) {
      seen.put(label, SourcePosition.line(Path.of("train.tsv"), seen.size() + 1));
    }
    return LabelMap.learn(seen, classCount);
  }

  private static void assertMessage(
      String expected, org.junit.jupiter.api.function.Executable action) {
    assertEquals(expected, assertThrows(DataException.class, action).getMessage());
  }
}
