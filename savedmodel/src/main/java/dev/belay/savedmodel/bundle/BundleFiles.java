package dev.belay.savedmodel.bundle;

import java.nio.file.Path;

/** The names of a checkpoint's files: {@code PREFIX.index}, {@code PREFIX.data-00000-of-00001}. */
final class BundleFiles {
  private BundleFiles() {}

  static Path index(Path prefix) {
    return prefix.resolveSibling(prefix.getFileName() + ".index");
  }

  static Path shard(Path prefix, int shard, int shards) {
    return prefix.resolveSibling(
        String.format("%s.data-%05d-of-%05d", prefix.getFileName(), shard, shards));
  }
}
