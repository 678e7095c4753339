package dev.belay.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Texts on the command line, and standard input. */
final class GivenInputTest {
  private final FakeTrainApi trainApi = new FakeTrainApi();

  private ProgramRun predict(String... more) {
    String[] arguments = new String[more.length + 2];
    arguments[0] = "predict";
    arguments[1] = "--model=m";
    System.arraycopy(more, 0, arguments, 2, more.length);
    return ProgramRun.of(trainApi, arguments);
  }

  private ProgramRun predictFor(String input) {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
    try {
      return predict("--file", "-");
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void textsOfTheCommandLineAreReadAsAFileOfObjects() {
    ProgramRun run = predict("--text", "a \"film\"\nin two lines", "--text=- 你好");
    assertEquals(0, run.code(), run.err());
    assertEquals(
        List.of("texts.json={\"text\":\"a \\\"film\\\"\\nin two lines\"}\n{\"text\":\"- 你好\"}"),
        trainApi.read);
    assertFalse(Files.exists(trainApi.evaluated.files().get(0).getParent()));
  }

  @Test
  @ResourceLock("System.in")
  void standardInputIsJsonIfItBeginsWithAnObjectAndTextsOtherwise() {
    assertEquals(0, predictFor("{\"text\": \"a\"}\n").code());
    assertEquals(List.of("standard-input.json={\"text\": \"a\"}\n"), trainApi.read);
    predictFor("\ufeff\n {\"text\": \"a\"}");
    assertTrue(trainApi.read.get(0).startsWith("standard-input.json="), "" + trainApi.read);
    predictFor("[1] a\n{b}\n");
    assertEquals(List.of("standard-input.txt=[1] a\n{b}\n"), trainApi.read);
    predictFor("");
    assertEquals(List.of("standard-input.txt="), trainApi.read);
    assertFalse(Files.exists(trainApi.evaluated.files().get(0).getParent()));
  }

  @Test
  void badUseIsRefused() {
    assertRefused(
        "--text and --file: give the texts, or a file that holds them, not both",
        predict("--text=a", "--file=b.txt"));
    assertRefused("--file: standard input, -, is read once", predict("--file=-", "--file=-"));
    assertRefused("--file is missing: name a .tsv, .csv, .jsonl or .tfrecord file", predict());
    assertRefused("or - for standard input", predict());
  }

  private static void assertRefused(String message, ProgramRun run) {
    assertEquals(2, run.code(), run.err());
    assertTrue(run.err().contains(message), run.err());
  }
}
