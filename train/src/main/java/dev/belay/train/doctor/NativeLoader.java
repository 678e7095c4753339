package dev.belay.train.doctor;

import java.util.Optional;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.presets.javacpp;

/** Opens a library as TensorFlow will. */
@FunctionalInterface
interface NativeLoader {
  /** The loader of this process; what it opens stays open, which costs nothing. */
  NativeLoader SYSTEM =
      library -> {
        Loader.load(javacpp.class); // its own native part
        try {
          Loader.loadGlobal(library);
          return new Opened(true, MappedLibraries.ofThisProcess().file(library).orElse("opened"));
        } catch (UnsatisfiedLinkError e) {
          return new Opened(false, Optional.ofNullable(e.getMessage()).orElse("no reason given"));
        }
      };

  /**
   * Result of loading a library.
   *
   * @param done whether the library was loaded
   * @param text the file that was loaded, or the loader's error
   */
  record Opened(boolean done, String text) {}

  /** Tries it. */
  Opened open(String library);
}
