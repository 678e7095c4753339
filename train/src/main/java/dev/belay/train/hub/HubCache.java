package dev.belay.train.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * Folder of one repository in the cache, in the layout of Python's huggingface_hub: {@code refs}
 * with the commit of each branch and tag, {@code blobs} with each content under its hash, {@code
 * snapshots} with links from the names of each commit, and {@code .no_exist} with the names that a
 * commit is known not to have.
 *
 * @param root the folder of the repository
 */
record HubCache(Path root) {
  private static final String INCOMPLETE = ".belay.incomplete";

  static HubCache of(HubSettings settings, HubName name) {
    return new HubCache(settings.cache().resolve(name.folder()));
  }

  /** The file that a download locks. */
  static Path lock(HubSettings settings, HubName name) {
    return settings.cache().resolve(".locks").resolve(name.folder()).resolve("belay.lock");
  }

  /** The commit that the cache has for a revision. */
  Optional<String> commit(String revision) throws IOException {
    if (RemoteFile.COMMIT.matcher(revision).matches()) {
      return Optional.of(revision);
    }
    Path file = reference(revision);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    String commit = Files.readString(file).strip();
    return Optional.of(commit).filter(text -> RemoteFile.COMMIT.matcher(text).matches());
  }

  private Path reference(String revision) {
    return root.resolve("refs").resolve(revision);
  }

  /** Records the commit of a branch or tag. */
  void refer(String revision, String commit) throws IOException {
    if (revision.equals(commit) || commit(revision).equals(Optional.of(commit))) {
      return;
    }
    Path file = reference(revision);
    Files.createDirectories(file.getParent());
    Path draft = root.resolve(".ref-" + ProcessHandle.current().pid());
    Files.writeString(draft, commit);
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** The folder of a commit. */
  Path snapshot(String commit) {
    return root.resolve("snapshots").resolve(commit);
  }

  /** Whether a commit has the file, as far as the cache knows. */
  boolean has(String commit, String file) {
    return Files.isRegularFile(snapshot(commit).resolve(file));
  }

  /** Whether a commit is known not to have the file. */
  boolean lacks(String commit, String file) {
    return Files.exists(missing(commit, file));
  }

  private Path missing(String commit, String file) {
    return root.resolve(".no_exist").resolve(commit).resolve(file);
  }

  /** Records that a commit does not have the file. */
  void markMissing(String commit, String file) throws IOException {
    Path mark = missing(commit, file);
    Files.createDirectories(mark.getParent());
    if (!Files.exists(mark)) {
      Files.createFile(mark);
    }
  }

  /** The content with a hash. */
  Path blob(String etag) {
    return root.resolve("blobs").resolve(etag);
  }

  /** The part of a content that has arrived; the name is not one that Python writes to. */
  Path incomplete(String etag) {
    return root.resolve("blobs").resolve(etag + INCOMPLETE);
  }

  /** Gives a content its name in a commit; a file system without links gets the file itself. */
  void link(String commit, String file, Path blob) throws IOException {
    Path name = snapshot(commit).resolve(file);
    Files.createDirectories(name.getParent());
    if (Files.exists(name, LinkOption.NOFOLLOW_LINKS)) {
      Files.delete(name); // a link whose content was removed
    }
    try {
      Files.createSymbolicLink(name, name.getParent().relativize(blob));
    } catch (UnsupportedOperationException | IOException e) {
      Files.move(blob, name);
    }
  }
}
