package dev.belay.train.tokenize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.savedmodel.Fixtures;
import dev.belay.train.data.DataException;
import dev.belay.train.tokenize.folder.TokenizerFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ids against those that Hugging Face's tokenizers gave for the same 60 lines. */
class TokenizerGoldenTest {
  private static final Path FIXTURE = Fixtures.path("tokenizer");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"uncased,true", "uncased,false", "cased,true", "cased,false"})
  void singleTextsAreExact(String golden, boolean fromVocabulary) throws IOException {
    JsonNode expected = JSON.readTree(FIXTURE.resolve(golden + ".json").toFile());
    List<String> lines = lines();
    try (TextTokenizer tokenizer = open(golden, fromVocabulary, 512)) {
      int compared = 0;
      for (JsonNode single : expected.path("single")) {
        int line = single.path("line").asInt();
        int[] ids = tokenizer.encode(lines.get(line)).inputIds();
        assertArrayEquals(ints(single.path("fast_ids")), ids, "line " + line);
        compared++;
      }
      assertEquals(60, compared);
      assertEquals(expected.path("vocab_size").asInt(), tokenizer.vocabularySize());
    }
  }

  /** As T5's tokenizer is built, and as RoBERTa's. */
  @ParameterizedTest
  @CsvSource({"unigram", "bytelevel"})
  void piecesOfWordsAreExact(String golden) throws IOException {
    JsonNode expected = JSON.readTree(FIXTURE.resolve(golden + ".json").toFile());
    List<String> lines = lines();
    TokenizerFiles files = TokenizerFinder.given(FIXTURE.resolve(golden).resolve("tokenizer.json"));
    try (TextTokenizer tokenizer = TextTokenizer.open(files, 512, Optional.empty())) {
      for (int i = 0; i < lines.size(); i++) {
        String before = lines.get(Math.floorMod(i - 1, lines.size()));
        TokenIds pair = tokenizer.encodeAll(List.of(TextPair.of(lines.get(i), before))).get(0);
        assertArrayEquals(
            ints(expected.path("single").path(i)),
            tokenizer.encode(lines.get(i)).inputIds(),
            "line " + i);
        assertArrayEquals(ints(expected.path("pairs").path(i)), pair.inputIds(), "pair " + i);
      }
      assertEquals(expected.path("vocab_size").asInt(), tokenizer.vocabularySize());
    }
  }

  @ParameterizedTest
  @CsvSource({"uncased,true", "uncased,false", "cased,true", "cased,false"})
  void pairsCutToSixteenAreExact(String golden, boolean fromVocabulary) throws IOException {
    JsonNode expected = JSON.readTree(FIXTURE.resolve(golden + ".json").toFile());
    List<String> lines = lines();
    List<TextPair> pairs = new ArrayList<>();
    List<JsonNode> goldens = new ArrayList<>();
    for (JsonNode pair : expected.path("pairs")) {
      pairs.add(
          TextPair.of(
              lines.get(pair.path("first").asInt()), lines.get(pair.path("second").asInt())));
      JsonNode truncated = pair.path("longest_first");
      goldens.add(truncated);
    }
    try (TextTokenizer tokenizer = open(golden, fromVocabulary, 16)) {
      List<TokenIds> found = tokenizer.encodeAll(pairs);
      assertEquals(60, found.size());
      for (int i = 0; i < found.size(); i++) {
        assertTrue(matchesOneOf(goldens.get(i), found.get(i)), "pair " + i);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"uncased", "cased"})
  void singleTextsCutToSixteenAreExact(String golden) throws IOException {
    JsonNode expected = JSON.readTree(FIXTURE.resolve(golden + ".json").toFile());
    List<String> lines = lines();
    int cut = 0;
    try (TextTokenizer tokenizer = open(golden, true, 16)) {
      for (JsonNode single : expected.path("single")) {
        if (single.path("fast_ids_same").asBoolean()) {
          TokenIds found = tokenizer.encode(lines.get(single.path("line").asInt()));
          JsonNode padded = single.path("padded");
          int length = found.length();
          assertArrayEquals(firstOf(padded.path("input_ids"), length), found.inputIds());
          assertArrayEquals(firstOf(padded.path("token_type_ids"), length), found.tokenTypeIds());
          assertEquals(sum(padded.path("attention_mask")), length);
          assertEquals(single.path("ids").size() > 16, found.truncated());
          cut += found.truncated() ? 1 : 0;
        }
      }
    }
    assertTrue(cut > 5, "the fixture has lines that are cut");
  }

  /**
   * A text that stays whole may leave no room for the other: Python raises then, or cuts nothing.
   */
  @ParameterizedTest
  @CsvSource({"uncased,true", "uncased,false", "cased,true", "cased,false"})
  void pairsOfWhichOneTextIsCutAreExact(String golden, boolean fromVocabulary) throws IOException {
    JsonNode expected = JSON.readTree(FIXTURE.resolve(golden + ".json").toFile());
    List<String> lines = lines();
    int cut = 0;
    int refused = 0;
    try (TextTokenizer tokenizer = open(golden, fromVocabulary, 16)) {
      for (JsonNode pair : expected.path("pairs")) {
        String first = lines.get(pair.path("first").asInt());
        String second = lines.get(pair.path("second").asInt());
        for (Truncation truncation : List.of(Truncation.ONLY_FIRST, Truncation.ONLY_SECOND)) {
          JsonNode ids = pair.path(truncation.name().toLowerCase(Locale.ROOT));
          if (ids.path("fast").has("error")) {
            assertThrows(DataException.class, () -> tokenizer.encode(first, second, truncation));
            refused++;
          } else {
            TokenIds found = tokenizer.encode(first, second, truncation);
            assertTrue(matchesOneOf(ids, found), first + " | " + second);
            cut += found.truncated() ? 1 : 0;
          }
        }
      }
    }
    assertTrue(cut > 10 && refused > 30, "cut " + cut + ", refused " + refused);
  }

  /** The tokenizer.json that Python's tokenizers wrote for these vocabularies. */
  @ParameterizedTest
  @CsvSource({"uncased", "cased"})
  void pythonsTokenizerFileGivesTheSameIds(String golden) throws IOException {
    JsonNode expected = JSON.readTree(FIXTURE.resolve(golden + ".json").toFile());
    List<String> lines = lines();
    Path file = FIXTURE.resolve(golden).resolve("tokenizer.json");
    try (TextTokenizer tokenizer =
        TextTokenizer.open(TokenizerFinder.given(file), 512, Optional.empty())) {
      int compared = 0;
      for (JsonNode single : expected.path("single")) {
        int line = single.path("line").asInt();
        assertArrayEquals(
            ints(single.path("fast_ids")),
            tokenizer.encode(lines.get(line)).inputIds(),
            "line " + line);
        compared++;
      }
      assertEquals(60, compared);
    }
  }

  /** Where the slow and the fast tokenizer of the fixture differ, either is right. */
  private static boolean matchesOneOf(JsonNode golden, TokenIds found) {
    return Stream.of("both", "slow", "fast")
        .map(golden::path)
        .filter(ids -> ids.has("input_ids"))
        .anyMatch(
            ids ->
                Arrays.equals(ints(ids.path("input_ids")), found.inputIds())
                    && Arrays.equals(ints(ids.path("token_type_ids")), found.tokenTypeIds()));
  }

  @Test
  void wordsCutToSixteenAreExact() throws IOException {
    List<String> lines = lines();
    JsonNode goldens = JSON.readTree(FIXTURE.resolve("words.json").toFile());
    assertEquals(58, goldens.size());
    try (TextTokenizer tokenizer = open("uncased", true, 16)) {
      for (JsonNode golden : goldens) {
        String line = lines.get(golden.path("line").asInt());
        List<String> words = Stream.of(line.split(" ")).filter(word -> !word.isEmpty()).toList();
        WordTokens tokens = tokenizer.encodeWords(words);
        assertArrayEquals(ints(golden.path("ids")), tokens.tokens().inputIds(), line);
        assertArrayEquals(ints(golden.path("words")), tokens.wordOf(), line);
      }
    }
  }

  private TextTokenizer open(String golden, boolean fromVocabulary, int maxLength)
      throws IOException {
    Path file = FIXTURE.resolve("vocab.txt");
    Optional<Boolean> lowerCase = Optional.of(golden.equals("uncased"));
    if (!fromVocabulary) {
      TokenizerFiles vocabulary = TokenizerFinder.given(file);
      file = folder.resolve("tokenizer.json");
      Files.writeString(file, TokenizerDefinition.read(vocabulary, lowerCase).json());
      lowerCase = Optional.empty();
    }
    return TextTokenizer.open(TokenizerFinder.given(file), maxLength, lowerCase);
  }

  private static List<String> lines() throws IOException {
    return StreamSupport.stream(
            JSON.readTree(FIXTURE.resolve("lines.json").toFile()).spliterator(), false)
        .map(JsonNode::textValue)
        .toList();
  }

  private static int[] ints(JsonNode list) {
    return firstOf(list, list.size());
  }

  private static int[] firstOf(JsonNode list, int count) {
    int[] values = new int[count];
    for (int i = 0; i < count; i++) {
      values[i] = list.path(i).asInt(-1);
    }
    return values;
  }

  private static int sum(JsonNode list) {
    int sum = 0;
    for (JsonNode value : list) {
      sum += value.asInt();
    }
    return sum;
  }
}
