package dev.belay.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the documents promise: their commands are accepted, their Java compiles, their links lead
 * somewhere.
 */
final class ReadmeTest {
  private static final Pattern COMMAND = Pattern.compile("(?m)^    \\./belay ((?:.*\\\\\\n)*.*)");
  private static final Pattern JAVA = Pattern.compile("(?s)```java\\n(.*?)```");
  private static final Pattern LINK = Pattern.compile("]\\(([^)#\\s]+)\\)");

  static Path root() {
    Path root = Path.of("").toAbsolutePath();
    while (!Files.exists(root.resolve("belay"))) {
      root = root.getParent();
    }
    return root;
  }

  private static List<Path> documents() throws IOException {
    try (Stream<Path> docs = Files.walk(root().resolve("docs"));
        Stream<Path> top = Files.list(root())) {
      List<Path> found =
          Stream.concat(docs, top).filter(file -> file.toString().endsWith(".md")).toList();
      assertTrue(found.size() > 3, "hardly any document was found");
      return found;
    }
  }

  @Test
  void everyCommandIsAccepted() throws IOException {
    Matcher commands = COMMAND.matcher(Files.readString(root().resolve("README.md")));
    int count = 0;
    while (commands.find()) {
      String line = commands.group(1).replaceAll("\\\\\\n\\s*", "").replaceFirst(" > .*", "");
      List<String> arguments = new ArrayList<>();
      for (String argument : line.strip().split("\\s+")) {
        arguments.add(
            argument.startsWith("examples/") ? root().resolve(argument).toString() : argument);
      }
      ProgramRun run = ProgramRun.of(new FakeDoors(), arguments.toArray(new String[0]));
      assertEquals(0, run.code(), () -> arguments + ": " + run.err());
      count++;
    }
    assertTrue(count >= 7, "only " + count + " commands were found in the README");
  }

  @Test
  void theJavaCompiles(@TempDir Path classes) throws IOException {
    Matcher block = JAVA.matcher(Files.readString(root().resolve("README.md")));
    assertTrue(block.find(), "no Java in the README");
    String text =
        """
        import dev.belay.train.*;
        import dev.belay.train.config.*;
        import java.nio.file.Path;
        import java.util.List;
        class Embedded {
          static void run() throws java.io.IOException {
        """
            + block.group(1)
            + "}}";
    JavaFileObject source =
        new SimpleJavaFileObject(
            URI.create("string:///Embedded.java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
          }
        };
    StringWriter problems = new StringWriter();
    boolean compiled =
        ToolProvider.getSystemJavaCompiler()
            .getTask(
                problems,
                null,
                null,
                List.of("-proc:none", "-d", classes.toString()),
                null,
                List.of(source))
            .call();
    assertTrue(compiled, problems::toString);
  }

  @Test
  void linksLeadSomewhere() throws IOException {
    List<String> dead = new ArrayList<>();
    for (Path document : documents()) {
      Matcher links = LINK.matcher(Files.readString(document));
      while (links.find()) {
        String target = links.group(1);
        if (!target.contains("://") && !Files.exists(document.resolveSibling(target))) {
          dead.add(root().relativize(document) + " -> " + target);
        }
      }
    }
    assertEquals(List.of(), dead);
  }
}
