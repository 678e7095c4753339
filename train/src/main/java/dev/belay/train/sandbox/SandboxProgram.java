package dev.belay.train.sandbox;

import dev.belay.train.ModelTrial;
import java.io.PrintStream;
import java.util.List;

/**
 * The main class of the sandbox process. It prints each stage before it starts; the last line of a
 * trial that came to its end is {@link #ENDED} or {@link #REFUSED}.
 */
public final class SandboxProgram {
  /** Nothing that the model made native code do has killed it. */
  static final String ENDED = "ended";

  /** An exception came first, which the process that asked will meet for itself. */
  static final String REFUSED = "refused";

  private SandboxProgram() {}

  /** Tries the model that the arguments name, and exits. */
  public static void main(String[] arguments) {
    PrintStream out = System.out;
    SandboxRequest request = SandboxRequest.of(List.of(arguments));
    try {
      ModelTrial.run(
          request.model(),
          request.trains(),
          stage -> {
            out.println(stage);
            out.flush();
          });
      out.println(ENDED);
    } catch (Throwable thrown) {
      out.println(REFUSED + ": " + thrown.getClass().getName());
    }
    out.flush();
    // Not exit: native code has nothing to tidy up that would be worth its time.
    Runtime.getRuntime().halt(0);
  }
}
