package dev.belay.train.data.example;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.data.DataException;
import dev.belay.train.tokenize.TextTokenizer;
import dev.belay.train.tokenize.TokenizerFinder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PromptCompletionTest {
  private static final int IGNORED = LabelRule.IGNORED;

  /** Byte pairs of a, b and the blank, of which a blank joins the b behind it. */
  private static final String TOKENIZER =
      """
      {"version": "1.0", "added_tokens": [{"id": 4, "content": "<e>", "single_word": false,
       "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
       "normalizer": null, "truncation": null, "padding": null, "post_processor": null,
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
        "use_regex": true}, "decoder": {"type": "ByteLevel",
        "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
       "model": {"type": "BPE", "dropout": null, "unk_token": null,
        "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": false,
        "vocab": {"a": 0, "b": 1, "\u0120": 2, "\u0120b": 3}, "merges": ["\u0120 b"]}}
      """;

  @TempDir Path folder;

  private Dataset read(String rows, int maxLength, String settings) throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), TOKENIZER);
    Files.writeString(folder.resolve("tokenizer_config.json"), settings);
    Path file = Files.writeString(folder.resolve("rows.jsonl"), rows);
    List<FeatureRequest> features =
        List.of(FeatureRequest.ids("input_ids"), FeatureRequest.ids("attention_mask"));
    ExampleOptions options =
        new ExampleOptions(
            features,
            LabelRule.nextTokens(OptionalInt.of(5)),
            maxLength,
            OptionalInt.of(5),
            OptionalInt.of(0),
            Optional.empty(),
            InputRules.byName());
    try (TextTokenizer tokenizer =
        TextTokenizer.open(TokenizerFinder.given(folder), maxLength, Optional.empty())) {
      return DatasetReader.read(List.of(file), options, Optional.of(tokenizer));
    }
  }

  private Dataset read(String rows, int maxLength) throws IOException {
    return read(
        rows,
        maxLength,
        "{\"tokenizer_class\": \"PreTrainedTokenizerFast\", \"eos_token\": \"<e>\"}");
  }

  private static void assertRow(int[] ids, int[] labels, EncodedExample example) {
    assertArrayEquals(ids, ((FeatureRow.Ints) example.features().get(0)).values());
    assertArrayEquals(labels, ((FeatureRow.Ints) example.label().orElseThrow()).values());
  }

  @Test
  void theLossCountsTheCompletionAndItsEnd() throws IOException {
    Dataset dataset =
        read(
            """
            {"prompt": "aa", "completion": " ba"}
            {"prompt": "", "completion": "b"}
            {"prompt": "a", "completion": "b<e>"}
            """,
            16);
    int i = IGNORED;
    assertRow(new int[] {0, 0, 3, 0, 4}, new int[] {i, 3, 0, 4, i}, dataset.examples().get(0));
    assertRow(new int[] {1, 4}, new int[] {4, i}, dataset.examples().get(1));
    assertRow(new int[] {0, 1, 4}, new int[] {1, 4, i}, dataset.examples().get(2));
    assertTrue(dataset.notes().stream().noneMatch(note -> note.contains("TRL")));
  }

  @Test
  void aTokenOfBothIsCountedAsInTrl() throws IOException {
    Dataset dataset = read("{\"prompt\": \"a \", \"completion\": \"ba\"}\n", 16);
    int i = IGNORED;
    assertRow(new int[] {0, 3, 0, 4}, new int[] {i, 0, 4, i}, dataset.examples().get(0));
    assertTrue(
        dataset.notes().stream().anyMatch(note -> note.startsWith("1 of 1 prompts end inside a")));
  }

  @Test
  void longTextsLoseTheirEnd() throws IOException {
    Dataset dataset = read("{\"prompt\": \"aa\", \"completion\": \"aaaa\"}\n", 4);
    int i = IGNORED;
    assertRow(new int[] {0, 0, 0, 0}, new int[] {i, 0, 0, i}, dataset.examples().get(0));
    Dataset full = read("{\"prompt\": \"aa\", \"completion\": \"aa\"}\n", 4);
    assertRow(new int[] {0, 0, 0, 0}, new int[] {i, 0, 0, i}, full.examples().get(0));
  }

  @Test
  void whatCannotBeLearnedIsRefused() {
    String filled =
        assertThrows(
                DataException.class,
                () -> read("{\"prompt\": \"aaaa\", \"completion\": \"a\"}\n", 4))
            .getMessage();
    assertTrue(filled.contains("the prompt alone has 4 tokens, and of its completion"), filled);
    String endless =
        assertThrows(
                DataException.class,
                () ->
                    read(
                        "{\"prompt\": \"a\", \"completion\": \"a\"}\n",
                        8,
                        "{\"tokenizer_class\": \"PreTrainedTokenizerFast\"}"))
            .getMessage();
    assertTrue(endless.contains("need a tokenizer with eos_token"), endless);
    String two =
        assertThrows(
                DataException.class,
                () -> read("{\"prompt\": \"a\", \"completion\": \"a\", \"text\": \"b\"}\n", 8))
            .getMessage();
    assertTrue(two.contains("several columns could be the text"), two);
  }
}
