package dev.belay.train;

import dev.belay.train.config.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Twenty-five runs that are stopped and go on, each held against one of its kind that nobody
 * stopped: {@code survive resume}. {@link ResumeTest} is a few of the same.
 */
final class ResumeProgram {
  /** Runs of one kind: what they are, and the steps after which they are stopped. */
  private record Kind(String name, SmallRun.Setting setting, List<Integer> stops) {}

  private ResumeProgram() {}

  /** Exit code 1 if any differs. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    SmallRun.Setting plain = SmallRun.Setting.imported(folder);
    SmallRun.Setting memory = plain.with(SmallRun.Rules.withMemory(), 18);
    SmallRun.Setting returning = plain.with(SmallRun.Rules.withReturns(), 18);
    int good = 0;
    int all = 0;
    for (Kind kind :
        List.of(
            new Kind("1 thread, 3 batches an epoch", plain, List.of(1, 2, 3, 4, 5, 6, 7, 8)),
            new Kind("1 thread, skip, loss scale, accumulation", memory, List.of(2, 5, 9, 12, 16)),
            new Kind("2 threads", plain.with(2), List.of(1, 3, 4, 8)),
            new Kind(
                "2 threads, skip, loss scale, accumulation", memory.with(2), List.of(5, 12, 16)),
            new Kind("1 thread, rollback", returning, List.of(10, 11, 13, 15, 16)))) {
      Path place = Files.createDirectory(folder.resolve("kind-" + all));
      SmallRun whole = SmallRun.whole(kind.setting().config(place.resolve("whole")));
      for (int stop : kind.stops()) {
        all++;
        TrainConfig config = kind.setting().config(place.resolve("stopped-" + stop));
        boolean stopped = SmallRun.until(config, SmallRun.step(stop)).stopped().isPresent();
        SmallRun found = SmallRun.whole(config);
        boolean same =
            stopped
                && found.stopped().isEmpty()
                && whole.metrics().equals(found.metrics())
                && whole.weights().equals(found.weights());
        good += same ? 1 : 0;
        System.out.println(
            kind.name()
                + ", stopped after step "
                + stop
                + ": "
                + (same ? "the same" : "DIFFERENT"));
      }
    }
    System.out.println("resumes that are equal to the last bit: " + good + " of " + all);
    System.exit(good == all ? 0 : 1);
  }
}
