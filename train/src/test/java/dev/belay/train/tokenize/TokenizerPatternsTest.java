package dev.belay.train.tokenize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.train.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Oniguruma ends the process over each text and pattern that is refused here. */
class TokenizerPatternsTest {
  @TempDir Path folder;

  private TextTokenizer open(String pattern) throws IOException {
    ObjectNode root =
        (ObjectNode)
            new ObjectMapper()
                .readTree(
                    """
                    {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
                     "normalizer": null, "post_processor": null, "decoder": null,
                     "pre_tokenizer": {"type": "Split", "behavior": "Isolated", "invert": false},
                     "model": {"type": "WordLevel", "unk_token": "u", "vocab": {"u": 0}}}
                    """);
    ((ObjectNode) root.path("pre_tokenizer")).putObject("pattern").put("Regex", pattern);
    Path file = folder.resolve("tokenizer.json");
    Files.writeString(file, root.toString());
    return TextTokenizer.open(TokenizerFinder.given(file), 1 << 20, Optional.empty());
  }

  @Test
  void aPatternWithoutABoundIsRefused() {
    String message = assertThrows(DataException.class, () -> open("(x+x+)+y")).getMessage();
    assertEquals(
        folder.resolve("tokenizer.json")
            + ": pre_tokenizer: expected a regular expression whose work on a text has a bound,"
            + " found '(x+x+)+y': a repeat in it matches the same text in several ways, so that its"
            + " work doubles with each letter; write it without a repeat inside of a repeat, or"
            + " tokenize in Python and give a column input_ids",
        message);
  }

  /** Just below its bound each comes to an end in native code, above it is refused. */
  @ParameterizedTest
  @CsvSource({"x+y, 5000, 100000", "x+y|x+z|x+w, 3000, 80000", "x+x+y, 300, 5000"})
  void aTextIsRefusedOnWhichAPatternTakesTooLong(String pattern, int fits, int tooLong)
      throws IOException {
    try (TextTokenizer tokenizer = open(pattern)) {
      assertEquals(1, tokenizer.encode("x".repeat(fits)).length());
      assertEquals(3, tokenizer.encode("a " + "x".repeat(200) + "y b").length());
      String text = "x".repeat(tooLong);
      String message = assertThrows(DataException.class, () -> tokenizer.encode(text)).getMessage();
      assertTrue(
          message.contains(
              ": pre_tokenizer: expected texts on which the regular expression '"
                  + pattern
                  + "' comes to an end, found one of "),
          message);
    }
  }

  @Test
  void aPatternThatCannotFailTakesEveryText() throws IOException {
    try (TextTokenizer tokenizer = open("\\s+|x+|[^x\\s]")) {
      assertEquals(1, tokenizer.encode("x".repeat(1_000_000)).length());
    }
  }
}
