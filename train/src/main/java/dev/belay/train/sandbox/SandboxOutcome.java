package dev.belay.train.sandbox;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Result of a sandbox process.
 *
 * @param exitCode of the process
 * @param stopped the reason why this process stopped it, if it did
 * @param lines output of the process
 */
record SandboxOutcome(int exitCode, Optional<String> stopped, List<String> lines) {
  /** Java says 128 and the signal. */
  private static final int SIGNALLED = 128;

  private static final Map<Integer, String> SIGNALS =
      Map.of(
          4, "SIGILL", 6, "SIGABRT", 7, "SIGBUS", 8, "SIGFPE", 9, "SIGKILL", 11, "SIGSEGV", 15,
          "SIGTERM");

  /** A JVM that meets a signal ends by another; this line of its report has the first. */
  private static final Pattern REPORTED = Pattern.compile("^#\\s+(SIG[A-Z]+) \\(0x");

  /** TensorFlow's last words. */
  private static final Pattern FATAL = Pattern.compile("^\\S* ?[^\\n]*: F [^\\]]*] (.*)$");

  /** Whether nothing that the model made native code do has killed the process. */
  boolean isPassed() {
    return exitCode == 0 && stopped.isEmpty() && last().equals(SandboxProgram.ENDED);
  }

  /** Whether the process ended with an exception, which the caller will meet too. */
  boolean isRefused() {
    return exitCode == 0 && stopped.isEmpty() && last().startsWith(SandboxProgram.REFUSED);
  }

  /** Whether the process came as far as trying anything. */
  boolean began() {
    return !stages().isEmpty();
  }

  /** Its current stage. */
  String stage() {
    List<String> stages = stages();
    return stages.isEmpty() ? "starting" : stages.get(stages.size() - 1);
  }

  /** Its end: a signal, a limit. */
  String cause() {
    if (stopped.isPresent()) {
      return stopped.get();
    }
    String signal = SIGNALS.getOrDefault(exitCode - SIGNALLED, "exit code " + exitCode);
    for (String line : lines) {
      Matcher report = REPORTED.matcher(line);
      if (report.find()) {
        signal = report.group(1);
      }
    }
    return "ended by " + signal + fatal().map(words -> " (" + words + ")").orElse("");
  }

  private Optional<String> fatal() {
    return lines.stream()
        .map(FATAL::matcher)
        .filter(Matcher::find)
        .map(matcher -> matcher.group(1).strip())
        .findFirst();
  }

  private String last() {
    return lines.isEmpty() ? "" : lines.get(lines.size() - 1);
  }

  private List<String> stages() {
    return lines.stream()
        .filter(line -> line.matches("(reading|importing|building|setting|running) .*"))
        .toList();
  }
}
