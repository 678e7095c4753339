package dev.belay.train.tokenize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.Fixtures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A JVM loads the native library once, so each case has a JVM of its own. */
class NativeTokenizersTest {
  @TempDir Path folder;

  /** Tokenizes one word and prints its ids, or what went wrong. */
  public static void main(String[] arguments) {
    Path vocabulary = Path.of(arguments[0]);
    try (TextTokenizer tokenizer =
        TextTokenizer.open(TokenizerFinder.given(vocabulary), 16, Optional.of(true))) {
      System.out.println(java.util.Arrays.toString(tokenizer.encode("hello").inputIds()));
      System.out.println("offline " + ai.djl.util.Utils.isOfflineMode());
    } catch (UnsatisfiedLinkError e) {
      System.out.println(e.getMessage());
    }
  }

  @Test
  void theLibraryComesOutOfItsJarWithoutTheNetwork() throws Exception {
    assertEquals("[22, 793, 23]\noffline true\n", run(folder.resolve("cache")));
    try (Stream<Path> files = Files.walk(folder)) {
      assertTrue(files.anyMatch(file -> file.endsWith("libtokenizers.so")), "unpacked there");
    }
  }

  @Test
  void aCacheThatCannotBeWrittenIsSaid() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "not a folder");
    String said = run(file.resolve("cache"));
    assertTrue(said.startsWith("the native tokenizer library could not be unpacked"), said);
    assertTrue(said.contains("set DJL_CACHE_DIR to a folder that can be written"), said);
  }

  private static String run(Path cache) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            NativeTokenizersTest.class.getName(),
            Fixtures.path("tokenizer", "vocab.txt").toString());
    builder.environment().put("DJL_CACHE_DIR", cache.toString());
    builder.environment().remove("RUST_FLAVOR");
    builder.environment().remove("DJL_OFFLINE");
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    return output;
  }
}
