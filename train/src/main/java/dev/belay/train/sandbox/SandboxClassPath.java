package dev.belay.train.sandbox;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Class path of the sandbox process. */
@FunctionalInterface
interface SandboxClassPath {
  /**
   * As {@code java -cp} takes it.
   *
   * @throws IOException if there are no files that another Java could be given
   */
  String value() throws IOException;

  /** Class path of this process, whatever class loader Belay's classes have. */
  static String ofThisProcess() throws IOException {
    return of(SandboxClassPath.class.getClassLoader());
  }

  /** Locations of a class loader and its parents. */
  static String of(ClassLoader loader) throws IOException {
    Set<String> entries = new LinkedHashSet<>();
    for (ClassLoader next = loader; next != null; next = next.getParent()) {
      if (next == ClassLoader.getSystemClassLoader()) {
        entries.addAll(List.of(System.getProperty("java.class.path").split(File.pathSeparator)));
      } else if (next instanceof URLClassLoader urls) {
        for (URL url : urls.getURLs()) {
          entries.add(file(url).toString());
        }
      }
    }
    return String.join(File.pathSeparator, entries);
  }

  private static Path file(URL url) throws IOException {
    try {
      if (url.getProtocol().equals("file")) {
        return Path.of(url.toURI());
      }
    } catch (URISyntaxException e) {
      throw new IOException(url + " is no path", e);
    }
    throw new IOException(
        "Belay's classes come from "
            + url
            + ", which another Java cannot load; give their jars to ModelSandbox.ofUser(jars)");
  }

  /** The jars that a program names. */
  static String joined(List<Path> jars) {
    return jars.stream()
        .map(jar -> jar.toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }
}
