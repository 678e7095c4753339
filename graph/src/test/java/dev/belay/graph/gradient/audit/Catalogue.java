package dev.belay.graph.gradient.audit;

import dev.belay.graph.gradient.audit.Combination.Argument;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tensorflow.proto.framework.DataType;

/**
 * The combinations of ops, inputs and attributes that are tried, read from {@code catalogue.txt},
 * which says how its lines are written.
 */
final class Catalogue {
  /** What text models compute in; the first type is tried with every combination of a line. */
  private static final List<DataType> TYPES =
      List.of(DataType.DT_DOUBLE, DataType.DT_FLOAT, DataType.DT_HALF, DataType.DT_BFLOAT16);

  private static final Map<String, DataType> TYPE_NAMES =
      Map.of(
          "double", DataType.DT_DOUBLE,
          "float", DataType.DT_FLOAT,
          "half", DataType.DT_HALF,
          "bfloat16", DataType.DT_BFLOAT16);

  private static final Pattern WORD = Pattern.compile("(\\w+:|!?\\w+=)(.*)");

  private Catalogue() {}

  /** All of them, in the order of the file. */
  static List<Combination> read() {
    try (InputStream file = Catalogue.class.getResourceAsStream("catalogue.txt")) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(String::strip)
          .filter(line -> !line.isEmpty() && !line.startsWith("#"))
          .flatMap(line -> expand(line).stream())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The combinations of one line: its first choice in all types, then every other in the first. */
  static List<Combination> expand(String line) {
    try {
      List<String> words = Arrays.asList(line.split("\\s+"));
      List<Combination> all = new ArrayList<>();
      for (List<String> choice : choices(words.subList(1, words.size()))) {
        List<DataType> types = types(choice);
        for (DataType type : all.isEmpty() ? types : types.subList(0, 1)) {
          all.add(combination(words.get(0), choice, type));
        }
      }
      return all;
    } catch (RuntimeException e) {
      throw new IllegalArgumentException("catalogue.txt: " + line, e);
    }
  }

  private static List<List<String>> choices(List<String> words) {
    List<List<String>> choices = List.of(List.of());
    for (String word : words) {
      Matcher parts = WORD.matcher(word);
      if (!parts.matches()) {
        throw new IllegalArgumentException(word);
      }
      List<List<String>> longer = new ArrayList<>();
      for (List<String> choice : choices) {
        for (String alternative : parts.group(2).split("\\|")) {
          List<String> with = new ArrayList<>(choice);
          with.add(parts.group(1) + alternative);
          longer.add(with);
        }
      }
      choices = longer;
    }
    return choices;
  }

  private static List<DataType> types(List<String> words) {
    return words.stream()
        .filter(word -> word.startsWith("!types="))
        .findFirst()
        .map(word -> Arrays.stream(value(word).split(",")).map(TYPE_NAMES::get).toList())
        .orElse(TYPES);
  }

  private static String value(String word) {
    return word.substring(word.indexOf('=') + 1);
  }

  private static Combination combination(String op, List<String> words, DataType type) {
    List<Argument> arguments = new ArrayList<>();
    Map<String, String> attributes = new LinkedHashMap<>();
    List<Integer> outputs = List.of();
    Map<String, double[]> expected = new LinkedHashMap<>();
    List<String> shown = new ArrayList<>();
    int seed = words.toString().hashCode();
    for (String word : words) {
      if (word.startsWith("!outputs=")) {
        outputs = Arrays.stream(value(word).split(",")).map(Integer::valueOf).toList();
        shown.add("output " + value(word));
      } else if (word.startsWith("!expect=")) {
        for (String gradient : value(word).split(";")) {
          String[] parts = gradient.split(":");
          expected.put(
              parts[0],
              Arrays.stream(parts[1].split(",")).mapToDouble(Double::parseDouble).toArray());
        }
        shown.add("against TF Python");
      } else if (!word.startsWith("!")) {
        shown.add(word);
        if (word.matches("\\w+:.*")) {
          String name = word.substring(0, word.indexOf(':'));
          String inputs = word.substring(word.indexOf(':') + 1);
          arguments.add(new InputParser(inputs, seed * 31L + name.hashCode()).argument(name));
        } else {
          attributes.put(word.substring(0, word.indexOf('=')), value(word));
        }
      }
    }
    return new Combination(
        op, String.join(" ", shown), type, arguments, attributes, outputs, expected);
  }
}
