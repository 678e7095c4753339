package dev.belay.tools.acceptance;

import dev.belay.savedmodel.Fixtures;
import java.nio.file.Path;

/** The Python checks of this module. */
final class PythonScripts {
  private PythonScripts() {}

  /** {@code src/test/python/NAME}. */
  static Path named(String name) {
    Path root = Fixtures.path("").resolve("../../../..").normalize();
    return root.resolve(Path.of("tools", "src", "test", "python", name));
  }
}
