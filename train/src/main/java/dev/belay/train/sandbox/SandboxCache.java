package dev.belay.train.sandbox;

import dev.belay.savedmodel.ModelFiles;
import dev.belay.train.report.Provenance;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * Remembers which models native code has survived, in {@code judged} of the user's cache folder: a
 * file each, named by a hash of the model, of how it was called, and of this version of Belay. To
 * remove any of them costs a trial and nothing else.
 */
final class SandboxCache {
  private static final List<String> FILES =
      List.of(ModelFiles.SAVED_MODEL, "variables/variables.index");

  private final Path folder;

  SandboxCache(Path folder) {
    this.folder = folder;
  }

  /** Those of this user: {@code $XDG_CACHE_HOME/belay}, or {@code ~/.cache/belay}. */
  static SandboxCache ofUser() {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path home =
        cache == null || cache.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(cache);
    return new SandboxCache(home.resolve("belay").resolve("judged"));
  }

  /**
   * Key of a model. The index has the checksums of all variables, so it represents their bytes.
   *
   * @param arguments arguments of the sandbox process
   */
  static String key(Path model, List<String> arguments) throws IOException {
    MessageDigest digest = Provenance.newSha256();
    add(digest, Provenance.version() + build());
    arguments.forEach(argument -> add(digest, argument));
    for (String file : FILES) {
      add(digest, model.resolve(file));
    }
    Path assets = model.resolve(ModelFiles.ASSETS);
    if (Files.isDirectory(assets)) {
      try (Stream<Path> files = Files.walk(assets)) {
        for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
          add(digest, assets.relativize(file).toString());
          add(digest, file);
        }
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void add(MessageDigest digest, Path file) throws IOException {
    add(digest, Files.isRegularFile(file) ? Provenance.sha256(file) : "none");
  }

  private static void add(MessageDigest digest, String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
  }

  /** Sets two builds of one version apart. */
  private static String build() throws IOException {
    try {
      Path code =
          Path.of(SandboxCache.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return Files.isRegularFile(code)
          ? Files.size(code) + " " + Files.getLastModifiedTime(code)
          : Files.getLastModifiedTime(code).toString();
    } catch (URISyntaxException e) {
      throw new IOException("the place of Belay's own classes is no path", e);
    }
  }

  boolean holds(String key) {
    return Files.isRegularFile(folder.resolve(key));
  }

  /**
   * Remembers a model that passed.
   *
   * @throws IOException if the folder cannot be written, which costs no more than another trial
   */
  void add(String key, Path model) throws IOException {
    Files.createDirectories(folder);
    Path aside = Files.createTempFile(folder, key, ".part");
    Files.writeString(aside, model.toAbsolutePath() + " passed at " + Instant.now() + "\n");
    Files.move(aside, folder.resolve(key), StandardCopyOption.REPLACE_EXISTING);
  }
}
