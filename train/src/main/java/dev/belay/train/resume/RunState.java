package dev.belay.train.resume;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.checkpoint.CheckpointFolder;
import dev.belay.train.report.ConfigJson;
import dev.belay.train.report.MetricsLog;
import dev.belay.train.report.RunDirectory;
import dev.belay.train.report.RunFact;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * State of a run: what its run.json says and, since a killed process writes nothing there, whether
 * a process holds its directory.
 *
 * @param status {@code running}, {@code interrupted} if its process is gone, or how it ended:
 *     {@code done}, {@code stopped}, {@code diverged} or {@code failed}
 * @param step the last recorded step; 0 before the first
 * @param description the state in words, with what to do
 */
public record RunState(String status, long step, String description) {
  /** The status of a run whose process works on it. */
  public static final String RUNNING = RunFact.RUNNING;

  /** The status of a run whose process ended without a word. */
  public static final String INTERRUPTED = "interrupted";

  private static final Pattern PLAIN = Pattern.compile("[\\w./:=,@%+-]+");

  /** The state of a run directory, without touching it. */
  public static RunState of(RunDirectory run) throws IOException {
    return of(run, ConfigJson.tree(run.provenance()));
  }

  /** The state of a run directory whose run.json is read already. */
  public static RunState of(RunDirectory run, JsonNode facts) throws IOException {
    String recorded = facts.path(RunFact.STATUS).asText("unknown");
    long step = MetricsLog.lastStep(run.metrics());
    String at = step == 0 ? " before its first step" : " at step " + step;
    if (!recorded.equals(RUNNING)) {
      String error = facts.path("error").asText();
      return new RunState(recorded, step, recorded + at + (error.isEmpty() ? "" : ": " + error));
    }
    Optional<String> holder = RunLock.holder(run.lock());
    return holder.isPresent()
        ? new RunState(RUNNING, step, RUNNING + at + ": " + holder.get())
        : new RunState(INTERRUPTED, step, INTERRUPTED + at + ": " + advice(run, facts));
  }

  private static String advice(RunDirectory run, JsonNode facts) throws IOException {
    Optional<Checkpoint> newest =
        new CheckpointFolder(run.checkpoints(), OptionalInt.empty()).newestWhole().checkpoint();
    return "its process ended without finishing it. The same command "
        + newest
            .map(checkpoint -> "resumes from the checkpoint of step " + checkpoint.state().step())
            .orElse("starts from the beginning, since no checkpoint is there")
        + command(facts);
  }

  private static String command(JsonNode facts) {
    JsonNode resumes = facts.path("resumes");
    JsonNode last = resumes.isEmpty() ? facts : resumes.get(resumes.size() - 1);
    List<String> words = new ArrayList<>();
    for (String word : ConfigJson.texts(last.path("command"))) {
      words.add(PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'");
    }
    if (!words.isEmpty() && words.get(0).equals("train")) {
      words.add(0, "belay"); // the arguments of the command line alone
    }
    return words.isEmpty() ? "" : ": " + String.join(" ", words);
  }
}
