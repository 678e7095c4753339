package dev.belay.train.hub;

import java.net.URI;
import java.util.regex.Pattern;

/**
 * A file of a repository, as the hub describes it.
 *
 * @param name path in the repository
 * @param address to download it from
 * @param commit that the revision means
 * @param etag its hash: SHA-256 of a large file, or git's SHA-1 of a blob
 * @param size in bytes; negative if the hub does not say it
 */
record RemoteFile(String name, URI address, String commit, String etag, long size) {
  static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern SHA1 = Pattern.compile("[0-9a-f]{40}");

  boolean hasSha256() {
    return SHA256.matcher(etag).matches();
  }

  boolean hasGitHash() {
    return SHA1.matcher(etag).matches();
  }
}
