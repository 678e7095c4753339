package dev.belay.savedmodel.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.Fixtures;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** SavedModels that were broken on purpose; several of them TensorFlow itself loads. */
class CorruptSavedModelTest {
  private static final Duration LIMIT = Duration.ofSeconds(5);

  /** What the message must say: the place and what was found there. */
  private static final Map<String, String> SAYS =
      Map.ofEntries(
          Map.entry("pb_truncated_half", "expected a SavedModel, found"),
          Map.entry("pb_truncated_100", "expected a SavedModel, found"),
          Map.entry("pb_empty", "expected one with the tag 'serve', found no meta graph"),
          Map.entry("pb_random", "expected a SavedModel, found"),
          Map.entry("pb_length_lie", "expected a SavedModel, found"),
          Map.entry("pb_missing", "saved_model.pb: file: expected a SavedModel here"),
          Map.entry("op_readfile", "found op ReadFile"),
          Map.entry("op_readfile_input", "found op ReadFile"),
          Map.entry("op_writefile", "found op WriteFile"),
          Map.entry("op_eagerpyfunc", "found op EagerPyFunc"),
          Map.entry("op_matchingfiles", "found op MatchingFiles"),
          Map.entry("op_unknown", "found the unknown op 'NoSuchOpAnywhere'"),
          Map.entry("function_calls_itself", "expected functions that do not call themselves"),
          Map.entry("signature_dangling", "found 'nowhere:0', which is not there"),
          Map.entry("variables_missing", "variables.index: file: expected the index"),
          Map.entry("graph_cycle", "node 'cyc_a': expected a graph without cycles"),
          Map.entry("const_2e60", "node 'big', attribute 'value': expected a constant"),
          Map.entry("asset_parent", "asset '../x': expected a file in the model's own assets"),
          Map.entry("asset_parent_deep", "expected a file in the model's own assets folder"),
          Map.entry("asset_absolute", "asset '/etc/hostname': expected a file in the model's own"),
          Map.entry("asset_nul", "expected a file in the model's own assets folder, found no path"),
          Map.entry("asset_missing", "asset 'not_there.txt': expected the file"));

  static Stream<JsonNode> cases() throws IOException {
    JsonNode all = Fixtures.json(Fixtures.path("corrupt", "cases.json"));
    return StreamSupport.stream(all.spliterator(), false)
        .filter(node -> node.get("kind").textValue().equals("saved_model"));
  }

  /** A case more or less in the file must be noticed: the parametrised test would not. */
  @Test
  void thereAreAllCases() throws IOException {
    assertEquals(SAYS.size() + 1, cases().count());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void isRefusedOrLoads(JsonNode node) {
    String name = node.get("name").textValue();
    Path model = Fixtures.path("corrupt").resolve(node.get("path").textValue());
    if (name.startsWith("ok_")) {
      assertTimeoutPreemptively(LIMIT, () -> SavedModelReader.read(model, GraphPolicy.strict()));
      return;
    }
    CorruptModelException refusal =
        assertTimeoutPreemptively(
            LIMIT,
            () ->
                assertThrows(
                    CorruptModelException.class,
                    () -> SavedModelReader.read(model, GraphPolicy.strict())));
    String message = refusal.getMessage();
    assertTrue(message.startsWith(model.toString()), message);
    assertTrue(message.contains(SAYS.get(name)), message);
  }
}
