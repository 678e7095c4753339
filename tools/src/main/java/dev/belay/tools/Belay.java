package dev.belay.tools;

import dev.belay.tools.console.Terminal;
import dev.belay.train.sandbox.ProcessSandbox;
import java.util.List;
import java.util.OptionalInt;

/** The program. */
public final class Belay {
  /** The width of the terminal behind stderr, which the launcher knows; absent if there is none. */
  private static final String COLUMNS = "belay.columns";

  private Belay() {}

  /** Runs one command and exits with its code. */
  public static void main(String[] arguments) {
    Integer columns = Integer.getInteger(COLUMNS);
    Terminal terminal =
        Terminal.system(columns == null ? OptionalInt.empty() : OptionalInt.of(columns));
    System.exit(new Program(ProcessSandbox::ofUser, terminal).run(List.of(arguments)).code());
  }
}
