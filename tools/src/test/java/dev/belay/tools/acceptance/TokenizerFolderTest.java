package dev.belay.tools.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.belay.savedmodel.Fixtures;
import dev.belay.tools.ProgramRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model with a tokenizer that Belay refuses, or has to decide about. */
class TokenizerFolderTest {
  private static final String SETTINGS = "tokenizer_config.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void copyModel() throws IOException {
    model = Files.createDirectories(folder.resolve("model"));
    Path source = Fixtures.path("safetensors_bert");
    for (String file : List.of("config.json", "model.safetensors", "tokenizer.json", SETTINGS)) {
      Files.copy(source.resolve(file), model.resolve(file));
    }
  }

  private void setting(String file, String key, String value) throws IOException {
    Path path = model.resolve(file);
    ObjectNode root = (ObjectNode) JSON.readTree(path.toFile());
    root.set(key, JSON.readTree(value));
    JSON.writeValue(path.toFile(), root);
  }

  private ProgramRun predict(String row, String... more) throws IOException {
    Path file = Files.writeString(folder.resolve("in.jsonl"), row + "\n");
    List<String> arguments =
        new ArrayList<>(List.of("predict", "--model", model.toString(), "--file", file.toString()));
    arguments.addAll(List.of(more));
    return ProgramRun.of(arguments);
  }

  @Test
  void aTokenizerThatIsRefusedIsNoMatterForTokenIds() throws IOException {
    setting(SETTINGS, "padding_side", "\"left\"");
    assertEquals(0, predict("{\"input_ids\": [2, 5, 3]}").code());
    ProgramRun text = predict("{\"text\": \"a text\"}");
    assertEquals(3, text.code(), text.err());
    assertTrue(text.err().contains("this file has text ('text'), but " + model), text.err());
    assertTrue(text.err().contains("padding_side: expected right, since"), text.err());
    ProgramRun named = predict("{\"input_ids\": [2, 5, 3]}", "--tokenizer", model.toString());
    assertEquals(3, named.code(), "one that is named has to be usable");
  }

  @Test
  void aPatternThatWouldEndTheProcessIsRefused() throws IOException {
    setting(
        "tokenizer.json",
        "pre_tokenizer",
        "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"(x+x+)+y\"}, \"behavior\": \"Isolated\","
            + " \"invert\": false}");
    ProgramRun text = predict("{\"text\": \"" + "x".repeat(400) + "\"}");
    assertEquals(3, text.code(), text.err());
    assertTrue(text.err().contains("found '(x+x+)+y': a repeat in it matches"), text.err());
  }

  @Test
  void sequencesAreNoLongerThanTheTokenizerSays() throws IOException {
    setting(SETTINGS, "model_max_length", "7");
    ProgramRun text = predict("{\"text\": \"a b c d e f g h i j k l m n o p\"}");
    assertEquals(0, text.code(), text.err());
    assertTrue(
        text.err().contains("model_max_length: sequences have at most 7 tokens"), text.err());
  }
}
