package dev.belay.savedmodel.bundle;

import java.nio.file.Path;

/** The names of a checkpoint's files: {@code PREFIX.index}, {@code PREFIX.data-00000-of-00001}. */
public final class BundleFiles {
  /** End of the name of the file with names, shapes and places of the tensors. */
  public static final String INDEX = ".index";

  /** Part of the name of each file with values. */
  public static final String DATA = ".data-";

  private BundleFiles() {}

  static Path index(Path prefix) {
    return prefix.resolveSibling(prefix.getFileName() + INDEX);
  }

  static Path shard(Path prefix, int shard, int shards) {
    return prefix.resolveSibling(
        String.format("%s%s%05d-of-%05d", prefix.getFileName(), DATA, shard, shards));
  }
}
