package dev.belay.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.tools.command.BelayCommand;
import dev.belay.tools.command.Context;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * What the documents promise: their commands are accepted, their Java compiles, their links lead
 * somewhere.
 */
final class ReadmeTest {
  private static final Pattern COMMAND = Pattern.compile("(?m)^    \\./belay ((?:.*\\\\\\n)*.*)");
  private static final Pattern CALL =
      Pattern.compile(
          "[Bb][Ee][Ll][Aa][Yy][}\"]*\\s+(train|predict|evaluate|export|inspect|convert|diff|report|sweep)"
              + " ((?:.*\\\\\n)*.*)");
  private static final Pattern OPTION = Pattern.compile("(?<=\\s)--[a-z][a-z0-9-]*");
  private static final Pattern JAVA = Pattern.compile("(?s)```java\\n(.*?)```");
  private static final Pattern TEST = Pattern.compile("-Dtest=(\\w+)|`(\\w+Test)`");
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
        Stream<Path> examples = Files.walk(root().resolve("examples"));
        Stream<Path> top = Files.list(root())) {
      List<Path> found =
          Stream.concat(Stream.concat(docs, examples), top)
              .filter(file -> file.toString().endsWith(".md"))
              .toList();
      assertTrue(found.size() > 3, "hardly any document was found");
      return found;
    }
  }

  @Test
  void everyCommandIsAccepted() throws IOException {
    Matcher commands = COMMAND.matcher(text(documents()));
    int count = 0;
    while (commands.find()) {
      String line = commands.group(1).replaceAll("\\\\\\n\\s*", "").replaceFirst(" > .*", "");
      List<String> arguments = new ArrayList<>();
      for (String argument : line.strip().split("\\s+")) {
        arguments.add(
            argument.startsWith("examples/") ? root().resolve(argument).toString() : argument);
      }
      ProgramRun run = ProgramRun.of(new FakeTrainApi(), arguments.toArray(new String[0]));
      // A replay looks for a run, which is not there; every other command is the fake's.
      int expected = arguments.get(0).equals("replay") ? 3 : 0;
      assertEquals(expected, run.code(), () -> arguments + ": " + run.err());
      count++;
    }
    assertTrue(count >= 15, "only " + count + " commands were found in the documents");
  }

  /** A benchmark is run seldom, and would be found to name another option only then. */
  @Test
  void scriptsNameOptionsThatExist() throws IOException {
    List<Path> scripts;
    try (Stream<Path> files = Files.walk(root().resolve("tools/src"))) {
      scripts = files.filter(file -> file.toString().endsWith(".sh")).toList();
    }
    CommandLine program = BelayCommand.commandLine(new Context(null, null, List.of()));
    Matcher calls = CALL.matcher(text(scripts));
    int count = 0;
    while (calls.find()) {
      CommandLine command = program.getSubcommands().get(calls.group(1));
      Matcher options = OPTION.matcher(calls.group(2));
      while (options.find()) {
        assertTrue(
            command.getCommandSpec().optionsMap().containsKey(options.group()),
            "belay " + calls.group(1) + " has no " + options.group());
        count++;
      }
    }
    assertTrue(count > 50, "only " + count + " options were found");
  }

  private static String text(List<Path> files) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Path file : files) {
      text.append(Files.readString(file)).append('\n');
    }
    return text.toString();
  }

  @Test
  void everyTestThatIsNamedExists() throws IOException {
    Set<String> tests;
    try (Stream<Path> files = Files.walk(root())) {
      tests =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith("Test.java"))
              .map(name -> name.substring(0, name.length() - ".java".length()))
              .collect(Collectors.toSet());
    }
    List<String> unknown = new ArrayList<>();
    Matcher named = TEST.matcher(text(documents()));
    int count = 0;
    while (named.find()) {
      count++;
      String test = named.group(1) == null ? named.group(2) : named.group(1);
      if (!tests.contains(test)) {
        unknown.add(test);
      }
    }
    assertTrue(count > 3, "hardly a test is named");
    assertEquals(List.of(), unknown);
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
