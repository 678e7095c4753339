package dev.belay.tools.command;

import dev.belay.tools.console.JsonText;
import dev.belay.tools.console.Terminal;
import dev.belay.train.WeightConversion;

/** How a conversion is told: the folder is the result, what was left behind is said beside it. */
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
