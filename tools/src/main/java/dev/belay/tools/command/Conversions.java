package dev.belay.tools.command;

import dev.belay.tools.console.JsonText;
import dev.belay.tools.console.Terminal;
import dev.belay.train.WeightConversion;

/**
 * Report of a conversion: the folder is the result, weights left behind are listed on standard
 * error.
 */
final class Conversions {
  private Conversions() {}

  static void print(Terminal terminal, WeightConversion.Result result, boolean json) {
    if (json) {
      terminal.out().println(JsonText.of(result));
      return;
    }
    terminal
        .err()
        .println(
            "%d tensors from %s to %s".formatted(result.weights(), result.from(), result.to()));
    result.leftBehind().forEach(left -> terminal.err().println("left behind: " + left));
    terminal.out().println(result.path());
  }
}
