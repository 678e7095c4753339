package dev.belay.train.tokenize.folder;

import java.util.Optional;

/** Versions of transformers that make different tokenizers of one folder. */
enum Convention {
  /** Up to 4.33: special tokens are added again after loading, with the flags of their class. */
  VERSION_4("classes-4.txt"),
  /** 4.34 to 4.57: {@code added_tokens_decoder} of tokenizer_config.json has the last word. */
  VERSION_4_34("classes-4.txt"),
  /** From 5: a class builds its tokenizer of the vocabulary alone. */
  VERSION_5("classes-5.txt");

  static final String VERSION = "transformers_version";

  private final String classes;

  Convention(String classes) {
    this.classes = classes;
  }

  /** The resource that lists the classes. */
  String classes() {
    return classes;
  }

  /**
   * The version that wrote a folder, by the keys that only it writes, else by the number in
   * tokenizer_config.json or config.json; the oldest where nothing says it.
   */
  static Convention of(TokenizerFolder folder) {
    JsonFile settings = folder.settings();
    Optional<Convention> byVersion =
        settings.text(VERSION).or(() -> folder.model().text(VERSION)).flatMap(Convention::written);
    if (settings.has("backend") || byVersion.equals(Optional.of(VERSION_5))) {
      return VERSION_5;
    }
    return settings.has("added_tokens_decoder") ? VERSION_4_34 : byVersion.orElse(VERSION_4);
  }

  private static Optional<Convention> written(String version) {
    String[] parts = version.split("[^0-9]+", 3);
    if (parts.length < 2 || parts[0].isEmpty() || parts[0].length() > 4 || parts[1].length() > 4) {
      return Optional.empty();
    }
    int major = Integer.parseInt(parts[0]);
    int minor = parts[1].isEmpty() ? 0 : Integer.parseInt(parts[1]);
    if (major >= 5) {
      return Optional.of(VERSION_5);
    }
    return Optional.of(major == 4 && minor >= 34 ? VERSION_4_34 : VERSION_4);
  }
}
