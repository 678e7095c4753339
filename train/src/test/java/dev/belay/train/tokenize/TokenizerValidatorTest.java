package dev.belay.train.tokenize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.savedmodel.Fixtures;
import dev.belay.train.data.DataException;
import dev.belay.train.tokenize.folder.TokenizerFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Native code ends the process over each tokenizer that is refused here. */
class TokenizerValidatorTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path FILE = Path.of("tokenizer.json");

  private static ObjectNode read(String name) throws IOException {
    return (ObjectNode) JSON.readTree(Fixtures.path("tokenizer", name, "tokenizer.json").toFile());
  }

  private static ObjectNode with(String json) throws IOException {
    return (ObjectNode) JSON.readTree(json.replace('\'', '"'));
  }

  private static String refusal(JsonNode root) {
    return assertThrows(DataException.class, () -> TokenizerValidator.require(FILE, root))
        .getMessage();
  }

  @ParameterizedTest
  @ValueSource(strings = {"cased", "uncased", "unigram", "bytelevel"})
  void soundOnesPass(String name) throws IOException {
    TokenizerValidator.require(FILE, read(name));
  }

  @Test
  void aTemplateNamesWhatItHas() throws IOException {
    ObjectNode root = read("unigram");
    ((ObjectNode) root.path("post_processor").path("special_tokens")).remove("</s>");
    assertEquals(
        "tokenizer.json: post_processor.single: expected tokens that post_processor.special_tokens"
            + " holds, found '</s>'; is the file damaged?",
        refusal(root));
  }

  @Test
  void aTemplateOfOneTextHasNoSecond() throws IOException {
    String template =
        "{'post_processor': {'processors': [{'single': [{'Sequence': {'id': 'B', 'type_id': 0}}],"
            + " 'pair': [], 'special_tokens': {}}]}}";
    assertEquals(
        "tokenizer.json: post_processor.single: expected only the text A, found the text B; is the"
            + " file damaged?",
        refusal(with(template)));
  }

  @Test
  void specialTokensHaveAnIdEach() throws IOException {
    ObjectNode root = read("unigram");
    ((ArrayNode) root.at("/post_processor/special_tokens").path("</s>").path("ids")).add(7);
    assertEquals(
        "tokenizer.json: post_processor.special_tokens.</s>: expected as many ids as tokens, found"
            + " 2 ids and 1 tokens; is the file damaged?",
        refusal(root));
  }

  @Test
  void mergesGoOnAsTheModelSays() throws IOException {
    String model =
        "{'model': {'type': 'BPE', 'continuing_subword_prefix': '##', 'merges': ['a ##b', 'a c']}}";
    assertEquals(
        "tokenizer.json: model.merges: expected pieces that continue with '##', found \"a c\"; "
            + "is the file damaged?",
        refusal(with(model)));
  }

  @Test
  void aDecoderCutsNothingThatMayBeMissing() throws IOException {
    String decoder = "{'decoder': {'decoders': [{'type': 'Strip', 'start': 1, 'stop': 1}]}}";
    assertEquals(
        "tokenizer.json: decoder.stop: expected 0, which no token is too short for, found 1; is the"
            + " file damaged?",
        refusal(with(decoder)));
  }

  /** It would be found before each letter of every text. */
  @Test
  void somethingIsLeftOfAnAddedToken(@TempDir Path folder) throws IOException {
    ObjectNode root = read("unigram");
    root.set("normalizer", with("{'type': 'StripAccents'}"));
    root.withArray("added_tokens")
        .add(
            with(
                "{'id': 220, 'content': '\u0303', 'single_word': false, 'lstrip': false,"
                    + " 'rstrip': false, 'normalized': true, 'special': false}"));
    Path file = folder.resolve("tokenizer.json");
    JSON.writeValue(file.toFile(), root);
    TokenizerFiles files = TokenizerFinder.given(file);
    String message =
        assertThrows(DataException.class, () -> TextTokenizer.open(files, 16, Optional.empty()))
            .getMessage();
    assertEquals(
        file
            + ": added_tokens: expected texts of which the normalizer leaves something, found"
            + " '\u0303'; is the file damaged?",
        message);
  }

  @Test
  void aMapOfCharactersIsText() throws IOException {
    assertEquals(
        "tokenizer.json: normalizer.precompiled_charsmap: expected text in base64, found null; is"
            + " the file damaged?",
        refusal(with("{'normalizer': {'precompiled_charsmap': null}}")));
    assertEquals(
        "tokenizer.json: normalizer.precompiled_charsmap: expected text in base64, found missing; is"
            + " the file damaged?",
        refusal(with("{'normalizer': {'type': 'Precompiled'}}")));
    assertEquals(
        "tokenizer.json: normalizer.precompiled_charsmap: expected text in base64, found Illegal"
            + " base64 character 21; is the file damaged?",
        refusal(with("{'normalizer': {'precompiled_charsmap': 'AA!A'}}")));
  }

  @Test
  void aMapOfCharactersStaysWithinItself() throws IOException {
    assertEquals("2 bytes", defect(map -> ByteBuffer.allocate(2)));
    assertEquals("a trie of 0 bytes in 1043", defect(map -> map.putInt(0, 0)));
    assertEquals("a trie of 1073741824 bytes in 1043", defect(map -> map.putInt(0, 1 << 30)));
    assertEquals("a trie of 4294967292 bytes in 1043", defect(map -> map.putInt(0, -1)));
    assertEquals("bad UTF-8", defect(map -> map.put(1040, (byte) 0xff)));
    assertEquals("a trie that leads to unit 1048577 of 256", defect(map -> map.putInt(4, 1 << 30)));
    // A unit of the root's children, with its label and the largest offset there is.
    int child = 4 + 4 * (rootOffset() ^ 'f');
    assertEquals(
        "a trie that leads to unit " + ((rootOffset() ^ 'f') ^ (0x1fffff << 8)) + " of 256",
        defect(map -> map.putInt(child, (0x1fffff << 10) | (1 << 9) | 'f')));
    assertEquals(
        "a value that points at no text",
        defect(
            map -> {
              for (int at = 4; at < 1028; at += 4) {
                if (map.getInt(at) < 0) {
                  map.putInt(at, Integer.MIN_VALUE | 16);
                }
              }
              return map;
            }));
  }

  private static int rootOffset() throws IOException {
    int[] unit = new int[1];
    defect(
        map -> {
          unit[0] = map.getInt(4);
          return map;
        });
    return (unit[0] >>> 10) << ((unit[0] & (1 << 9)) >>> 6);
  }

  /** What is found in the map of the fixture after a change. */
  private static String defect(UnaryOperator<ByteBuffer> change) throws IOException {
    String map = read("unigram").at("/normalizer/normalizers/0/precompiled_charsmap").textValue();
    ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(map));
    return CharacterMap.defect(change.apply(bytes.order(ByteOrder.LITTLE_ENDIAN)).array())
        .orElse("none");
  }
}
