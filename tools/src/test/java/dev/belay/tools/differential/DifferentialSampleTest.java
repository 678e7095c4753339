package dev.belay.tools.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.Fixtures;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A fixed sample of the differential test: what Python computed lies beside each case. {@code
 * tools/src/differential/differential.py sample} makes it.
 */
@Tag("long")
final class DifferentialSampleTest {
  private static final int CASES = 100;

  @TempDir Path scratch;

  static List<Path> areas() throws IOException {
    try (Stream<Path> files = Files.list(Fixtures.path("differential"))) {
      return files.filter(file -> file.toString().endsWith(".zip")).sorted().toList();
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("areas")
  void everyCaseIsEqual(Path area) throws IOException {
    unpack(area);
    List<String> others = new ArrayList<>();
    for (Path folder : folders()) {
      Verdict verdict = new CaseRun(folder).run();
      if (!verdict.isEqual()) {
        others.add(folder.getFileName() + " " + verdict);
      }
    }
    assertEquals(List.of(), others);
  }

  @Test
  void theSampleIsWhole() throws IOException {
    for (Path area : areas()) {
      unpack(area);
    }
    int cases = folders().size();
    assertTrue(cases >= CASES, () -> "only " + cases);
  }

  private List<Path> folders() throws IOException {
    try (Stream<Path> folders = Files.list(scratch)) {
      return folders.filter(folder -> Files.exists(folder.resolve("case.json"))).sorted().toList();
    }
  }

  private void unpack(Path archive) throws IOException {
    try (InputStream in = Files.newInputStream(archive);
        ZipInputStream zip = new ZipInputStream(in)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path file = scratch.resolve(entry.getName());
        Files.createDirectories(file.getParent());
        Files.copy(zip, file);
      }
    }
  }
}
