package dev.belay.tools.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What goes wrong in files that people write: lines, quotes, columns, numbers, encodings. */
final class TextMutation {
  private static final List<String> PIECES =
      List.of(
          "\"",
          "\\",
          "\\u0000",
          "\\ud800",
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "\t",
          "\r",
          "\n",
          "\r\n",
          "\0",
          "null",
          "true",
          "1e999",
          "-0",
          "1e-400",
          "123456789012345678901234567890",
          "NaN",
          "Infinity",
          "0x10",
          "''",
          "\ufeff",
          "\ud83d\ude00",
          "\u202e",
          "a\u0301",
          "[CLS]",
          "[UNK]",
          "\"\":",
          "{\"a\":{\"a\":",
          "[[[[",
          "1.5",
          "-1",
          "9223372036854775807",
          "9223372036854775808",
          "2147483648");

  private TextMutation() {}

  static ByteMutation.Changed of(Dice dice, byte[] bytes) {
    if (dice.chance(25)) {
      return ByteMutation.of(dice, bytes);
    }
    String text = new String(bytes, StandardCharsets.UTF_8);
    return switch (dice.below(8)) {
      case 0 -> lines(dice, text);
      case 1 -> changed("a".repeat(1 << 20) + text, "a long first line");
      case 2 -> changed(text + "[".repeat(100_000), "brackets in brackets");
      case 3 -> changed(text.replace(dice.of(List.of("\"", ",", ":", "\t")), ""), "signs removed");
      case 4 ->
          new ByteMutation.Changed(
              text.getBytes(dice.chance(50) ? StandardCharsets.UTF_16 : StandardCharsets.UTF_16LE),
              "UTF-16");
      case 5 -> number(dice, text);
      default -> {
        int at = dice.below(text.length() + 1);
        String piece = dice.of(PIECES);
        int end = Math.min(text.length(), at + dice.below(3));
        yield changed(
            text.substring(0, at) + piece + text.substring(end), "'" + piece + "' at " + at);
      }
    };
  }

  private static ByteMutation.Changed changed(String text, String what) {
    return new ByteMutation.Changed(text.getBytes(StandardCharsets.UTF_8), what);
  }

  private static ByteMutation.Changed lines(Dice dice, String text) {
    List<String> lines = new ArrayList<>(text.lines().toList());
    int at = dice.below(lines.size());
    switch (dice.below(4)) {
      case 0 -> lines.remove(at);
      case 1 -> lines.add(at, lines.get(dice.below(lines.size())));
      case 2 -> lines.add(at, "");
      default -> lines.set(at, lines.get(at) + lines.get(at));
    }
    return changed(String.join("\n", lines), "line " + at);
  }

  /** Another number in place of one of the file's. */
  private static ByteMutation.Changed number(Dice dice, String text) {
    List<int[]> numbers = new ArrayList<>();
    var matcher = java.util.regex.Pattern.compile("-?\\d+(\\.\\d+)?").matcher(text);
    while (matcher.find()) {
      numbers.add(new int[] {matcher.start(), matcher.end()});
    }
    if (numbers.isEmpty()) {
      return changed(dice.number() + text, "a number in front");
    }
    int[] place = dice.of(numbers);
    String number = dice.chance(50) ? Long.toString(dice.number()) : dice.of(PIECES);
    return changed(
        text.substring(0, place[0]) + number + text.substring(place[1]),
        "number at " + place[0] + " becomes " + number);
  }
}
