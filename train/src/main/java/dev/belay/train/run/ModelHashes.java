package dev.belay.train.run;

import dev.belay.train.model.TrainableModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Hashes of a model's files, computed while the texts are read. */
public final class ModelHashes {
  private final CompletableFuture<List<Map<String, Object>>> hashes;

  private ModelHashes(CompletableFuture<List<Map<String, Object>>> hashes) {
    this.hashes = hashes;
  }

  /** Begins to read the files. */
  public static ModelHashes begin(TrainableModel model) {
    return new ModelHashes(
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return model.hashes();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            }));
  }

  /** Each file with its hash, once all are read. */
  List<Map<String, Object>> await() throws IOException {
    try {
      return hashes.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof UncheckedIOException unread) {
        throw unread.getCause();
      }
      throw e;
    }
  }
}
