package dev.belay.train.tokenize;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.belay.train.data.DataException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/**
 * Makes native tokenizers, and keeps their library off the network: without these settings it asks
 * the metadata service of a cloud machine who it is, and looks for a CUDA build to download.
 */
final class NativeTokenizers {
  private NativeTokenizers() {}

  /**
   * A tokenizer that neither cuts nor pads, whatever its tokenizer.json says; by default, DJL's
   * cuts to 512 tokens and pads.
   *
   * @throws DataException if the definition is not a tokenizer
   * @throws UnsatisfiedLinkError if the native library cannot be loaded on this machine
   */
  static HuggingFaceTokenizer create(TokenizerDefinition definition) {
    stayOffline();
    definition.bare().ifPresent(bare -> requireText(definition.file(), bare));
    return load(definition.file(), definition.json());
  }

  private static HuggingFaceTokenizer load(Path file, String json) {
    Map<String, String> options = Map.of("truncation", "DO_NOT_TRUNCATE", "padding", "DO_NOT_PAD");
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    try {
      return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(bytes), options);
    } catch (EngineException | LinkageError e) {
      throw notLoaded(e);
    } catch (IOException | RuntimeException e) {
      throw new DataException(file + ": not a tokenizer that Belay can load: " + e.getMessage(), e);
    }
  }

  /**
   * Native code finds a token of which nothing is left everywhere, and ends the process over it.
   */
  private static void requireText(Path file, TokenizerDefinition.Bare bare) {
    try (HuggingFaceTokenizer tokenizer = load(file, bare.json())) {
      for (String token : bare.added()) {
        if (tokenizer.encode(token, false, false).getIds().length == 0) {
          throw new DataException(
              file
                  + ": added_tokens: expected texts of which the normalizer leaves something, found '"
                  + token
                  + "'; is the file damaged?");
        }
      }
    }
  }

  private static void stayOffline() {
    setIfAbsent("ai.djl.offline", "true");
    setIfAbsent("OPT_OUT_TRACKING", "true");
    setIfAbsent("RUST_FLAVOR", "cpu");
  }

  private static void setIfAbsent(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  private static UnsatisfiedLinkError notLoaded(Throwable cause) {
    Throwable root = cause;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    UnsatisfiedLinkError error =
        new UnsatisfiedLinkError(
            "the native tokenizer library could not be unpacked or loaded ("
                + root.getMessage()
                + "); it is unpacked to .djl.ai in the home directory: set DJL_CACHE_DIR to a folder"
                + " that can be written and may hold programs, or give pre-tokenised data");
    error.initCause(cause);
    return error;
  }
}
