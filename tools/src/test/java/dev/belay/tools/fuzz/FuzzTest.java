package dev.belay.tools.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A few hundred broken files: each is refused by an exception that is meant for it, in time and
 * memory, or read. {@code tools/src/bench/fuzz.sh} is the long run of the same.
 */
@Tag("long")
final class FuzzTest {
  private static final int CASES = 100;
  private static final int MORE_CASES = 250;
  private static final long SEED = 20_221_116;

  @TempDir Path scratch;

  static Stream<Subject> sound() throws IOException {
    List<Subject> all = new ArrayList<>(Subjects.models());
    all.addAll(Subjects.checkpoints());
    all.addAll(Subjects.weights());
    all.addAll(Subjects.records());
    all.addAll(Subjects.tokenizers());
    all.addAll(Subjects.data());
    return all.stream();
  }

  @Test
  void noStockModelIsForgotten() throws IOException {
    assertEquals(20, Subjects.models().size());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("sound")
  void whatNobodyTouchedIsRead(Subject subject) throws IOException {
    subject.prepare(scratch);
    Outcome outcome = CaseRunner.read(subject, scratch, "nothing");
    assertEquals(Outcome.Kind.ACCEPTED, outcome.kind(), () -> subject.name() + ": " + outcome);
  }

  @Test
  void brokenFilesAreRefusedOrRead() throws IOException {
    assertRefusedOrRead(CASES);
  }

  @Test
  @Tag("slow")
  void moreBrokenFilesAreRefusedOrRead() throws IOException {
    assertRefusedOrRead(MORE_CASES);
  }

  private void assertRefusedOrRead(int cases) throws IOException {
    Fuzzer fuzzer = new Fuzzer(SEED, scratch);
    List<String> bad = new ArrayList<>();
    Map<Outcome.Kind, Integer> counts = new EnumMap<>(Outcome.Kind.class);
    for (int number = 0; number < cases; number++) {
      Fuzzer.Case made = fuzzer.make(number);
      Outcome outcome = fuzzer.read(made);
      counts.merge(outcome.kind(), 1, Integer::sum);
      if (!outcome.kind().isGood()) {
        bad.add(number + " " + made.subject().name() + ": " + outcome);
      }
    }
    assertEquals(List.of(), bad);
    // A mutator that breaks nothing, or a reader that takes nothing, would prove nothing.
    assertTrue(counts.get(Outcome.Kind.REFUSED) > cases / 3, counts::toString);
    assertTrue(counts.get(Outcome.Kind.ACCEPTED) > cases / 50, counts::toString);
  }

  @Test
  void aCaseIsTheSameWheneverItIsMade() throws IOException {
    Fuzzer first = new Fuzzer(SEED, Files.createDirectory(scratch.resolve("first")));
    Fuzzer second = new Fuzzer(SEED, Files.createDirectory(scratch.resolve("second")));
    Fuzzer other = new Fuzzer(SEED + 1, Files.createDirectory(scratch.resolve("other")));
    first.make(0);
    String what = first.make(7).what();
    assertEquals(what, second.make(7).what());
    assertNotEquals(what, other.make(7).what());
  }

  @Test
  void everyKindOfBadEndIsTold() {
    assertEquals(
        Outcome.Kind.DEFECT,
        CaseRunner.run("null", () -> java.util.Objects.requireNonNull(null)).kind());
    assertEquals(Outcome.Kind.DEFECT, CaseRunner.run("deep", FuzzTest::endless).kind());
    assertEquals(
        Outcome.Kind.LARGE,
        CaseRunner.run(
                "large",
                () -> {
                  byte[] large = new byte[(int) CaseRunner.MOST_BYTES + 1];
                  throw new dev.belay.train.data.DataException("of " + large.length + " bytes");
                })
            .kind());
    assertEquals(
        Outcome.Kind.SLOW,
        CaseRunner.run(
                "slow",
                () -> {
                  spin((long) CaseRunner.MOST_MILLIS + 100);
                  throw new dev.belay.train.data.DataException("late");
                })
            .kind());
  }

  private static void spin(long millis) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long end = threads.getCurrentThreadCpuTime() + millis * 1_000_000;
    while (threads.getCurrentThreadCpuTime() < end) {
      Thread.onSpinWait();
    }
  }

  @SuppressWarnings("InfiniteRecursion")
  private static void endless() {
    endless();
  }
}
