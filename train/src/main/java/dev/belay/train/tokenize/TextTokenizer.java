package dev.belay.train.tokenize;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.belay.train.data.DataException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Owns a native Hugging Face tokenizer: texts to token ids, cut to a length, never padded. Close it
 * to free the native memory. Several threads may encode at once.
 *
 * <p>Ids are those of Hugging Face's fast tokenizers; a special token that stands in a text, such
 * as [SEP], becomes that token.
 */
public final class TextTokenizer implements AutoCloseable {
  /** A text longer than this is first cut at a blank, in characters. */
  private static final int LONG_TEXT = 1 << 16;

  /** Never more than this goes to native code: it takes some hundred bytes for each character. */
  private static final int LONGEST_TEXT = 1 << 22;

  /** Hugging Face's own tokenizers know no lone surrogates: each becomes this, as in UTF-8. */
  private static final char REPLACEMENT = '\uFFFD';

  /** Letters of no script: what no vocabulary knows. */
  private static final String UNKNOWN_TEXT = "\uE000 \uE001";

  private final HuggingFaceTokenizer tokenizer;
  private final TokenizerDefinition definition;
  private final int maxLength;

  private TextTokenizer(
      HuggingFaceTokenizer tokenizer, TokenizerDefinition definition, int maxLength) {
    this.tokenizer = tokenizer;
    this.definition = definition;
    this.maxLength = maxLength;
  }

  /**
   * Opens a tokenizer.
   *
   * @param files from {@link TokenizerFinder}
   * @param maxLength the longest sequence in tokens, special tokens and second text included
   * @param lowerCase whether BERT's normalizer puts texts in lower case; empty: as the files say
   * @throws DataException if the files are no tokenizer, or maxLength has no room for a text
   */
  public static TextTokenizer open(
      TokenizerFiles files, int maxLength, Optional<Boolean> lowerCase) {
    TokenizerDefinition definition = TokenizerDefinition.read(files, lowerCase);
    TextTokenizer tokenizer =
        new TextTokenizer(NativeTokenizers.create(definition, maxLength), definition, maxLength);
    try {
      tokenizer.requireRoom();
      tokenizer.encode(TextPair.of(UNKNOWN_TEXT));
      return tokenizer;
    } catch (RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  /** A text as at most maxLength ids. */
  public TokenIds encode(String text) {
    return encode(TextPair.of(text));
  }

  /** A text or a pair as at most maxLength ids; of a pair the longer text is cut first. */
  public TokenIds encode(TextPair texts) {
    String first = prepare(texts.first());
    if (texts.second().isEmpty()) {
      return read(single(first));
    }
    String second = prepare(texts.second().get());
    return read(pair(first, second));
  }

  /** Many texts, on all processors. */
  public List<TokenIds> encodeAll(List<TextPair> texts) {
    return IntStream.range(0, texts.size()).parallel().mapToObj(i -> encode(texts.get(i))).toList();
  }

  /** One more than the largest id. */
  public int vocabularySize() {
    return definition.vocabularySize();
  }

  /** The id that fills short rows, if the tokenizer names one. */
  public OptionalInt paddingId() {
    return definition.paddingId();
  }

  /** The longest sequence in tokens. */
  public int maxLength() {
    return maxLength;
  }

  /** What was decided when it was opened, for people. */
  public List<String> notes() {
    return definition.notes();
  }

  @Override
  public void close() {
    tokenizer.close();
  }

  /** Native code does not truncate at all if there is no room for one token of each text. */
  private void requireRoom() {
    int specials = read(pair("", "")).length();
    if (maxLength < specials + 2) {
      throw new DataException(
          definition.file()
              + ": a sequence of at most "
              + maxLength
              + " tokens has no room: this tokenizer adds up to "
              + specials
              + " special ones; expected a maximum of at least "
              + (specials + 2)
              + " (--max-seq-length)");
    }
  }

  private String prepare(String text) {
    String sound = withoutLoneSurrogates(text);
    return sound.length() <= LONG_TEXT ? sound : longText(sound);
  }

  /**
   * As much of a long text as fills maxLength tokens: 32 MB would else cost a minute and 5 GB.
   * Tokenizers split at blanks, so what comes before one does not depend on what follows.
   */
  private String longText(String text) {
    for (int length = LONG_TEXT; length < Math.min(text.length(), LONGEST_TEXT); length *= 4) {
      String start = text.substring(0, lastBlank(text, length));
      if (read(single(start)).truncated()) {
        return start;
      }
    }
    return text.substring(0, Math.min(text.length(), LONGEST_TEXT));
  }

  private static int lastBlank(String text, int end) {
    for (int i = end; i > end / 2; i--) {
      if (Character.isWhitespace(text.charAt(i)) && !Character.isWhitespace(text.charAt(i - 1))) {
        return i;
      }
    }
    return Character.isLowSurrogate(text.charAt(end)) ? end - 1 : end;
  }

  static String withoutLoneSurrogates(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return replaceLoneSurrogates(text);
      }
    }
    return text;
  }

  private static String replaceLoneSurrogates(String text) {
    StringBuilder sound = new StringBuilder(text.length());
    text.codePoints()
        .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? REPLACEMENT : c)
        .forEach(sound::appendCodePoint);
    return sound.toString();
  }

  private long single(String text) {
    try {
      return TokenizersLibrary.LIB.encode(tokenizer.getHandle(), text, true);
    } catch (RuntimeException e) {
      throw failure(e);
    }
  }

  private long pair(String first, String second) {
    try {
      return TokenizersLibrary.LIB.encodeDual(tokenizer.getHandle(), first, second, true);
    } catch (RuntimeException e) {
      throw failure(e);
    }
  }

  /** Nothing in a text should bring a tokenizer down: what does is a fault of its definition. */
  private DataException failure(RuntimeException e) {
    return new DataException(
        definition.file() + ": the tokenizer fails on a text: " + e.getMessage(), e);
  }

  /**
   * Copies the two rows that training needs. DJL's own Encoding also copies tokens, words and
   * spans, which takes twice as long; this is the native library beneath it.
   */
  private static TokenIds read(long encoding) {
    TokenizersLibrary library = TokenizersLibrary.LIB;
    try {
      return new TokenIds(
          ints(library.getTokenIds(encoding)),
          ints(library.getTypeIds(encoding)),
          library.getOverflowCount(encoding) > 0);
    } finally {
      library.deleteEncoding(encoding);
    }
  }

  private static int[] ints(long[] values) {
    int[] result = new int[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = (int) values[i];
    }
    return result;
  }
}
