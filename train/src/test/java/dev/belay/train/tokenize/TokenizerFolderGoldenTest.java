package dev.belay.train.tokenize;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.savedmodel.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Folders against what AutoTokenizer of transformers 4.26 and 5 makes of them. */
class TokenizerFolderGoldenTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LENGTH = 8;

  @TempDir Path folder;

  static Stream<String> cases() throws IOException {
    Stream.Builder<String> names = Stream.builder();
    for (String version : new String[] {"4", "5"}) {
      read(version).forEach(each -> names.add(version + ": " + each.path("name").asText()));
    }
    return names.build();
  }

  private static JsonNode read(String version) throws IOException {
    return JSON.readTree(
        Fixtures.path("tokenizer_folders", "folders-" + version + ".json").toFile());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void aFolderGivesPythonsTokens(String name) throws IOException {
    JsonNode golden =
        StreamSupport.stream(read(name.substring(0, 1)).spliterator(), false)
            .filter(each -> name.endsWith(": " + each.path("name").asText()))
            .findFirst()
            .orElseThrow();
    for (Map.Entry<String, JsonNode> file : golden.path("files").properties()) {
      JsonNode content = file.getValue();
      Files.writeString(
          folder.resolve(file.getKey()),
          content.isTextual() ? content.textValue() : content.toString());
    }
    ObjectNode found = JSON.createObjectNode();
    ArrayNode ids = found.putArray("ids");
    ArrayNode types = found.putArray("types");
    try (TextTokenizer tokenizer =
        TextTokenizer.open(TokenizerFinder.given(folder), LENGTH, Optional.empty())) {
      for (JsonNode text : golden.path("texts")) {
        TokenIds encoded =
            tokenizer.encode(
                text.isArray()
                    ? TextPair.of(text.get(0).asText(), text.get(1).asText())
                    : TextPair.of(text.asText()));
        ids.add(JSON.valueToTree(encoded.inputIds()));
        types.add(JSON.valueToTree(encoded.tokenTypeIds()));
      }
    }
    assertEquals(golden.path("ids").toString(), ids.toString());
    assertEquals(golden.path("types").toString(), types.toString());
  }
}
