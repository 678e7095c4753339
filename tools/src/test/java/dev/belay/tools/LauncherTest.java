package dev.belay.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher script, in a checkout whose Java and Maven only say how they were called. */
final class LauncherTest {
  private static final String JAVA =
      """
      #!/bin/sh
      echo "pid $$"
      echo "in $(pwd)"
      echo "log $TF_CPP_MIN_LOG_LEVEL onednn $TF_ENABLE_ONEDNN_OPTS rust $RUST_FLAVOR"
      echo "locale ${LC_ALL:-none}"
      for argument; do echo "[$argument]"; done
      """;

  /** A Java that writes the archive of classes which it is asked for. */
  private static final String SHARING_JAVA =
      """
      #!/bin/sh
      for argument; do
        case $argument in -XX:ArchiveClassesAtExit=*) : > "${argument#*=}"; exit ;; esac
      done
      for argument; do echo "[$argument]"; done
      """;

  /** A Java that runs until a file "stop" appears, and lists the jars of its class path then. */
  private static final String LONG_JAVA =
      """
      #!/bin/sh
      while [ "$1" != -cp ]; do shift; done
      : > started
      until [ -e stop ]; do sleep 0.02; done
      cat "${2%%:*}"
      ls "${2%/belay.jar:*}/lib"
      """;

  /** Compiles a module by copying its source, unless a class is there: it compares no contents. */
  private static final String MAVEN =
      """
      #!/bin/sh
      echo "$*" >> builds
      [ ! -e broken ] || exit 1
      [ ! -e slow ] || sleep 0.5
      for argument; do
        case $argument in -Dprogram.directory=*) program=tools/${argument#*=} ;; esac
      done
      mkdir -p "$program/lib" tools/target/launcher/classes
      [ -e tools/target/launcher/classes/A ] ||
        cp tools/src/main/java/A.java tools/target/launcher/classes/A
      cp tools/target/launcher/classes/A "$program/belay.jar"
      : > "$program/lib/tensorflow.jar"
      """;

  @TempDir Path directory;
  private Path checkout;
  private Path jdk;
  private Path source;
  private final Map<String, String> environment = new TreeMap<>();

  @BeforeEach
  void makeACheckout() throws IOException {
    checkout = Files.createDirectories(directory.resolve("my checkout"));
    Path belay = Path.of("").toAbsolutePath();
    while (!Files.exists(belay.resolve("belay"))) {
      belay = belay.getParent();
    }
    Files.copy(
        belay.resolve("belay"), checkout.resolve("belay"), StandardCopyOption.COPY_ATTRIBUTES);
    script(checkout.resolve("mvnw"), MAVEN);
    Files.writeString(checkout.resolve("pom.xml"), "<project/>");
    Path sources = Files.createDirectories(checkout.resolve("tools/src/main/java"));
    source = Files.writeString(sources.resolve("A.java"), "class A {}");
    Files.writeString(checkout.resolve("tools/pom.xml"), "<project/>");
    jdk = Files.createDirectories(directory.resolve("jdk/bin")).getParent();
    script(jdk.resolve("bin/java"), JAVA);
    script(jdk.resolve("bin/javac"), "#!/bin/sh\n");
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"17.0.9\"\n");
    environment.put("JAVA_HOME", jdk.toString());
    environment.put("PATH", "/usr/bin:/bin");
  }

  private static void script(Path file, String text) throws IOException {
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** A launcher that was started, with the files that its output goes to. */
  private record Started(Process process, Path out, Path err) {
    ProgramRun end() throws Exception {
      int code = process.waitFor();
      String answer =
          Files.readString(out).replace("pid " + process.pid() + "\n", "the same process\n");
      return new ProgramRun(code, answer, Files.readString(err, StandardCharsets.UTF_8));
    }
  }

  private Started start(Path launcher, String... arguments) throws IOException {
    Path out = Files.createTempFile(directory, "out", "");
    Path err = Files.createTempFile(directory, "err", "");
    String[] command = new String[arguments.length + 1];
    command[0] = launcher.toString();
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    return new Started(builder.start(), out, err);
  }

  private ProgramRun launch(Path launcher, String... arguments) throws Exception {
    return start(launcher, arguments).end();
  }

  private ProgramRun launch(String... arguments) throws Exception {
    return launch(checkout.resolve("belay"), arguments);
  }

  private long builds() throws IOException {
    Path log = checkout.resolve("builds");
    return Files.exists(log) ? Files.readAllLines(log).size() : 0;
  }

  @Test
  void theFirstUseBuildsAndTheNextStartsAtOnce() throws Exception {
    ProgramRun first = launch("train", "--model", "a b");
    assertEquals(0, first.code(), first.err());
    assertEquals("belay: building Belay (first use, a few minutes)\n", first.err());
    assertEquals(
        "-q -B -pl tools -am -DskipTests -DskipTestCompile -Dfmt.skip"
            + " -Dbuild.folder=target/launcher -Dprogram.directory=target/launcher/new package\n",
        Files.readString(checkout.resolve("builds")));
    ProgramRun second = launch("train", "--model", "a b");
    assertEquals("", second.err());
    assertEquals(1, builds());
    assertEquals(first.out(), second.out());
  }

  @Test
  void aReleaseArchiveNeedsNoCompilerAndBuildsNothing() throws Exception {
    Path archive = Files.createDirectories(directory.resolve("belay-0.2.0-cpu"));
    Files.copy(
        checkout.resolve("belay"), archive.resolve("belay"), StandardCopyOption.COPY_ATTRIBUTES);
    Files.createDirectories(archive.resolve("lib"));
    Files.writeString(archive.resolve("lib/belay.jar"), "jar");
    Files.delete(jdk.resolve("bin/javac"));
    ProgramRun run = launch(archive.resolve("belay"), "doctor");
    assertEquals(0, run.code(), run.err());
    assertEquals("", run.err());
    assertTrue(
        run.out().contains("[-cp]\n[" + archive + "/lib/belay.jar:" + archive + "/lib/*]\n"),
        run.out());
    assertEquals(0, builds());
  }

  @Test
  void classesThatATrainingLoadedAreShared() throws Exception {
    assertFalse(launch("train").out().contains("SharedArchiveFile"), "this Java writes none");
    script(jdk.resolve("bin/java"), SHARING_JAVA);
    Files.writeString(source, "class A { int a; }");
    String out = launch("train").out();
    assertTrue(
        out.contains("[-XX:SharedArchiveFile=" + newestBuild() + "/classes.jsa]\n[-Xlog:cds=off"),
        out);
    Path archive = Files.createDirectories(directory.resolve("belay-0.2.0"));
    Files.copy(
        checkout.resolve("belay"), archive.resolve("belay"), StandardCopyOption.COPY_ATTRIBUTES);
    Files.createDirectories(archive.resolve("lib"));
    Files.writeString(archive.resolve("lib/belay.jar"), "jar");
    assertFalse(launch(archive.resolve("belay"), "doctor").out().contains("SharedArchiveFile"));
    environment.put("BELAY_SHARE_CLASSES", "yes");
    String shared = "[-XX:SharedArchiveFile=" + archive + "/lib/classes.jsa]\n";
    assertTrue(launch(archive.resolve("belay"), "doctor").out().contains(shared));
    environment.remove("BELAY_SHARE_CLASSES");
    assertTrue(launch(archive.resolve("belay"), "doctor").out().contains(shared));
  }

  @Test
  void theJvmReplacesTheShellAndGetsTheArgumentsAsTheyAre() throws Exception {
    environment.put("BELAY_JAVA_OPTS", "-Xmx8g -ea");
    String out = launch("predict", "--file", "a b.tsv", "--freeze=^x$ *").out();
    assertTrue(out.startsWith("the same process\nin " + directory + "\n"), out);
    assertTrue(out.contains("[-Xmx8g]\n[-ea]\n"), out);
    assertTrue(
        out.endsWith("[dev.belay.tools.Belay]\n[predict]\n[--file]\n[a b.tsv]\n[--freeze=^x$ *]\n"),
        out);
    assertTrue(
        out.contains("[-cp]\n[" + newestBuild() + "/belay.jar:" + newestBuild() + "/lib/*]\n"),
        out);
  }

  private Path newestBuild() throws IOException {
    return checkout.resolve("tools/target/launcher/program").toRealPath();
  }

  private long keptBuilds() throws IOException {
    try (Stream<Path> kept = Files.list(newestBuild().getParent())) {
      return kept.count();
    }
  }

  @Test
  void aSourceThatChangedOrWentAwayIsBuiltAgain() throws Exception {
    launch();
    Files.writeString(source, "class A { int a; }");
    assertEquals(
        "belay: building Belay again (tools/src/main/java/A.java changed since the last build)\n",
        launch().err());
    assertEquals(2, builds());
    Path added = Files.writeString(source.resolveSibling("B.java"), "class B {}");
    Files.writeString(source, "class A { int b; }");
    assertEquals(
        "belay: building Belay again (tools/src/main/java/A.java and 1 more changed since the last"
            + " build)\n",
        launch().err());
    Files.delete(added);
    launch();
    assertEquals(4, builds());
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(60)));
    assertEquals("", launch().err());
    assertEquals(4, builds());
    assertEquals(1, keptBuilds());
  }

  @Test
  void anOlderFilePutInPlaceOfAnotherIsCompiled() throws Exception {
    launch();
    Files.writeString(source, "class A { int old; }");
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().minusSeconds(3600)));
    launch();
    assertEquals(2, builds());
    assertEquals("class A { int old; }", Files.readString(newestBuild().resolve("belay.jar")));
  }

  @Test
  void aProgramKeepsItsClassesWhileOthersBuild() throws Exception {
    launch();
    script(jdk.resolve("bin/java"), LONG_JAVA);
    Started first = start(checkout.resolve("belay"));
    awaitFile(directory.resolve("started"));
    Path build = newestBuild();
    script(jdk.resolve("bin/java"), JAVA);
    Files.writeString(source, "class A { int a; }");
    assertEquals(0, launch().code());
    assertNotEquals(build, newestBuild());
    assertEquals(2, keptBuilds());

    Files.writeString(directory.resolve("stop"), "");
    assertEquals("class A {}tensorflow.jar\n", first.end().out());
    Files.writeString(source, "class A { int b; }");
    launch();
    assertEquals(1, keptBuilds());
    assertFalse(Files.exists(build));
  }

  @Test
  void ofTwoAtOnceOneBuildsAndTheOtherWaits() throws Exception {
    Files.writeString(checkout.resolve("slow"), "");
    Started first = start(checkout.resolve("belay"), "inspect");
    awaitFile(checkout.resolve("builds"));
    Started second = start(checkout.resolve("belay"), "doctor");
    ProgramRun built = first.end();
    ProgramRun waited = second.end();
    assertEquals(0, built.code(), built.err());
    assertEquals(0, waited.code(), waited.err());
    assertEquals("belay: waiting for another process that builds Belay\n", waited.err());
    assertTrue(waited.out().contains("[" + newestBuild() + "/belay.jar:"), waited.out());
    assertEquals(1, builds());
  }

  private static void awaitFile(Path file) throws InterruptedException {
    for (int i = 0; i < 1000 && !Files.exists(file); i++) {
      Thread.sleep(10);
    }
    assertTrue(Files.exists(file), file.toString());
  }

  @Test
  void anotherProfileIsBuiltAgain() throws Exception {
    launch();
    environment.put("BELAY_PROFILE", "cpu");
    assertEquals(
        "belay: building Belay again (for another TensorFlow than last time, a few minutes)\n",
        launch().err());
    launch();
    assertEquals(2, builds());
    assertTrue(Files.readString(checkout.resolve("builds")).contains("-q -B -Pcpu -pl tools"));
    environment.put("BELAY_PROFILE", "tpu");
    ProgramRun unknown = launch();
    assertEquals(5, unknown.code());
    assertEquals(
        "belay: BELAY_PROFILE is tpu: expected cpu, or nothing for the TensorFlow that can use a"
            + " GPU.\n",
        unknown.err());
  }

  @Test
  void linksLeadToTheCheckout() throws Exception {
    Path near = Files.createSymbolicLink(checkout.resolve("b"), Path.of("belay"));
    Path bin = Files.createDirectories(directory.resolve("bin"));
    Path far = Files.createSymbolicLink(bin.resolve("belay"), Path.of("../my checkout/b"));
    ProgramRun run = launch(far, "inspect");
    assertEquals(0, run.code(), run.err());
    assertTrue(run.out().contains("[" + newestBuild() + "/belay.jar:"), run.out());
    assertTrue(Files.isSymbolicLink(near));
  }

  @Test
  void tensorFlowIsQuietUnlessAsked() throws Exception {
    assertTrue(launch().out().contains("\nlog 3 onednn 1 rust cpu\n"));
    assertTrue(launch("train", "-v").out().contains("\nlog 0 onednn 1 rust cpu\n"));
    environment.putAll(
        Map.of(
            "TF_CPP_MIN_LOG_LEVEL", "1",
            "TF_ENABLE_ONEDNN_OPTS", "0",
            "RUST_FLAVOR", "cu12"));
    assertTrue(launch("-v").out().contains("\nlog 1 onednn 0 rust cu12\n"));
  }

  @Test
  void fileNamesOfEveryScriptCanBeRead() throws Exception {
    assertTrue(launch().out().contains("\nlocale C.UTF-8\n"));
    environment.put("LANG", "de_DE.UTF-8");
    assertTrue(launch().out().contains("\nlocale none\n"));
  }

  @Test
  void withoutAFitJavaItSaysSo() throws Exception {
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"11.0.2\"\n");
    ProgramRun old = launch();
    assertEquals(5, old.code());
    assertEquals(
        "belay: "
            + jdk
            + "/bin/java is Java 11.0.2: Belay needs 17 or newer, set JAVA_HOME to one.\n",
        old.err());
    environment.put("JAVA_HOME", directory + "/none");
    assertEquals(
        "belay: JAVA_HOME is "
            + directory
            + "/none, which has no bin/java: set it to a JDK 17 or newer, or unset it.\n",
        launch().err());
  }

  @Test
  void aJavaWithoutACompilerCannotBuild() throws Exception {
    Files.delete(jdk.resolve("bin/javac"));
    ProgramRun run = launch();
    assertEquals(5, run.code());
    assertTrue(
        run.err()
            .contains(
                "/bin/java is a Java without a compiler: building Belay needs a JDK 17 or newer"),
        run.err());
    assertEquals(0, builds());
  }

  @Test
  void aBuildThatFailsIsNotRun() throws Exception {
    Files.writeString(checkout.resolve("broken"), "");
    ProgramRun run = launch();
    assertEquals(5, run.code());
    assertEquals("", run.out());
    assertTrue(run.err().contains("belay: the build failed, its messages are above"), run.err());
  }
}
