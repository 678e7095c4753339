package dev.belay.train.hub;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.weights.WeightFinder;
import dev.belay.train.config.ConfigException;
import dev.belay.train.failure.MachineException;
import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The hub and the cache that an environment names. */
final class UserHub implements ModelHub {
  private static final Pattern REVISION = Pattern.compile("[\\w+-][\\w.+-]*(/[\\w+-][\\w.+-]*)*");

  private final Map<String, String> environment;
  private final HubProgress progress;
  private final HubClient.Pause pause;

  UserHub(Map<String, String> environment, HubProgress progress, HubClient.Pause pause) {
    this.environment = Map.copyOf(environment);
    this.progress = progress;
    this.pause = pause;
  }

  @Override
  public Path locate(HubRequest request) throws IOException {
    Path path = request.path();
    if (Files.exists(path) || WeightFinder.prefix(path).isPresent()) {
      if (request.revision().isPresent() && HubName.ofSnapshot(path).isEmpty()) {
        throw new ConfigException(
            "--model-revision",
            "a version of a model of the hub; " + path + " is a file or folder, which has none",
            request.revision().get());
      }
      return path;
    }
    Optional<HubName> name = HubName.of(path);
    return name.isPresent() ? locate(name.get(), request) : path;
  }

  private Path locate(HubName name, HubRequest request) throws IOException {
    String revision = request.revisionOrMain();
    if (!REVISION.matcher(revision).matches() || revision.contains("..")) {
      throw new ConfigException("--model-revision", "a branch, tag or commit", revision);
    }
    HubSettings settings = HubSettings.of(environment);
    HubCache cache = HubCache.of(settings, name);
    Optional<CachedModel> cached =
        cache.commit(revision).map(commit -> new CachedModel(cache, commit, request));
    if (cached.isPresent() && cached.get().isComplete()) {
      return cached.get().folder();
    }
    Optional<CachedModel> usable = cached.filter(CachedModel::isUsable);
    if (settings.offline()) {
      return usable.orElseThrow(() -> notCached(settings, name, revision)).folder();
    }
    try {
      return download(settings, name, request, usable);
    } catch (HubUnreachable e) {
      if (usable.isPresent()) {
        progress.note(e.getMessage() + "; its copy in the cache is used");
        return usable.get().folder();
      }
      String message =
          "no file or folder " + name + " is here, and as a model of the hub: " + e.getMessage();
      throw name.mayBePath() && !e.isConnected()
          ? new ModelException(message)
          : new MachineException(message, e);
    }
  }

  @SuppressWarnings("try") // held by being open
  private Path download(
      HubSettings settings, HubName name, HubRequest request, Optional<CachedModel> usable)
      throws IOException {
    HubClient client = new HubClient(settings, pause);
    HubCache cache = HubCache.of(settings, name);
    HubProgress shown = settings.quiet() ? quiet() : progress;
    // Whether the hub has the model is known before anything is written.
    RemoteModel model =
        RemoteModel.find(client, name, request, usable.isPresent() ? 1 : HubClient.ATTEMPTS);
    try (HubLock lock =
        HubLock.take(
            HubCache.lock(settings, name),
            () -> progress.note("waiting for another process that downloads " + name))) {
      return new SnapshotDownload(client, cache, model, shown).run(request);
    } catch (CorruptModelException e) {
      throw e;
    } catch (IOException e) {
      if (usable.isPresent()) {
        progress.note(HubDisk.failure(cache.root(), 0, e).getMessage());
        return usable.get().folder();
      }
      throw HubDisk.failure(cache.root(), 0, e);
    }
  }

  private HubProgress quiet() {
    return new HubProgress() {
      @Override
      public void downloading(String file, long done, long size) {}

      @Override
      public void note(String line) {
        progress.note(line);
      }
    };
  }

  private static ModelException notCached(HubSettings settings, HubName name, String revision) {
    return new ModelException(
        name
            + " does not exist: there is no file or folder of this name, and the cache "
            + settings.cache()
            + " has no model of this name at revision "
            + revision
            + " with configuration and weights. HF_HUB_OFFLINE forbids to download it: unset it, or"
            + " copy the folder "
            + name.folder()
            + " of another cache to this one");
  }
}
