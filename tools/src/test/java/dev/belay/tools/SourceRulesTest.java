package dev.belay.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The rules of the house that can only be read from sources. */
final class SourceRulesTest {
  private static final int LONGEST_METHOD = 60;
  private static final int LONGEST_FILE = 400;
  private static final int MOST_PARAMETERS = 7;

  /** The one page and the one screen that tell the whole story, with what they may take. */
  private static final Set<String> PAGES = Set.of("TrainStepBuilder.java", "Trainer.java");

  private static final int LONGEST_PAGE = 80;

  private static Path root;
  private static List<Path> sources;

  @BeforeAll
  static void findSources() throws IOException {
    root = Path.of("").toAbsolutePath();
    while (!Files.exists(root.resolve("belay"))) {
      root = root.getParent();
    }
    sources = new ArrayList<>();
    for (String room : List.of("savedmodel", "graph", "train", "tools")) {
      try (Stream<Path> files = Files.walk(root.resolve(room + "/src/main/java"))) {
        List<Path> found = files.filter(file -> file.toString().endsWith(".java")).toList();
        assertTrue(found.size() > 1, () -> "no sources of " + room + " below " + root);
        sources.addAll(found);
      }
    }
  }

  @Test
  void everyPackageSaysWhatItReadsWhatItHandsOnAndWhatItNeverDoes() throws IOException {
    Set<String> problems = new TreeSet<>();
    for (Path source : sources) {
      Path info = source.resolveSibling("package-info.java");
      String text = Files.exists(info) ? Files.readString(info) : "";
      for (String line : List.of("Reads from:", "Hands to:", "Never:")) {
        // The formatter may break a line between the words.
        if (!text.replaceAll("\\s+(\\* )?", " ").contains(line)) {
          problems.add(root.relativize(info) + ": no '" + line + "'");
        }
      }
    }
    assertEquals(Set.of(), problems);
  }

  @Test
  void theArchitecturePageNamesEveryPackage() throws IOException {
    Set<String> named = new TreeSet<>();
    String module = "";
    for (String line : Files.readAllLines(root.resolve("docs/architecture.md"))) {
      if (line.startsWith("#")) {
        module = line.replaceFirst("^### `(\\w+)`.*|.*", "$1");
      } else if (!module.isEmpty() && line.startsWith("| `")) {
        named.add(module + ": " + line.replaceFirst("^\\| `([\\w.]+)`.*", "$1"));
      }
    }
    Set<String> existing = new TreeSet<>();
    for (Path source : sources) {
      Path inside = root.relativize(source.getParent());
      String name = inside.toString().replaceFirst(".*/dev/belay/[a-z0-9]+/?", "");
      if (!name.isEmpty()) {
        existing.add(inside.getName(0) + ": " + name.replace('/', '.'));
      }
    }
    assertEquals(existing, named);
  }

  @Test
  void filesFitAReader() throws IOException {
    List<String> problems = new ArrayList<>();
    for (Path source : sources) {
      try (Stream<String> lines = Files.lines(source)) {
        long count = lines.count();
        if (count > LONGEST_FILE) {
          problems.add(root.relativize(source) + ": " + count + " lines");
        }
      }
    }
    assertEquals(List.of(), problems);
  }

  @Test
  void methodsAndConstructorsFitAReader() throws IOException {
    Measures measures = measure(sources);
    assertTrue(measures.methods > sources.size(), "hardly any method was read");
    assertEquals(List.of(), measures.problems);
  }

  @Test
  void aLongMethodAndAWideConstructorAreCaught() throws IOException {
    String body = "int i;\n".repeat(LONGEST_METHOD);
    String text =
        "class Long {\n"
            + "Long(int a, int b, int c, int d, int e, int f, int g, int h) {}\n"
            + "void many() {\n"
            + body
            + "}\n"
            + "record Wide(int a, int b, int c, int d, int e) {}\n"
            + "}\n";
    Measures measures = new Measures();
    measure(List.of(new Source(URI.create("string:///Long.java"), text)), measures);
    assertEquals(
        List.of(
            "/Long.java: constructor of Long has 8 parameters: make them a record",
            "/Long.java: many has 62 lines"),
        measures.problems);
  }

  private static Measures measure(List<Path> files) throws IOException {
    Measures measures = new Measures();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      measure(manager.getJavaFileObjectsFromPaths(files), measures);
    }
    return measures;
  }

  private static void measure(Iterable<? extends JavaFileObject> files, Measures measures)
      throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    JavacTask task = (JavacTask) compiler.getTask(null, null, null, List.of(), null, files);
    measures.positions = Trees.instance(task).getSourcePositions();
    for (CompilationUnitTree unit : task.parse()) {
      measures.scan(unit, null);
    }
  }

  /** A source that only a test has. */
  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(URI uri, String text) {
      super(uri, Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }

  /** Counts lines and parameters of every method. */
  private static final class Measures extends TreePathScanner<Void, Void> {
    private final List<String> problems = new ArrayList<>();
    private SourcePositions positions;
    private int methods;

    @Override
    public Void visitMethod(MethodTree method, Void nothing) {
      methods++;
      CompilationUnitTree unit = getCurrentPath().getCompilationUnit();
      ClassTree owner = (ClassTree) getCurrentPath().getParentPath().getLeaf();
      String file = file(unit);
      boolean constructor = method.getName().contentEquals("<init>");
      if (constructor
          && owner.getKind() != Tree.Kind.RECORD
          && method.getParameters().size() > MOST_PARAMETERS) {
        problems.add(
            file
                + ": constructor of "
                + owner.getSimpleName()
                + " has "
                + method.getParameters().size()
                + " parameters: make them a record");
      }
      long lines =
          line(unit, positions.getEndPosition(unit, method))
              - line(unit, positions.getStartPosition(unit, method))
              + 1;
      int longest = PAGES.stream().anyMatch(file::endsWith) ? LONGEST_PAGE : LONGEST_METHOD;
      if (lines > longest) {
        problems.add(file + ": " + method.getName() + " has " + lines + " lines");
      }
      return super.visitMethod(method, null);
    }

    private static String file(CompilationUnitTree unit) {
      Path path = Path.of(unit.getSourceFile().toUri().getPath());
      return path.startsWith(root) ? root.relativize(path).toString() : path.toString();
    }

    private static long line(CompilationUnitTree unit, long position) {
      return unit.getLineMap().getLineNumber(position);
    }
  }
}
