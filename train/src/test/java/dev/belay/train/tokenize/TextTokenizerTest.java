package dev.belay.train.tokenize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.savedmodel.Fixtures;
import dev.belay.train.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextTokenizerTest {
  private static final Path VOCABULARY = Fixtures.path("tokenizer", "vocab.txt");
  private static final TextTokenizer SHARED =
      TextTokenizer.open(TokenizerFinder.given(VOCABULARY), 16, Optional.of(true));
  private static final int CLS = 22;
  private static final int SEP = 23;

  @TempDir Path folder;

  @Property(tries = 500)
  void anyCharactersGiveIdsOfTheVocabulary(@ForAll("anyText") String text) {
    TokenIds ids = SHARED.encode(text);
    assertTrue(ids.length() >= 2 && ids.length() <= 16);
    assertEquals(CLS, ids.inputIds()[0]);
    assertEquals(SEP, ids.inputIds()[ids.length() - 1]);
    assertTrue(Arrays.stream(ids.inputIds()).allMatch(id -> id >= 0 && id < 1000));
  }

  @Property(tries = 300)
  void pairsAreCutTogether(@ForAll("anyText") String first, @ForAll("anyText") String second) {
    TokenIds ids = SHARED.encode(TextPair.of(first, second));
    assertTrue(ids.length() >= 3 && ids.length() <= 16);
    assertEquals(SEP, ids.inputIds()[ids.length() - 1]);
    assertEquals(1, ids.tokenTypeIds()[ids.length() - 1]);
    int[] types = ids.tokenTypeIds();
    for (int i = 1; i < types.length; i++) {
      assertTrue(types[i] >= types[i - 1], "first text, then second");
    }
  }

  @Provide
  Arbitrary<String> anyText() {
    // chars, not code points: lone surrogates and NUL are among them
    return Arbitraries.strings().withCharRange('\0', '\uFFFF').ofMaxLength(60);
  }

  @Test
  void oddTextsDoNotCrash() {
    for (String text :
        List.of("", "\0", "\uD800", "\uDC00\uD800", "😀\uD83D", "\uFEFF", "\u202E")) {
      assertTrue(SHARED.encode(text).length() >= 2, () -> "of length " + text.length());
    }
    assertArrayEquals(
        SHARED.encode("hello \uFFFD world").inputIds(),
        SHARED.encode("hello \uD800 world").inputIds());
  }

  @Test
  void charactersThatReleasesOfPythonDisagreeAboutAreNamed() {
    try (TextTokenizer tokenizer =
        TextTokenizer.open(TokenizerFinder.given(VOCABULARY), 16, Optional.empty())) {
      tokenizer.encode("hello \uD840\uDC00 \uD83E\uDEE8 \u088E \u0898");
      assertEquals(Optional.empty(), tokenizer.ambiguity());
      tokenizer.encodeWords(List.of("hello", "a\uD80F\uDF51b"));
      String note = tokenizer.ambiguity().orElseThrow();
      assertTrue(note.contains("U+13F51") && note.contains("Unicode after version 14"), note);
    }
  }

  @Test
  void manyTextsAreEncodedInTheirOrder() {
    List<TextPair> texts =
        java.util.stream.IntStream.range(0, 300).mapToObj(i -> TextPair.of("hello " + i)).toList();
    List<TokenIds> all = SHARED.encodeAll(texts);
    for (int i = 0; i < texts.size(); i++) {
      assertArrayEquals(SHARED.encode("hello " + i).inputIds(), all.get(i).inputIds());
    }
  }

  @Test
  void longTextsAreCutBeforeTheyReachNativeCode() {
    String start = "the clip of hello world ";
    TokenIds expected = SHARED.encode(start.repeat(100));
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          TokenIds ids = SHARED.encode(start.repeat(1_000_000));
          assertArrayEquals(expected.inputIds(), ids.inputIds());
          assertTrue(ids.truncated());
        });
    // 70,000 control characters vanish, so the first 65,536 characters hold no token at all.
    assertArrayEquals(
        SHARED.encode("hello").inputIds(),
        SHARED.encode("\u0001".repeat(70_000) + "hello").inputIds());
    // One word of more than 100 letters is unknown, however long.
    assertArrayEquals(
        SHARED.encode("x".repeat(101)).inputIds(), SHARED.encode("x".repeat(1 << 20)).inputIds());
    TokenIds pair = SHARED.encode(TextPair.of(start.repeat(10_000), start.repeat(20_000)));
    assertEquals(16, pair.length());
  }

  @Test
  void truncationAndPaddingOfTheFileAreOverruled() throws IOException {
    Path original = Fixtures.path("safetensors_bert", "tokenizer.json");
    ObjectNode root = (ObjectNode) new ObjectMapper().readTree(original.toFile());
    root.putObject("truncation")
        .put("max_length", 4)
        .put("strategy", "LongestFirst")
        .put("stride", 0)
        .put("direction", "Right");
    root.putObject("padding")
        .put("direction", "Right")
        .putNull("pad_to_multiple_of")
        .put("pad_id", 0)
        .put("pad_type_id", 0)
        .put("pad_token", "[PAD]")
        .putObject("strategy")
        .put("Fixed", 32);
    Path file = folder.resolve("tokenizer.json");
    new ObjectMapper().writeValue(file.toFile(), root);
    try (TextTokenizer changed = open(file, 600);
        TextTokenizer plain = open(original, 600)) {
      assertEquals(300, plain.vocabularySize());
      assertEquals(OptionalInt.of(0), plain.paddingId());
      String text = "a b c d e f g";
      assertArrayEquals(plain.encode(text).inputIds(), changed.encode(text).inputIds());
      assertEquals(9, changed.encode(text).length());
      assertEquals(600, changed.encode("a ".repeat(1000)).length(), "above DJL's own bound of 512");
      assertFalse(changed.encode(text).truncated());
    }
  }

  @Test
  void tokenizerConfigDecidesTheCase() throws IOException {
    Files.copy(VOCABULARY, folder.resolve("vocab.txt"));
    assertTrue(notesOf(folder).get(0).contains("has capital letters: texts keep theirs"));
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"do_lower_case\": true}");
    assertEquals(List.of(), notesOf(folder));
    try (TextTokenizer lower =
        TextTokenizer.open(TokenizerFinder.given(folder), 16, Optional.empty())) {
      assertArrayEquals(
          SHARED.encode("hello WORLD").inputIds(), lower.encode("HELLO world").inputIds());
    }
  }

  @Test
  void tokenizerConfigWinsOverBertsNormalizerInTokenizerJson() throws IOException {
    Files.copy(
        Fixtures.path("safetensors_bert", "tokenizer.json"), folder.resolve("tokenizer.json"));
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"do_lower_case\": false}");
    assertTrue(notesOf(folder).get(0).contains("lowercase set to false"));
  }

  @Test
  void aLengthWithoutRoomIsRefused() {
    assertMessage(
        () -> open(VOCABULARY, 4),
        "a sequence of at most 4 tokens has no room: this tokenizer adds up to 3 special ones;"
            + " expected a maximum of at least 5");
    assertMessage(() -> open(VOCABULARY, 1), "has no room");
  }

  @Test
  void filesThatAreNoTokenizerAreRefused() throws IOException {
    Path vocabulary = Files.writeString(folder.resolve("words.txt"), "a\nb\n");
    assertMessage(() -> open(vocabulary, 16), "found 2 lines without [UNK], [CLS], [SEP]");
    Path notJson = Files.writeString(folder.resolve("a.json"), "{\"model\": ");
    assertMessage(() -> open(notJson, 16), notJson + ":1: not JSON: ");
    Path config = Files.writeString(folder.resolve("config.json"), "{\"vocab_size\": 3}");
    assertMessage(
        () -> open(config, 16), "expected an object 'model' in it; is this the right file?");
    Path unknown =
        Files.writeString(
            folder.resolve("b.json"),
            "{\"version\": \"1.0\", \"model\": {\"type\": \"Magic\", \"vocab\": {\"a\": 0}}}");
    assertMessage(() -> open(unknown, 16), unknown + ": not a tokenizer that Belay can load: ");
    Path huge =
        Files.writeString(
            folder.resolve("d.json"), "{\"model\": {\"vocab\": {\"a\": 4294967296}}}");
    assertMessage(() -> open(huge, 16), "for the token 'a', found 4294967296");
    Path noUnknown =
        Files.writeString(
            folder.resolve("c.json"),
            """
            {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
             "normalizer": null, "pre_tokenizer": null, "post_processor": null, "decoder": null,
             "model": {"type": "WordLevel", "unk_token": "[UNK]", "vocab": {"a": 0}}}
            """);
    assertMessage(() -> open(noUnknown, 16), noUnknown + ": the tokenizer fails on a text: ");
  }

  private static TextTokenizer open(Path file, int maxLength) {
    return TextTokenizer.open(TokenizerFinder.given(file), maxLength, Optional.empty());
  }

  private static List<String> notesOf(Path folder) {
    try (TextTokenizer tokenizer =
        TextTokenizer.open(TokenizerFinder.given(folder), 16, Optional.empty())) {
      return tokenizer.notes();
    }
  }

  private static void assertMessage(
      org.junit.jupiter.api.function.Executable action, String expected) {
    String message = assertThrows(DataException.class, action).getMessage();
    assertTrue(message.contains(expected), message);
  }
}
