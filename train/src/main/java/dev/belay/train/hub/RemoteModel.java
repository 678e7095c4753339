package dev.belay.train.hub;

import dev.belay.savedmodel.ModelFiles;
import dev.belay.savedmodel.weights.ForeignFormat;
import dev.belay.train.failure.ModelException;
import java.util.Optional;

/**
 * A model of the hub that Belay can read, before anything of it is downloaded.
 *
 * @param configuration its config.json
 * @param weights file of its weights, or their index; empty if they are not wanted
 * @param folder of both: empty for the root, else with a slash at its end
 */
record RemoteModel(
    HubName name, RemoteFile configuration, Optional<RemoteFile> weights, String folder) {

  /** Folder of the transformer in older repositories of sentence-transformers. */
  static final String TRANSFORMER = "0_Transformer/";

  /**
   * Asks the hub.
   *
   * @param attempts requests for the first answer
   * @throws ModelException if there is no such model, or Belay reads none of its weights
   */
  static RemoteModel find(HubClient client, HubName name, HubRequest request, int attempts) {
    String revision = request.revisionOrMain();
    Optional<RemoteFile> root = client.describe(name, revision, ModelFiles.CONFIGURATION, attempts);
    String folder = root.isPresent() ? "" : TRANSFORMER;
    RemoteFile configuration =
        root.or(() -> client.describe(name, revision, folder + ModelFiles.CONFIGURATION, attempts))
            .orElseThrow(() -> unconfigured(client, name, revision));
    if (!request.weights()) {
      return new RemoteModel(name, configuration, Optional.empty(), folder);
    }
    String commit = configuration.commit();
    for (String file : ModelFileNames.weights(request.format())) {
      Optional<RemoteFile> found = client.describe(name, commit, folder + file, HubClient.ATTEMPTS);
      if (found.isPresent()) {
        return new RemoteModel(name, configuration, found, folder);
      }
    }
    throw unreadable(client, name, commit);
  }

  private static ModelException unconfigured(HubClient client, HubName name, String revision) {
    boolean adapter =
        client.describe(name, revision, "adapter_config.json", HubClient.ATTEMPTS).isPresent();
    return new ModelException(
        adapter
            ? name
                + ": an adapter of the hub (adapter_config.json), the change of a model without the"
                + " model; name the model with --model, download this one ("
                + download(name)
                + ") and name its folder with --adapter"
            : client.absent(name)
                + "; or it is one, and has no config.json at revision "
                + revision);
  }

  private static ModelException unreadable(HubClient client, HubName name, String commit) {
    for (String file : ModelFileNames.PICKLES) {
      if (client.describe(name, commit, file, HubClient.ATTEMPTS).isPresent()) {
        return new ModelException(
            name
                + ": the hub has no model.safetensors of it; it holds "
                + ForeignFormat.pickled(file, name.repository().replaceAll(".*/", ""))
                + " Download it first: "
                + download(name)
                + "; Belay downloads no pickles, since reading one runs its code");
      }
    }
    return new ModelException(
        name
            + ": expected model.safetensors, an index of its parts, or tf_model.h5 on the hub at"
            + " commit "
            + commit
            + ", found none of them");
  }

  private static String download(HubName name) {
    return "`huggingface-cli download "
        + name
        + " --local-dir "
        + name.repository().replaceAll(".*/", "")
        + "`";
  }
}
