package dev.belay.train.hub;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.ModelFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A commit of a repository, as far as the cache has it.
 *
 * @param request for it
 */
record CachedModel(HubCache cache, String commit, HubRequest request) {

  /** Files whose absence must be known, since the model would compute another number with them. */
  private static final List<String> DECISIVE =
      List.of(ModelFiles.TOKENIZER_CONFIG, ModelFiles.MODULES);

  Path folder() {
    return cache.snapshot(commit);
  }

  /** Folder of configuration and weights: the root, or that of older sentence-transformers. */
  private String part() {
    String older = RemoteModel.TRANSFORMER;
    return !cache.has(commit, ModelFiles.CONFIGURATION)
            && cache.has(commit, older + ModelFiles.CONFIGURATION)
        ? older
        : "";
  }

  private boolean has(String file) {
    return cache.has(commit, part() + file);
  }

  /** Whether nothing need be asked of the hub. */
  boolean isComplete() {
    return isUsable() && hasTokenizer() && DECISIVE.stream().allMatch(this::isKnown);
  }

  private boolean isKnown(String file) {
    return cache.has(commit, file)
        || cache.lacks(commit, file)
        || has(file)
        || cache.lacks(commit, part() + file);
  }

  /** Whether configuration and weights are here, or pickles that are refused by their place. */
  boolean isUsable() {
    return has(ModelFiles.CONFIGURATION) && (!request.weights() || hasWeights() || hasPickles());
  }

  private boolean hasWeights() {
    return ModelFileNames.weights(request.format()).stream().anyMatch(this::hasWeights);
  }

  private boolean hasWeights(String file) {
    if (!has(file) || !ModelFileNames.isIndex(file)) {
      return has(file);
    }
    try {
      return ModelFileNames.shards(folder().resolve(part() + file)).stream().allMatch(this::has);
    } catch (CorruptModelException refused) {
      return true; // by its reader, with the place
    } catch (IOException e) {
      return false;
    }
  }

  private boolean hasPickles() {
    return ModelFileNames.PICKLES.stream().anyMatch(this::has);
  }

  private boolean hasTokenizer() {
    return cache.lacks(commit, part() + ModelFiles.TOKENIZER)
        || Stream.concat(
                Stream.of(ModelFiles.TOKENIZER, ModelFiles.WORD_PIECES, ModelFiles.BYTE_PAIRS),
                ModelFileNames.SENTENCE_PIECES.stream())
            .anyMatch(this::has);
  }
}
