package dev.belay.train.hub;

import dev.belay.savedmodel.ModelFiles;
import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Download of a model into a snapshot of the cache. The weights come last, so a snapshot with
 * weights has all other files too.
 */
final class SnapshotDownload {
  private final HubClient client;
  private final HubCache cache;
  private final RemoteModel model;
  private final HubProgress progress;
  private final String commit;

  SnapshotDownload(HubClient client, HubCache cache, RemoteModel model, HubProgress progress) {
    this.client = client;
    this.cache = cache;
    this.model = model;
    this.progress = progress;
    this.commit = model.configuration().commit();
  }

  /**
   * Downloads what the cache lacks.
   *
   * @return the snapshot
   */
  Path run(HubRequest request) throws IOException {
    Files.createDirectories(cache.root().resolve("blobs"));
    requireRoom(model.weights().stream().toList());
    for (String file : ModelFileNames.OPTIONAL) {
      take(model.folder() + file);
    }
    if (!cache.has(commit, model.folder() + ModelFiles.TOKENIZER)) {
      for (String file : ModelFileNames.SENTENCE_PIECES) {
        take(model.folder() + file);
      }
    }
    takeModules();
    take(model.configuration());
    Optional<RemoteFile> weights = model.weights();
    if (weights.isPresent()) {
      take(weights.get());
      if (ModelFileNames.isIndex(weights.get().name())) {
        takeShards(cache.snapshot(commit).resolve(weights.get().name()));
      }
    }
    cache.refer(request.revisionOrMain(), commit);
    return cache.snapshot(commit);
  }

  private void takeModules() throws IOException {
    for (String file : ModelFileNames.SENTENCES) {
      take(file);
    }
    if (!cache.has(commit, ModelFiles.MODULES)) {
      return;
    }
    for (String folder :
        ModelFileNames.modules(cache.snapshot(commit).resolve(ModelFiles.MODULES))) {
      take(folder + "/" + ModelFiles.CONFIGURATION);
      if (!model.folder().equals(folder + "/")) {
        take(folder + "/" + ModelFiles.SAFETENSORS);
      }
    }
  }

  private void takeShards(Path index) throws IOException {
    List<RemoteFile> shards = new ArrayList<>();
    for (String name : ModelFileNames.shards(index)) {
      String file = model.folder() + name;
      if (!cache.has(commit, file)) {
        shards.add(
            client
                .describe(model.name(), commit, file, HubClient.ATTEMPTS)
                .orElseThrow(
                    () ->
                        new ModelException(
                            model.name()
                                + ": "
                                + index.getFileName()
                                + " names "
                                + name
                                + ", which the hub does not have at commit "
                                + commit)));
      }
    }
    requireRoom(shards);
    for (RemoteFile shard : shards) {
      take(shard);
    }
  }

  private void requireRoom(List<RemoteFile> files) throws IOException {
    long bytes = 0;
    for (RemoteFile file : files) {
      if (!cache.has(commit, file.name()) && !isStored(file)) {
        Path part = cache.incomplete(file.etag());
        bytes += Math.max(0, file.size() - (Files.exists(part) ? Files.size(part) : 0));
      }
    }
    HubDisk.requireRoom(cache.root(), bytes);
  }

  /** Takes a file that the repository may have. */
  private void take(String file) throws IOException {
    if (cache.has(commit, file) || cache.lacks(commit, file)) {
      return;
    }
    Optional<RemoteFile> found = client.describe(model.name(), commit, file, HubClient.ATTEMPTS);
    if (found.isPresent()) {
      take(found.get());
    } else {
      cache.markMissing(commit, file);
    }
  }

  private void take(RemoteFile file) throws IOException {
    if (cache.has(commit, file.name())) {
      return;
    }
    Path blob = cache.blob(file.etag());
    if (!isStored(file)) {
      Files.deleteIfExists(blob);
      new HubDownload(client, model.name(), file, cache.incomplete(file.etag()), progress)
          .into(blob);
    }
    cache.link(commit, file.name(), blob);
  }

  /** Whether the cache has the content, under this or another name. */
  private boolean isStored(RemoteFile file) throws IOException {
    Path blob = cache.blob(file.etag());
    return Files.isRegularFile(blob) && (file.size() < 0 || Files.size(blob) == file.size());
  }
}
