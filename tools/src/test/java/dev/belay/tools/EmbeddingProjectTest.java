package dev.belay.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.Graph;

/**
 * A Maven project outside of the checkout, with what docs/java.md says and nothing else: its
 * dependency, and its two programs. The project's local repository is its own; Belay's modules are
 * in it as {@code ./mvnw install} puts them there, and what they depend on is read from the
 * repository that this build uses.
 */
@Tag("slow")
final class EmbeddingProjectTest {
  private static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();
  private static final Path EXAMPLE = CHECKOUT.resolve("examples/sentiment");
  private static final List<String> MODULES = List.of("savedmodel", "graph", "train");
  private static final Pattern BLOCK = Pattern.compile("(?s)```(xml|java)\n(.*?)```");

  @TempDir private Path folder;
  private Path project;
  private String version;

  @BeforeEach
  void makeTheProject() throws IOException {
    version = version(CHECKOUT.resolve("pom.xml"));
    Path parent = repository("belay", CHECKOUT.resolve("pom.xml"));
    assertTrue(Files.exists(parent));
    for (String module : MODULES) {
      Path jar = CHECKOUT.resolve(module + "/target/belay-" + module + "-" + version + ".jar");
      assumeTrue(Files.exists(jar), jar + " is not built: ./mvnw verify packages it");
      Path pom = repository("belay-" + module, CHECKOUT.resolve(module + "/pom.xml"));
      Files.copy(jar, pom.resolveSibling(jar.getFileName()));
    }
    project = Files.createDirectories(folder.resolve("project"));
    Path sources = Files.createDirectories(project.resolve("src/main/java"));
    Files.writeString(project.resolve("pom.xml"), pom(blocks("xml").get(0)));
    for (String program : blocks("java")) {
      Matcher name = Pattern.compile("public final class (\\w+)").matcher(program);
      if (name.find()) {
        Files.writeString(sources.resolve(name.group(1) + ".java"), program);
      }
    }
  }

  private static String version(Path pom) throws IOException {
    Matcher version =
        Pattern.compile("<artifactId>belay</artifactId>\\s*<version>([^<]+)</version>")
            .matcher(Files.readString(pom));
    assertTrue(version.find(), pom + " says its version");
    return version.group(1);
  }

  /** Puts a module's POM into the local repository. */
  private Path repository(String artifact, Path pom) throws IOException {
    Path place = folder.resolve("repository/dev/belay").resolve(artifact).resolve(version);
    return Files.copy(
        pom, Files.createDirectories(place).resolve(artifact + "-" + version + ".pom"));
  }

  private static List<String> blocks(String language) throws IOException {
    Matcher block = BLOCK.matcher(Files.readString(CHECKOUT.resolve("docs/java.md")));
    List<String> blocks = new ArrayList<>();
    while (block.find()) {
      if (block.group(1).equals(language)) {
        blocks.add(block.group(2));
      }
    }
    return blocks;
  }

  /** Plugins as this build has them: others might not be in its repository. */
  private static String pom(String dependency) {
    return """
        <project xmlns="http://maven.apache.org/POM/4.0.0">
          <modelVersion>4.0.0</modelVersion>
          <groupId>org.example</groupId>
          <artifactId>service</artifactId>
          <version>1</version>
          <properties>
            <maven.compiler.release>17</maven.compiler.release>
            <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
          </properties>
          <dependencies>
        """
        + dependency
        + """
          </dependencies>
          <build>
            <plugins>
        """
        + plugin("resources")
        + plugin("compiler")
        + plugin("dependency")
        + """
            </plugins>
          </build>
        </project>
        """;
  }

  private static String plugin(String name) {
    try {
      Matcher version =
          Pattern.compile(
                  "<artifactId>maven-"
                      + name
                      + "-plugin</artifactId>\\s*<version>([^<]+)</version>")
              .matcher(Files.readString(CHECKOUT.resolve("pom.xml")));
      assertTrue(version.find(), name);
      return "<plugin><artifactId>maven-%s-plugin</artifactId><version>%s</version></plugin>\n"
          .formatted(name, version.group(1));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** The local repository of this build, which TensorFlow's jar lies in. */
  private static Path thisRepository() throws URISyntaxException {
    Path jar = Path.of(Graph.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    return jar.getParent().getParent().getParent().getParent().getParent();
  }

  private record Ended(int code, String out, String err) {}

  private Ended run(Map<String, String> environment, List<String> command) throws Exception {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(project.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.startsWith("TF_") || name.startsWith("MALLOC_"));
    builder.environment().remove("MAVEN_ARGS");
    builder.environment().putAll(environment);
    int code = builder.start().waitFor();
    return new Ended(code, Files.readString(out), Files.readString(err));
  }

  private String classPath() throws Exception {
    Path list = project.resolve("class-path.txt");
    Ended build =
        run(
            Map.of(),
            List.of(
                CHECKOUT.resolve("mvnw").toString(),
                "-q",
                "-B",
                "-o",
                "-Dmaven.repo.local=" + folder.resolve("repository"),
                "-Dmaven.repo.local.tail=" + thisRepository(),
                "-Dmaven.repo.local.tail.ignoreAvailability=true",
                "compile",
                "dependency:build-classpath",
                "-Dmdep.outputFile=" + list));
    assertEquals(0, build.code(), build.out() + build.err());
    return project.resolve("target/classes") + File.pathSeparator + Files.readString(list).strip();
  }

  private static List<String> java(String classPath, String program, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-Dorg.bytedeco.javacpp.maxBytes=0",
                "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                "-cp",
                classPath,
                program));
    command.addAll(List.of(arguments));
    return command;
  }

  @Test
  void aFreshProjectTrainsPredictsFromEightThreadsAndCloses() throws Exception {
    String classPath = classPath();
    List<String> rows = Files.readAllLines(EXAMPLE.resolve("train.tsv")).subList(0, 65);
    Path data = Files.write(folder.resolve("few.tsv"), rows);
    String[] arguments = {
      EXAMPLE.resolve("model").toString(), data.toString(), data.toString(), "run"
    };
    Map<String, String> environment =
        Map.of("TF_CPP_MIN_LOG_LEVEL", "3", "RUST_FLAVOR", "cpu", "LC_ALL", "C.UTF-8");
    Ended service = run(environment, java(classPath, "Service", arguments));
    assertEquals(0, service.code(), service.err());
    List<String> answers = service.out().lines().toList();
    assertTrue(answers.get(0).startsWith("accuracy "), service.out());
    assertEquals(1 + 200, answers.size());
    String fine = answers.get(1);
    assertTrue(fine.matches("(pos|neg) 0\\.\\d+"), fine);
    assertTrue(
        service.err().contains("TF_ENABLE_ONEDNN_OPTS: set TF_ENABLE_ONEDNN_OPTS=1"),
        service.err());

    Ended plain = run(environment, java(classPath, "PlainService", "run/export/1", "a fine film"));
    assertEquals(0, plain.code(), plain.err());
    double[] logits =
        plain.out().lines().mapToDouble(line -> Double.parseDouble(line.split(" ")[1])).toArray();
    double probability = 1 / (1 + Math.exp(-Math.abs(logits[0] - logits[1])));
    assertEquals(Double.parseDouble(fine.split(" ")[1]), probability, 1e-4, plain.out());

    String withoutNative =
        Arrays.stream(classPath.split(File.pathSeparator))
            .filter(jar -> !jar.contains("linux-x86_64"))
            .collect(Collectors.joining(File.pathSeparator));
    Ended refused = run(environment, java(withoutNative, "Service", arguments));
    assertNotEquals(0, refused.code());
    assertTrue(
        refused
            .err()
            .contains(
                "MachineException: the native TensorFlow is not on the class path: expected the jar"
                    + " org.tensorflow:tensorflow-core-api:0.5.0"),
        refused.err());
  }
}
