package dev.belay.train.data.language;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.data.DataException;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.DatasetReader;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.example.ExampleOptions;
import dev.belay.train.data.example.FeatureRequest;
import dev.belay.train.data.example.FeatureRow;
import dev.belay.train.data.example.LabelRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextBlocksTest {
  private static final LabelRule NEXT = LabelRule.nextTokens(OptionalInt.of(10));
  private static final LabelRule HIDDEN = LabelRule.hiddenTokens(OptionalInt.of(10));

  @TempDir private Path folder;

  private Dataset read(LabelRule rule, String... features) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("a.jsonl"),
            """
            {"input_ids": [1, 2, 3], "age": 1}
            {"input_ids": [4], "age": 2}
            {"input_ids": [5, 6, 7], "age": 3}
            """);
    List<FeatureRequest> requests = List.of(features).stream().map(FeatureRequest::ids).toList();
    return DatasetReader.read(
        List.of(file),
        new ExampleOptions(requests, rule, 99, OptionalInt.of(10), OptionalInt.empty()),
        Optional.empty());
  }

  private static int[] ints(FeatureRow row) {
    return ((FeatureRow.Ints) row).values();
  }

  /** Of each token the one after it is the label, once; a block's last has none. */
  @Test
  void textsAreJoinedAndCut() throws IOException {
    assertArrayEquals(
        new int[] {2, 3, -100},
        ints(read(NEXT, "input_ids").examples().get(0).label().orElseThrow()));
    Dataset texts = read(HIDDEN, "input_ids", "attention_mask");
    Dataset blocks = TextBlocks.of(texts, 2, NEXT);
    assertEquals(3, blocks.size());
    assertEquals(2, blocks.options().maxLength());
    EncodedExample second = blocks.examples().get(1);
    assertArrayEquals(new int[] {3, 4}, ints(second.features().get(0)));
    assertArrayEquals(new int[] {1, 1}, ints(second.features().get(1)));
    assertArrayEquals(new int[] {4, -100}, ints(second.label().orElseThrow()));
    assertEquals(folder.resolve("a.jsonl") + ":1", second.source().toString());
    assertEquals(folder.resolve("a.jsonl") + ":3", blocks.examples().get(2).source().toString());
    assertTrue(
        blocks
            .notes()
            .contains(
                "3 texts of 7 tokens became 3 blocks of 2; the last 1 tokens fill none and are left"
                    + " out"),
        blocks.notes().toString());
  }

  @Test
  void hiddenWordsGetTheirLabelsLater() throws IOException {
    Dataset blocks = TextBlocks.of(read(HIDDEN, "input_ids"), 7, HIDDEN);
    assertTrue(blocks.examples().get(0).label().isEmpty());
  }

  @Test
  void whatCannotBeJoinedIsRefused() throws IOException {
    Dataset texts = read(HIDDEN, "input_ids");
    assertEquals(
        folder.resolve("a.jsonl")
            + ": all its texts together have 7 tokens; expected at least one block of --block-size"
            + " 8: choose a smaller one",
        assertThrows(DataException.class, () -> TextBlocks.of(texts, 8, NEXT)).getMessage());
    Dataset aged = read(HIDDEN, "input_ids", "age");
    assertEquals(
        "--block-size joins texts of tokens alone, and the model also wants 'age' of each text:"
            + " leave --block-size out",
        assertThrows(DataException.class, () -> TextBlocks.of(aged, 2, NEXT)).getMessage());
  }
}
