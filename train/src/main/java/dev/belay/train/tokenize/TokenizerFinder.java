package dev.belay.train.tokenize;

import dev.belay.savedmodel.ModelFiles;
import dev.belay.train.data.DataException;
import dev.belay.train.tokenize.folder.TokenizerFiles;
import dev.belay.train.tokenize.folder.TokenizerFiles.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Finds the tokenizer that belongs to a model. */
public final class TokenizerFinder {

  /** From saved_model/1 up to the folder that holds saved_model. */
  private static final int PARENTS = 2;

  private static final String NEEDED =
      "expected tokenizer.json (any Hugging Face tokenizer), vocab.txt (BERT's WordPiece), or"
          + " vocab.json with merges.txt (byte-level BPE)";

  /** Advice for files of other tokenizers, such as sentencepiece. */
  private static final String CONVERT = "; of other files, " + TokenizerFiles.CONVERT;

  /** Advice for text without a tokenizer. */
  public static final String NOT_FOUND =
      "no tokenizer lies beside the model; "
          + NEEDED
          + " in its folder, in assets/ or assets.extra/, or up to two folders above; name one with"
          + " --tokenizer, or give pre-tokenised data with a column input_ids"
          + CONVERT;

  private TokenizerFinder() {}

  /**
   * The tokenizer that the user named.
   *
   * @param given a tokenizer.json, a vocab.txt (whatever its name), a vocab.json, or a folder that
   *     holds one; of a folder with several, tokenizer.json, which says most
   * @throws DataException if there is none
   */
  public static TokenizerFiles given(Path given) {
    if (Files.isDirectory(given)) {
      return in(given)
          .orElseThrow(
              () ->
                  new DataException(
                      given
                          + ": "
                          + NEEDED
                          + " in this folder, found "
                          + listing(given)
                          + CONVERT));
    }
    if (!Files.isRegularFile(given)) {
      throw new DataException(given + ": no such file or folder; " + NEEDED);
    }
    return new TokenizerFiles(given, kind(given), beside(given.toAbsolutePath().getParent()));
  }

  private static Kind kind(Path given) {
    String name = fileName(given);
    if (name.endsWith(".model") || name.equals(ModelFiles.MERGES)) {
      throw new DataException(given + ": " + NEEDED + ", found " + name + CONVERT);
    }
    if (name.equals(Kind.BYTE_PAIRS.fileName())) {
      return Kind.BYTE_PAIRS;
    }
    return name.endsWith(".json") ? Kind.TOKENIZER_JSON : Kind.VOCABULARY;
  }

  /**
   * The tokenizer beside a model: in its folder, in assets/ or assets.extra/ of it, or up to two
   * folders above it. Empty if there is none, which matters only to data that are text.
   *
   * @throws DataException if two folders hold different ones
   */
  public static Optional<TokenizerFiles> near(Path model) {
    List<TokenizerFiles> found = new ArrayList<>();
    foldersOf(model).forEach(folder -> in(folder).ifPresent(found::add));
    if (found.isEmpty()) {
      return Optional.empty();
    }
    TokenizerFiles first = found.get(0);
    List<TokenizerFiles> others =
        found.stream()
            .filter(files -> !sameContent(files.definition(), first.definition()))
            .toList();
    if (!others.isEmpty()) {
      throw new DataException(
          model
              + ": several tokenizers lie beside the model: "
              + found.stream()
                  .map(files -> files.definition().toString())
                  .collect(Collectors.joining(", "))
              + "; name the right one with --tokenizer");
    }
    return Optional.of(first);
  }

  private static Set<Path> foldersOf(Path model) {
    Path start = model.toAbsolutePath().normalize();
    Path folder = Files.isDirectory(start) ? start : start.getParent();
    Set<Path> folders = new LinkedHashSet<>();
    for (int level = 0; level <= PARENTS && folder != null; level++) {
      folders.add(folder);
      folders.add(folder.resolve(ModelFiles.ASSETS));
      folders.add(folder.resolve(ModelFiles.ASSETS_EXTRA));
      folder = folder.getParent();
    }
    return folders;
  }

  private static Optional<TokenizerFiles> in(Path folder) {
    for (Kind kind : Kind.values()) {
      Path definition = folder.resolve(kind.fileName());
      boolean whole =
          kind != Kind.BYTE_PAIRS || Files.isRegularFile(folder.resolve(ModelFiles.MERGES));
      if (Files.isRegularFile(definition) && whole) {
        return Optional.of(new TokenizerFiles(definition, kind, beside(folder)));
      }
    }
    return Optional.empty();
  }

  private static Optional<Path> beside(Path folder) {
    return Optional.of(folder.resolve(ModelFiles.TOKENIZER_CONFIG)).filter(Files::isRegularFile);
  }

  private static boolean sameContent(Path one, Path other) {
    try {
      return Files.mismatch(one, other) < 0;
    } catch (IOException e) {
      throw new DataException(
          one + ": cannot be compared with " + other + ": " + e.getMessage(), e);
    }
  }

  private static String fileName(Path file) {
    return String.valueOf(file.getFileName());
  }

  private static String listing(Path folder) {
    try (var entries = Files.list(folder)) {
      String names =
          entries
              .map(TokenizerFinder::fileName)
              .sorted()
              .limit(10)
              .collect(Collectors.joining(", "));
      return names.isEmpty() ? "nothing" : names;
    } catch (IOException e) {
      return "a folder that cannot be listed (" + e.getMessage() + ")";
    }
  }
}
