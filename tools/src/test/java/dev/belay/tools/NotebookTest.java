package dev.belay.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import jdk.jshell.JShell;
import jdk.jshell.Snippet;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis.CompletionInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The notebook of the workbench runs to its end, as its kernel would run it. */
@Tag("long")
final class NotebookTest {
  private static final Path EXAMPLES = ReadmeTest.root().resolve("examples");
  private static final String STEPS = "maxSteps(600)";

  private static List<String> cells() throws IOException {
    JsonNode notebook =
        new ObjectMapper().readTree(EXAMPLES.resolve("notebook/fine-tune.ipynb").toFile());
    List<String> cells = new ArrayList<>();
    for (JsonNode cell : notebook.get("cells")) {
      if (cell.get("cell_type").asText().equals("code")) {
        cells.add(
            StreamSupport.stream(cell.get("source").spliterator(), false)
                .map(JsonNode::asText)
                .collect(Collectors.joining()));
      }
    }
    return cells;
  }

  @Test
  void everyCellRuns() throws IOException {
    try (JShell shell = JShell.builder().executionEngine("local").build()) {
      for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
        shell.addToClasspath(entry);
      }
      run(shell, "String shown = \"\"; void display(Object what, String type) { shown += what; }");
      String all = String.join("\n", cells());
      assertTrue(all.contains(STEPS), "how many steps it makes");
      String environment =
          "Optional.ofNullable(System.getenv(\"BELAY_EXAMPLES\")).orElse(\"/opt/belay/examples\")";
      assertTrue(all.contains(environment), "where it looks for the examples");
      for (String cell : cells()) {
        run(
            shell,
            cell.replace(STEPS, "maxSteps(3)")
                .replace("../runs", "none")
                .replace(environment, '"' + EXAMPLES.toString() + '"'));
      }
      assertEquals("3", value(shell, "trained.size()"));
      assertTrue(value(shell, "shown").contains("<polyline"), "the plot of the norms");
      String export = value(shell, "result.exportDirectory().toString()").replace("\"", "");
      assertTrue(Files.exists(Path.of(export, "saved_model.pb")), export);
    }
  }

  private static String value(JShell shell, String expression) {
    return run(shell, expression).value();
  }

  /** Runs snippet after snippet, as a kernel splits a cell. */
  private static SnippetEvent run(JShell shell, String cell) {
    SnippetEvent last = null;
    for (String rest = cell; !rest.isBlank(); ) {
      CompletionInfo next = shell.sourceCodeAnalysis().analyzeCompletion(rest);
      assertTrue(next.completeness().isComplete(), rest);
      for (SnippetEvent event : shell.eval(next.source())) {
        String problems =
            shell
                .diagnostics(event.snippet())
                .map(problem -> problem.getMessage(null))
                .collect(Collectors.joining("\n"));
        assertEquals(Snippet.Status.VALID, event.status(), next.source() + problems);
        assertEquals(null, event.exception(), next.source());
        last = event;
      }
      rest = next.remaining();
    }
    return last;
  }
}
