package dev.belay.train.doctor;

import static dev.belay.train.doctor.Finding.Area.LIBRARY;

import dev.belay.graph.internal.LocalDevices;
import dev.belay.train.step.EnvironmentVariables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;
import org.tensorflow.TensorFlow;

/**
 * Checks the native TensorFlow and the folder that it is unpacked to.
 *
 * @param loads whether the library loads, so that other checks can use it
 */
record NativeLibraryCheck(List<Finding> findings, boolean loads) {
  private static final long UNPACKED_BYTES = 1_200_000_000;

  static NativeLibraryCheck ofThisProcess() {
    List<Finding> findings = new ArrayList<>();
    findings.add(cache());
    try {
      long begin = System.nanoTime();
      String version = TensorFlow.version();
      boolean cuda = LocalDevices.builtWithCuda();
      findings.add(
          Finding.ok(
              LIBRARY,
              "TensorFlow",
              version
                  + (cuda ? " with CUDA kernels" : " without CUDA kernels")
                  + ", loaded in "
                  + (System.nanoTime() - begin) / 1_000_000
                  + " ms"
                  + MappedLibraries.ofThisProcess()
                      .file("libtensorflow_cc.so.2")
                      .map(file -> " from " + file)
                      .orElse("")));
      if (!cuda) {
        findings.add(
            Finding.missing(
                LIBRARY,
                "CUDA kernels",
                "this build of TensorFlow is for CPUs only",
                "build Belay without BELAY_PROFILE=cpu"));
      }
      findings.add(oneDnn(System.getenv(EnvironmentVariables.ONEDNN)));
      return new NativeLibraryCheck(findings, true);
    } catch (LinkageError e) {
      findings.add(
          Finding.wrong(
              LIBRARY,
              "TensorFlow",
              "does not load: " + e.getMessage(),
              "it needs Linux on x86_64 with glibc, and a cache that it can be unpacked to and run"
                  + " from"));
      return new NativeLibraryCheck(findings, false);
    }
  }

  private static Finding oneDnn(String setting) {
    return "1".equals(setting) || "true".equals(setting)
        ? Finding.ok(LIBRARY, "oneDNN", "on; TF_ENABLE_ONEDNN_OPTS=0 turns it off")
        : Finding.note(
            LIBRARY,
            "oneDNN",
            setting == null ? "as TensorFlow likes, TF_ENABLE_ONEDNN_OPTS is not set" : "off",
            "steps on a CPU are faster with TF_ENABLE_ONEDNN_OPTS=1; sums are then made in another"
                + " order");
  }

  private static Finding cache() {
    try {
      Path cache = Loader.getCacheDir().toPath();
      Optional<Path> unpacked;
      try (var files = Files.find(cache, 12, (file, a) -> file.endsWith("libtensorflow_cc.so.2"))) {
        unpacked = files.findFirst();
      }
      // Not by its FileStore, which a chroot and some containers cannot find.
      long free = cache.toFile().getUsableSpace();
      String found =
          cache
              + (unpacked.isPresent() ? ", unpacked" : ", not unpacked yet")
              + ", "
              + MemoryCheck.gigabytes(free)
              + " free";
      boolean room = unpacked.isPresent() || free > UNPACKED_BYTES;
      return room
          ? Finding.ok(LIBRARY, "native cache", found)
          : Finding.wrong(
              LIBRARY,
              "native cache",
              found,
              "TensorFlow needs "
                  + MemoryCheck.gigabytes(UNPACKED_BYTES)
                  + " there; name another place with"
                  + " BELAY_JAVA_OPTS=-Dorg.bytedeco.javacpp.cachedir=DIR");
    } catch (IOException e) {
      return Finding.wrong(
          LIBRARY,
          "native cache",
          "cannot be used: " + e.getMessage(),
          "name a place that this user may write with"
              + " BELAY_JAVA_OPTS=-Dorg.bytedeco.javacpp.cachedir=DIR");
    }
  }
}
