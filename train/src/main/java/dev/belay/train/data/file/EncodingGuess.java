package dev.belay.train.data.file;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;

/** Names the encoding that a file without UTF-8 most likely has. For advice, never for decoding. */
final class EncodingGuess {
  static final int UTF8_MARK_BYTES = 3;

  private static final String GB18030 = "GB18030";
  private static final String SHIFT_JIS = "Shift_JIS";
  private static final String WINDOWS_1252 = "windows-1252";

  private EncodingGuess() {}

  static boolean startsWithUtf8Mark(byte[] bytes, int length) {
    return length >= UTF8_MARK_BYTES
        && bytes[0] == (byte) 0xEF
        && bytes[1] == (byte) 0xBB
        && bytes[2] == (byte) 0xBF;
  }

  /** UTF-16 or UTF-32, by a byte order mark or by the zero bytes of its first letters. */
  static Optional<String> ofStart(byte[] bytes, int length) {
    if (length >= 4
        && bytes[0] == 0
        && bytes[1] == 0
        && bytes[2] == (byte) 0xFE
        && bytes[3] == (byte) 0xFF) {
      return Optional.of("UTF-32");
    }
    if (length >= 2 && bytes[0] == (byte) 0xFF && bytes[1] == (byte) 0xFE) {
      return Optional.of(length >= 4 && bytes[2] == 0 && bytes[3] == 0 ? "UTF-32" : "UTF-16");
    }
    if (length >= 2 && bytes[0] == (byte) 0xFE && bytes[1] == (byte) 0xFF) {
      return Optional.of("UTF-16");
    }
    if (length >= 4 && bytes[0] != 0 && bytes[1] == 0 && bytes[2] != 0 && bytes[3] == 0) {
      return Optional.of("UTF-16LE");
    }
    if (length >= 4 && bytes[0] == 0 && bytes[1] != 0 && bytes[2] == 0 && bytes[3] != 0) {
      return Optional.of("UTF-16BE");
    }
    return Optional.empty();
  }

  /** The likely encoding of one line that is not UTF-8. */
  static String ofLine(byte[] line) {
    // Japanese first: its letters are sound in GB18030 too, but not the other way round.
    if (decodesTo(line, SHIFT_JIS, EncodingGuess::isJapanese)) {
      return SHIFT_JIS;
    }
    if (decodesTo(line, GB18030, EncodingGuess::isHan)) {
      return GB18030;
    }
    return WINDOWS_1252;
  }

  /** Advice: the command that converts the file. */
  static String advice(Path file, String encoding) {
    return "convert the file first, for example iconv -f "
        + encoding
        + " -t UTF-8 "
        + file
        + " > "
        + file
        + ".utf8";
  }

  static String hex(byte[] bytes, int from, int to) {
    return "bytes "
        + HexFormat.ofDelimiter(" ").formatHex(bytes, from, to).toUpperCase(Locale.ROOT);
  }

  private interface CodePointTest {
    boolean test(int codePoint);
  }

  /**
   * Whether the bytes are sound in a charset and nearly all that is not ASCII is of its language.
   */
  private static boolean decodesTo(byte[] line, String charset, CodePointTest ofLanguage) {
    if (!Charset.isSupported(charset)) {
      return false;
    }
    try {
      String text = Charset.forName(charset).newDecoder().decode(ByteBuffer.wrap(line)).toString();
      long others = text.codePoints().filter(c -> c >= 0x80).count();
      long known = text.codePoints().filter(c -> c >= 0x80 && ofLanguage.test(c)).count();
      return others > 0 && known * 10 >= others * 9;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  /** The ideographs of everyday text and the punctuation around them. */
  private static boolean isHan(int codePoint) {
    return (codePoint >= 0x4E00 && codePoint <= 0x9FFF)
        || (codePoint >= 0x3000 && codePoint <= 0x303F)
        || (codePoint >= 0x2010 && codePoint <= 0x2026)
        || (codePoint >= 0xFF00 && codePoint <= 0xFF5E);
  }

  private static boolean isJapanese(int codePoint) {
    return (codePoint >= 0x3040 && codePoint <= 0x30FF) || isHan(codePoint);
  }
}
