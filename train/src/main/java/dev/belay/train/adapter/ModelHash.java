package dev.belay.train.adapter;

import dev.belay.train.failure.ModelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** SHA-256 of a model's files, wherever they are, by the names and the SHA-256 of each. */
public final class ModelHash {
  private ModelHash() {}

  /**
   * Digests.
   *
   * @param files each with {@code path} and {@code sha256}
   */
  public static String of(List<Map<String, Object>> files) {
    TreeSet<String> lines = new TreeSet<>();
    for (Map<String, Object> file : files) {
      Path name = Path.of(file.get("path").toString()).getFileName();
      lines.add(file.get("sha256") + " " + name + "\n");
    }
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      lines.forEach(line -> digest.update(line.getBytes(StandardCharsets.UTF_8)));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Refuses adapters of another model. */
  public static void requireSame(String saved, String found) {
    if (!saved.equals(found)) {
      throw new ModelException(
          "the checkpoint holds adapters without the weights that they belong to, and --model is"
              + " not that model: expected files with the SHA-256 "
              + saved
              + ", found "
              + found
              + ". Name the model that the run began with, unchanged");
    }
  }
}
