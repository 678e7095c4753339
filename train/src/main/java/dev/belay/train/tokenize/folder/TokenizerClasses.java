package dev.belay.train.tokenize.folder;

import dev.belay.train.data.DataException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The tokenizer classes of one version of transformers, and the choice of a folder's class. */
final class TokenizerClasses {
  static final String CLASS = "tokenizer_class";
  private static final String FAST = "Fast";
  private static final String MODEL = "model ";

  /** Version 5 takes it for some model types, whatever class their files name. */
  private static final String OF_ANY_NAME = "TokenizersBackend";

  private static final Map<Convention, TokenizerClasses> READ = readAll();

  private final Map<String, TokenizerClass> byName = new HashMap<>();
  private final Map<String, String> byModelType = new HashMap<>();

  private TokenizerClasses(String resource) {
    try (InputStream stream = TokenizerClasses.class.getResourceAsStream(resource);
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      lines.lines().filter(line -> !line.isBlank() && !line.startsWith("#")).forEach(this::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<Convention, TokenizerClasses> readAll() {
    Map<Convention, TokenizerClasses> read = new EnumMap<>(Convention.class);
    for (Convention convention : Convention.values()) {
      read.put(convention, new TokenizerClasses(convention.classes()));
    }
    return read;
  }

  private void add(String line) {
    if (!line.startsWith(MODEL)) {
      TokenizerClass read = TokenizerClass.of(line);
      byName.put(read.name(), read);
      return;
    }
    String[] words = line.split(" ");
    for (int i = 2; i < words.length; i++) {
      byModelType.put(words[i], words[1]);
    }
  }

  /**
   * The class that {@code AutoTokenizer} takes for a folder: the one that tokenizer_config.json
   * names, else config.json, else that of the model's type, else the one that the files look like.
   *
   * @throws DataException if Belay does not support its tokens
   */
  static TokenizerClass of(TokenizerFolder folder, Convention convention) {
    TokenizerClasses classes = READ.get(convention);
    Optional<String> type =
        folder.model().text("model_type").filter(classes.byModelType::containsKey);
    if (type.map(classes.byModelType::get).equals(Optional.of(OF_ANY_NAME))) {
      return classes.byName.get(OF_ANY_NAME);
    }
    Optional<String> named = folder.settings().text(CLASS);
    JsonFile source = named.isPresent() ? folder.settings() : folder.model();
    named = named.or(() -> folder.model().text(CLASS));
    if (named.isPresent()) {
      return classes
          .find(named.get())
          .orElseThrow(() -> refused(source, CLASS, folder.files().kind()));
    }
    if (type.isPresent()) {
      return classes
          .find(classes.byModelType.get(type.get()))
          .orElseThrow(() -> refused(folder.model(), "model_type", folder.files().kind()));
    }
    return classes.byName.get(looksLike(folder));
  }

  private Optional<TokenizerClass> find(String name) {
    String plain =
        name.endsWith(FAST) && !byName.containsKey(name)
            ? name.substring(0, name.length() - FAST.length())
            : name;
    return Optional.ofNullable(byName.get(plain));
  }

  /** Whether a file names the class, so that Python takes the same one of these files alone. */
  static boolean isNamed(TokenizerFolder folder) {
    return folder.settings().has(CLASS);
  }

  /** No file says the class: a program names it, as {@code BertTokenizerFast.from_pretrained}. */
  private static String looksLike(TokenizerFolder folder) {
    return switch (folder.files().kind()) {
      case VOCABULARY -> "BertTokenizer";
      case TOKENIZER_JSON ->
          BertSettings.isSaid(folder.settings()) ? "BertTokenizer" : TokenizerClass.AS_IT_IS;
      case BYTE_PAIRS ->
          throw new DataException(
              folder.files().definition()
                  + ": nothing says whose tokenizer this is; expected tokenizer_class in "
                  + folder.settings().path()
                  + " or model_type in "
                  + folder.model().path()
                  + ": write {\"tokenizer_class\": \"GPT2Tokenizer\"} or"
                  + " {\"tokenizer_class\": \"RobertaTokenizer\"}");
    };
  }

  private static DataException refused(JsonFile file, String key, TokenizerFiles.Kind kind) {
    String advice =
        "tokenize in Python and give a column input_ids"
            + (kind == TokenizerFiles.Kind.TOKENIZER_JSON
                ? ", or write \"tokenizer_class\": \"PreTrainedTokenizerFast\" into"
                    + " tokenizer_config.json if its tokenizer.json is all of it"
                : "");
    return file.refused(
        key,
        "a tokenizer of WordPiece, BPE or Unigram that is made of "
            + kind.fileName()
            + " alone, such as BertTokenizer, GPT2Tokenizer or PreTrainedTokenizerFast",
        file.root().path(key).asText(),
        advice);
  }
}
