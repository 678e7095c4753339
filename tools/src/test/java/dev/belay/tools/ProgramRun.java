package dev.belay.tools;

import dev.belay.tools.command.TrainApi;
import dev.belay.tools.console.Terminal;
import dev.belay.train.model.ModelSandbox;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;

/**
 * What one call of the program answered.
 *
 * @param code the exit code
 * @param out standard output
 * @param err standard error
 */
public record ProgramRun(int code, String out, String err) {

  /**
   * Calls the program as a shell would, but that every model is trusted: nothing else is replaced.
   */
  public static ProgramRun of(List<String> arguments) {
    return of(() -> ModelSandbox.TRUSTING, arguments.toArray(new String[0]));
  }

  /** Calls the program with something else behind it. */
  public static ProgramRun of(TrainApi trainApi, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(
            new PrintStream(out, false, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            OptionalInt.empty());
    int code = new Program(trainApi, terminal).run(List.of(arguments)).code();
    return new ProgramRun(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }
}
