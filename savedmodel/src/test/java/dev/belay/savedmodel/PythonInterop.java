package dev.belay.savedmodel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Asks a real Python TensorFlow what it makes of files that Belay wrote.
 *
 * <p>The environment names it: {@code BELAY_PYTHON}, a Python with TensorFlow 2.10.1. Without it
 * these tests are skipped, unless {@code BELAY_REQUIRE_PYTHON=1}, as in continuous integration,
 * makes that a failure.
 */
public final class PythonInterop {
  private static final long MAX_MINUTES = 5;
  private static final int MAX_SHOWN = 4000;

  private PythonInterop() {}

  /**
   * Runs a script and returns the JSON that it printed as its last line.
   *
   * @param script a Python file; it must exit with 0
   */
  public static JsonNode run(Path script, Object... arguments)
      throws IOException, InterruptedException {
    String python = python();
    List<String> command = new ArrayList<>(List.of(python, script.toString()));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    Path output = Files.createTempFile("python", ".out");
    Path errors = Files.createTempFile("python", ".err");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectOutput(output.toFile())
              .redirectError(errors.toFile());
      builder.environment().put("TF_CPP_MIN_LOG_LEVEL", "2");
      builder.environment().put("TF_ENABLE_ONEDNN_OPTS", "0");
      builder.environment().put("CUDA_VISIBLE_DEVICES", "");
      builder.environment().put("HF_HUB_OFFLINE", "1");
      Process process = builder.start();
      if (!process.waitFor(MAX_MINUTES, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        fail(script + " ran for more than " + MAX_MINUTES + " minutes");
      }
      String said = Files.readString(output, StandardCharsets.UTF_8);
      String complaints = Files.readString(errors, StandardCharsets.UTF_8);
      assertEquals(0, process.exitValue(), script + ":\n" + end(complaints));
      String lastLine = said.strip().substring(said.strip().lastIndexOf('\n') + 1);
      return new ObjectMapper().readTree(lastLine);
    } finally {
      Files.deleteIfExists(output);
      Files.deleteIfExists(errors);
    }
  }

  /**
   * The Python to ask. A test that prepares a lot for it calls this first, so as to be skipped
   * before the work.
   */
  public static String python() {
    String python = System.getenv("BELAY_PYTHON");
    if (python == null || python.isEmpty()) {
      if ("1".equals(System.getenv("BELAY_REQUIRE_PYTHON"))) {
        fail("BELAY_REQUIRE_PYTHON=1, but BELAY_PYTHON names no Python with TensorFlow 2.10.1");
      }
      assumeTrue(false, "set BELAY_PYTHON to a Python with TensorFlow 2.10.1 to run this test");
    }
    return python;
  }

  private static String end(String text) {
    return text.substring(Math.max(0, text.length() - MAX_SHOWN));
  }

  /** A script of this module: {@code src/test/python/NAME}. */
  public static Path script(String name) {
    return Fixtures.path("").resolveSibling("python").resolve(name);
  }
}
