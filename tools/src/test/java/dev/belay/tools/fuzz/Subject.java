package dev.belay.tools.fuzz;

import java.io.IOException;
import java.nio.file.Path;

/** One sound file or model, and how Belay reads it. */
interface Subject {
  /** What is read, and which of its kind: {@code model:gpt2_tiny/saved_model}. */
  String name();

  /** Puts the sound files into a folder. */
  void prepare(Path folder) throws IOException;

  /**
   * Puts broken files over those of a prepared folder, in place of whatever was broken before.
   *
   * @return what was broken, and how
   */
  String mutate(Dice dice, Path folder) throws IOException;

  /** Reads all of it, as Belay's commands do before native code sees it. */
  void read(Path folder) throws IOException;
}
