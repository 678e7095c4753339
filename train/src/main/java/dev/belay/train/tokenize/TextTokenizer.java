package dev.belay.train.tokenize;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.belay.train.data.DataException;
import dev.belay.train.tokenize.folder.TokenizerFiles;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * Owns a native Hugging Face tokenizer: texts to token ids, cut to a length, never padded. Close it
 * to free the native memory. Several threads may encode at once.
 *
 * <p>Ids are those of Hugging Face's fast tokenizers; a special token that stands in a text, such
 * as [SEP], becomes that token.
 */
public final class TextTokenizer implements AutoCloseable {
  /**
   * A text longer than this, in characters, is first cut at a blank: 32 MB would else cost a minute
   * and 5 GB.
   */
  private static final int LONG_TEXT = 1 << 16;

  /** Never more than this goes to native code: it takes some hundred bytes for each character. */
  private static final int LONGEST_TEXT = 1 << 22;

  /** Words that go to native code together. */
  private static final int WORDS_AT_ONCE = 1 << 12;

  /**
   * Texts from which the positions of special tokens are learned: the first text that has a token.
   * Few vocabularies know the rune, so a tokenizer without an unknown token fails here.
   */
  private static final List<String> PROBES = List.of("\u16A0", "a", "the", "1", ".");

  private final HuggingFaceTokenizer tokenizer;
  private final TokenizerDefinition definition;
  private final int maxLength;
  private final SequenceTemplate single;
  private final SequenceTemplate pair;
  private final RecentCharacters recent = new RecentCharacters();

  private TextTokenizer(
      HuggingFaceTokenizer tokenizer, TokenizerDefinition definition, int maxLength) {
    this.tokenizer = tokenizer;
    this.definition = definition;
    this.maxLength = maxLength;
    this.single = template(false);
    this.pair = template(true);
    requireRoom();
  }

  /**
   * Opens a tokenizer.
   *
   * @param files from {@link TokenizerFinder}
   * @param maxLength the longest sequence in tokens, special tokens and second text included
   * @param lowerCase whether BERT's normalizer puts texts in lower case; empty: as the files say
   * @throws DataException if the files are no tokenizer, or maxLength has no room for a text
   * @throws UnsatisfiedLinkError if this machine cannot load the native library
   */
  public static TextTokenizer open(
      TokenizerFiles files, int maxLength, Optional<Boolean> lowerCase) {
    TokenizerDefinition definition = TokenizerDefinition.read(files, lowerCase);
    HuggingFaceTokenizer tokenizer = NativeTokenizers.create(definition);
    try {
      return new TextTokenizer(tokenizer, definition, maxLength);
    } catch (RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  /** A text as at most maxLength ids. */
  public TokenIds encode(String text) {
    return encode(TextPair.of(text));
  }

  /** The ids of a text that is to be written, which those of {@link #encode} become. */
  public int[] written(int[] ids) {
    return definition.languages().map(languages -> languages.written(ids)).orElse(ids);
  }

  /** A text or a pair as at most maxLength ids; of a pair the longer text is cut first. */
  public TokenIds encode(TextPair texts) {
    int[] first = tokens(texts.first());
    if (texts.second().isEmpty()) {
      return single.single(first, maxLength);
    }
    int[] second = tokens(texts.second().get());
    if (first.length > maxLength && second.length > maxLength) {
      // Only all of their tokens show which text is longer.
      first = allTokens(texts.first());
      second = allTokens(texts.second().get());
    }
    return pair.pair(first, second, maxLength);
  }

  /**
   * A pair as at most maxLength ids, cut where {@code truncation} says.
   *
   * @throws DataException if the text that stays whole leaves no room for the other
   */
  public TokenIds encode(String first, String second, Truncation truncation) {
    if (truncation == Truncation.LONGEST_FIRST) {
      return encode(TextPair.of(first, second));
    }
    int[] firstTokens = tokens(first);
    int[] secondTokens = tokens(second);
    return pair.pairCuttingOne(firstTokens, secondTokens, maxLength, truncation)
        .orElseThrow(
            () ->
                new DataException(
                    "a pair of "
                        + firstTokens.length
                        + " and "
                        + secondTokens.length
                        + " tokens of which only the "
                        + (truncation == Truncation.ONLY_FIRST ? "first" : "second")
                        + " may be cut has no room in "
                        + maxLength
                        + " tokens (--max-seq-length)"));
  }

  /** Many texts, on all processors. */
  public List<TokenIds> encodeAll(List<TextPair> texts) {
    return IntStream.range(0, texts.size()).parallel().mapToObj(i -> encode(texts.get(i))).toList();
  }

  /**
   * Words as at most maxLength ids, each word tokenized by itself, as Hugging Face's {@code
   * is_split_into_words}: what follows a word does not change its tokens. Byte-level tokenizers
   * tell words by the blank before them, so that each gets one, as by {@code add_prefix_space}.
   */
  public WordTokens encodeWords(List<String> words) {
    int[] tokens = new int[0];
    int[] owners = new int[0];
    String blank = definition.sides().blankBeforeWords() ? " " : "";
    for (int begin = 0;
        begin < words.size() && (tokens.length <= maxLength || single.cutsLeft());
        begin += WORDS_AT_ONCE) {
      String[] some =
          words.subList(begin, Math.min(words.size(), begin + WORDS_AT_ONCE)).stream()
              .map(word -> blank + sound(word))
              .toArray(String[]::new);
      Owned read = nativeWords(some);
      tokens = joined(tokens, read.ids());
      int first = begin;
      owners = joined(owners, IntStream.of(read.wordOf()).map(word -> first + word).toArray());
    }
    TokenIds ids = single.single(tokens, maxLength);
    int before = single.before().length();
    int[] wordOf = new int[ids.length()];
    Arrays.fill(wordOf, WordTokens.NO_WORD);
    int kept = ids.length() - single.specials();
    System.arraycopy(owners, single.start(owners, kept), wordOf, before, kept);
    return new WordTokens(ids, wordOf);
  }

  /** Many texts of words, on all processors. */
  public List<WordTokens> encodeAllWords(List<List<String>> texts) {
    return IntStream.range(0, texts.size())
        .parallel()
        .mapToObj(i -> encodeWords(texts.get(i)))
        .toList();
  }

  /**
   * All tokens of a text without special ones, never cut, each with the characters that it stands
   * for.
   *
   * @throws DataException if the text is longer than native code is given at once
   */
  public OffsetTokens encodeWithOffsets(String text) {
    if (text.length() > LONGEST_TEXT) {
      throw new DataException(
          "a text of "
              + text.length()
              + " characters; expected at most "
              + LONGEST_TEXT
              + " where answers are looked for: divide it");
    }
    TokenizersLibrary library = TokenizersLibrary.LIB;
    long handle = tokenizer.getHandle();
    String sound = sound(text);
    definition.patterns().require(sound);
    long encoding = run(() -> library.encode(handle, sound, false));
    try {
      CharSpan[] spans = library.getTokenCharSpans(encoding);
      return new OffsetTokens(
          SequenceTemplate.ints(library.getTokenIds(encoding)),
          Arrays.stream(spans).mapToInt(CharSpan::getStart).toArray(),
          Arrays.stream(spans).mapToInt(CharSpan::getEnd).toArray());
    } finally {
      library.deleteEncoding(encoding);
    }
  }

  /** Tokens of two texts as one sequence with the special ones, not cut. */
  public TokenIds join(int[] first, int[] second) {
    return pair.pair(first, second, Integer.MAX_VALUE);
  }

  /** Number of special tokens of a pair. */
  public int pairSpecials() {
    return pair.specials();
  }

  /** Position of the second text of a pair, by the number of tokens of the first. */
  public int secondStart(int firstLength) {
    return pair.before().length() + firstLength + pair.between().length();
  }

  /** Tokens, and for each the index of its word. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Owned(int[] ids, int[] wordOf) {}

  private Owned nativeWords(String[] words) {
    for (String word : words) {
      definition.patterns().require(word);
    }
    TokenizersLibrary library = TokenizersLibrary.LIB;
    long handle = tokenizer.getHandle();
    long encoding = run(() -> library.encodeList(handle, words, false));
    try {
      return new Owned(
          SequenceTemplate.ints(library.getTokenIds(encoding)),
          SequenceTemplate.ints(library.getWordIds(encoding)));
    } finally {
      library.deleteEncoding(encoding);
    }
  }

  private static int[] joined(int[] first, int[] second) {
    int[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  /** One more than the largest id. */
  public int vocabularySize() {
    return definition.vocabulary().size();
  }

  /** Vocabulary of the tokenizer. */
  public Vocabulary vocabulary() {
    return definition.vocabulary();
  }

  /** The special token after a single text, if there is one. */
  public OptionalInt endId() {
    int[] after = single.after().ids();
    return after.length == 0 ? OptionalInt.empty() : OptionalInt.of(after[0]);
  }

  /** A text's ids without the special tokens after it: the start of a longer text. */
  public int[] withoutEnd(int[] ids) {
    int[] after = single.after().ids();
    int end = ids.length - after.length;
    boolean ended = end > 0 && Arrays.equals(after, Arrays.copyOfRange(ids, end, ids.length));
    return ended ? Arrays.copyOf(ids, end) : ids;
  }

  /** The text of ids, special tokens left out. */
  public String decode(int[] ids) {
    long[] wide = Arrays.stream(ids).asLongStream().toArray();
    return TokenizersLibrary.LIB.decode(tokenizer.getHandle(), wide, true);
  }

  /** The text of ids, special tokens among it. */
  public String decodeWithSpecials(int[] ids) {
    long[] wide = Arrays.stream(ids).asLongStream().toArray();
    return TokenizersLibrary.LIB.decode(tokenizer.getHandle(), wide, false);
  }

  /** The token that ends a generated text, {@code eos_token}, if the files name one. */
  public OptionalInt eosId() {
    return definition.eosId();
  }

  /** The id that fills short rows, if the tokenizer names one. */
  public OptionalInt paddingId() {
    return definition.paddingId();
  }

  /** The longest sequence in tokens. */
  public int maxLength() {
    return maxLength;
  }

  /** Whether a text that is too long loses its beginning. */
  public boolean cutsLeft() {
    return definition.sides().cutsLeft();
  }

  /** A remark, for people, on a text so far that releases of Python's tokenizers disagree about. */
  public Optional<String> ambiguity() {
    return recent.note();
  }

  /** Decisions made when it was opened, for people. */
  public List<String> notes() {
    return definition.notes();
  }

  @Override
  public void close() {
    tokenizer.close();
  }

  private void requireRoom() {
    if (maxLength < pair.specials() + 2) {
      throw new DataException(
          definition.file()
              + ": a sequence of at most "
              + maxLength
              + " tokens has no room: this tokenizer adds up to "
              + pair.specials()
              + " special ones; expected a maximum of at least "
              + (pair.specials() + 2)
              + " (--max-seq-length)");
    }
  }

  private SequenceTemplate template(boolean ofPair) {
    String text =
        PROBES.stream().filter(probe -> nativeTokens(probe).length > 0).findFirst().orElse("");
    TokenizersLibrary library = TokenizersLibrary.LIB;
    long handle = tokenizer.getHandle();
    long encoding =
        run(
            () ->
                ofPair
                    ? library.encodeDual(handle, text, text, true)
                    : library.encode(handle, text, true));
    try {
      return SequenceTemplate.of(definition.file(), encoding, ofPair).with(definition.sides());
    } finally {
      library.deleteEncoding(encoding);
    }
  }

  /** The tokens of a text without special ones, all that can matter. */
  private int[] tokens(String text) {
    String sound = sound(text);
    int shortest = definition.sides().cutsLeft() ? LONGEST_TEXT : LONG_TEXT;
    for (int length = shortest; length < Math.min(sound.length(), LONGEST_TEXT); length *= 4) {
      int[] start = nativeTokens(sound.substring(0, Blanks.last(sound, length)));
      if (start.length > maxLength) {
        return start;
      }
    }
    return allTokens(sound);
  }

  private int[] allTokens(String text) {
    int left = Math.max(0, text.length() - LONGEST_TEXT);
    String part =
        definition.sides().cutsLeft()
            ? text.substring(left)
            : text.substring(0, text.length() - left);
    return nativeTokens(sound(part));
  }

  private String sound(String text) {
    recent.read(text);
    return LoneSurrogates.replaced(text);
  }

  /**
   * DJL's own encode also copies tokens, words and spans, which takes twice as long; this is the
   * native library beneath it.
   */
  private int[] nativeTokens(String text) {
    definition.patterns().require(text);
    TokenizersLibrary library = TokenizersLibrary.LIB;
    long handle = tokenizer.getHandle();
    long encoding = run(() -> library.encode(handle, text, false));
    try {
      return SequenceTemplate.ints(library.getTokenIds(encoding));
    } finally {
      library.deleteEncoding(encoding);
    }
  }

  /** Nothing in a text should bring a tokenizer down: what does is a fault of its definition. */
  private long run(LongSupplier encode) {
    try {
      return encode.getAsLong();
    } catch (RuntimeException e) {
      throw new DataException(
          definition.file() + ": the tokenizer fails on a text: " + e.getMessage(), e);
    }
  }
}
