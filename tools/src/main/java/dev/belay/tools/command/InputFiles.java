package dev.belay.tools.command;

import dev.belay.tools.console.JsonText;
import dev.belay.train.config.ConfigException;
import dev.belay.train.config.EvaluateConfig;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Owns files in place of standard input and of texts on the command line: some readers read a file
 * twice. Closing removes them.
 */
final class InputFiles implements AutoCloseable {
  private static final Path STANDARD_INPUT = Path.of("-");

  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private final Path folder;

  InputFiles() throws IOException {
    this.folder = Files.createTempDirectory("belay-input-");
  }

  /** The config with a file of what standard input holds in place of {@code -}. */
  EvaluateConfig withStandardInput(EvaluateConfig config) throws IOException {
    List<Path> files = new ArrayList<>(config.files());
    int place = files.indexOf(STANDARD_INPUT);
    if (place < 0) {
      return config;
    }
    if (place != files.lastIndexOf(STANDARD_INPUT)) {
      throw new ConfigException("--file: standard input, -, is read once: name it once");
    }
    files.set(place, ofStandardInput());
    return config.withFiles(files);
  }

  private Path ofStandardInput() throws IOException {
    Path all = folder.resolve("standard-input");
    Files.copy(System.in, all);
    return Files.move(all, folder.resolve("standard-input" + (isJson(all) ? ".json" : ".txt")));
  }

  /** Whether a file begins with an object, behind blanks. */
  private static boolean isJson(Path file) throws IOException {
    try (InputStream bytes = new BufferedInputStream(Files.newInputStream(file))) {
      bytes.mark(BYTE_ORDER_MARK.length);
      if (!Arrays.equals(bytes.readNBytes(BYTE_ORDER_MARK.length), BYTE_ORDER_MARK)) {
        bytes.reset();
      }
      int next = bytes.read();
      while (next == ' ' || next == '\t' || next == '\r' || next == '\n') {
        next = bytes.read();
      }
      return next == '{';
    }
  }

  /** A file of texts. */
  Path ofTexts(List<String> texts) throws IOException {
    List<String> objects = texts.stream().map(text -> JsonText.of(Map.of("text", text))).toList();
    return Files.writeString(folder.resolve("texts.json"), String.join("\n", objects));
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
