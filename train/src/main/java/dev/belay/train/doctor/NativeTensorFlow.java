package dev.belay.train.doctor;

import dev.belay.train.failure.MachineException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.tensorflow.TensorFlow;

/**
 * Checks that the native part of TensorFlow Java is on the class path. It is a separate jar, which
 * a program needs besides the jar of classes.
 */
public final class NativeTensorFlow {
  private static final String LIBRARY = "org/tensorflow/internal/c_api/%s/libjnitensorflow.so";
  private static final String PROPERTIES =
      "META-INF/maven/org.tensorflow/tensorflow-core-api/pom.properties";

  /** With CUDA, which {@code belay-train} brings, and without. */
  private static final List<String> CLASSIFIERS = List.of("linux-x86_64-gpu", "linux-x86_64");

  private NativeTensorFlow() {}

  /** Loads the library in another thread, from the first use of this class on. */
  private static final class Loading {
    static final CompletableFuture<String> VERSION =
        CompletableFuture.supplyAsync(TensorFlow::version);

    static void begin() {
      // The call initializes this class, which begins the loading.
    }
  }

  /**
   * Refuses a class path without the native library, before a model is read, and begins to load the
   * library.
   *
   * @throws MachineException which names the artifact to add
   */
  public static void require() {
    // Without a jar, the library may still be one of the system, which java.library.path names.
    require(TensorFlow.class.getClassLoader(), NativeTensorFlow::version);
    Loading.begin();
  }

  /**
   * Waits until the library is loaded.
   *
   * @return its version
   * @throws LinkageError if it cannot be loaded on this machine
   */
  public static String version() {
    try {
      return Loading.VERSION.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof LinkageError error) {
        throw error;
      }
      throw e;
    }
  }

  static void require(ClassLoader classes, Runnable load) {
    if (isOn(classes)) {
      return;
    }
    try {
      load.run();
    } catch (LinkageError e) {
      throw new MachineException(missing(classes), e);
    }
  }

  /** Whether a jar with the native library is on a class path. */
  static boolean isOn(ClassLoader classes) {
    return CLASSIFIERS.stream()
        .anyMatch(classifier -> classes.getResource(LIBRARY.formatted(classifier)) != null);
  }

  /** The missing jar, and what to add to a build. */
  static String missing(ClassLoader classes) {
    String artifact = "org.tensorflow:tensorflow-core-api:" + version(classes);
    return "the native TensorFlow is not on the class path: expected the jar "
        + artifact
        + " with the classifier linux-x86_64-gpu or linux-x86_64, found only its classes;"
        + " dev.belay:belay-train brings the first with the scope runtime. If a build leaves that"
        + " out, add "
        + artifact
        + ":linux-x86_64 (110 MB, for CPUs) or "
        + artifact
        + ":linux-x86_64-gpu (490 MB, for CPUs and NVIDIA GPUs); docs/java.md shows how";
  }

  private static String version(ClassLoader classes) {
    Properties properties = new Properties();
    try (InputStream file = classes.getResourceAsStream(PROPERTIES)) {
      if (file != null) {
        properties.load(file);
      }
    } catch (IOException e) {
      return "VERSION";
    }
    return properties.getProperty("version", "VERSION");
  }
}
