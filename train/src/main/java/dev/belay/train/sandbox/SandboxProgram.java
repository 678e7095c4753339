package dev.belay.train.sandbox;

import dev.belay.train.session.ModelTrial;
import java.io.PrintStream;
import java.util.List;

/**
 * The main class of the sandbox process. It prints each stage before it starts; the last line of a
 * trial that came to its end is {@link #ENDED} or {@link #REFUSED}.
 */
public final class SandboxProgram {
  /** The model did not crash native code. */
  static final String ENDED = "ended";

  /** An exception ended the trial, which the calling process will meet too. */
  static final String REFUSED = "refused";

  private SandboxProgram() {}

  /** Loads and runs the model in the arguments, and exits. */
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
    // Not exit: the cleanup of native code is not worth its time.
    Runtime.getRuntime().halt(0);
  }
}
