package dev.belay.graph.gradient.audit;

import dev.belay.graph.gradient.audit.Combination.Argument;
import dev.belay.graph.gradient.audit.Combination.Kind;
import dev.belay.graph.gradient.audit.Combination.Value;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/**
 * The combinations of ops, inputs and attributes that are tried, read from {@code catalogue.txt}.
 *
 * <p>A line is an op, its inputs {@code name:KIND[shape]RANGE@declared=elements}, its attributes
 * {@code name=value} and options {@code !name=value}. {@code |} separates alternatives; a line
 * stands for all ways to choose one of each.
 */
final class Catalogue {
  private static final Pattern TENSOR =
      Pattern.compile("(\\w)\\[([\\d,]*)\\]([+u>]?)(?:@(\\*|[?\\d,]*))?(?:=([-\\d.,]+))?");

  /** What text models compute in; the first type is tried with every combination of a line. */
  private static final List<DataType> TYPES =
      List.of(DataType.DT_DOUBLE, DataType.DT_FLOAT, DataType.DT_HALF, DataType.DT_BFLOAT16);

  private static final Map<String, DataType> TYPE_NAMES =
      Map.of(
          "double", DataType.DT_DOUBLE,
          "float", DataType.DT_FLOAT,
          "half", DataType.DT_HALF,
          "bfloat16", DataType.DT_BFLOAT16);

  private Catalogue() {}

  /** All of them, in the order of the file. */
  static List<Combination> read() {
    List<Combination> all = new ArrayList<>();
    try (InputStream file = Catalogue.class.getResourceAsStream("catalogue.txt")) {
      new String(file.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(String::strip)
          .filter(line -> !line.isEmpty() && !line.startsWith("#"))
          .forEach(line -> all.addAll(expand(line)));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return all;
  }

  static List<Combination> expand(String line) {
    try {
      List<String> words = Arrays.asList(line.split("\\s+"));
      List<List<String>> choices = new ArrayList<>(List.of(List.of()));
      for (String word : words.subList(1, words.size())) {
        List<List<String>> longer = new ArrayList<>();
        for (List<String> choice : choices) {
          for (String alternative : alternatives(word)) {
            List<String> with = new ArrayList<>(choice);
            with.add(alternative);
            longer.add(with);
          }
        }
        choices = longer;
      }
      List<Combination> all = new ArrayList<>();
      for (List<String> choice : choices) {
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

  private static List<String> alternatives(String word) {
    Matcher prefix = Pattern.compile("(\\w+:|!?\\w+=)(.*)").matcher(word);
    if (!prefix.matches()) {
      throw new IllegalArgumentException(word);
    }
    return Arrays.stream(prefix.group(2).split("\\|")).map(end -> prefix.group(1) + end).toList();
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
    for (String word : words) {
      if (word.startsWith("!outputs=")) {
        outputs = Arrays.stream(value(word).split(",")).map(Integer::valueOf).toList();
        shown.add("output " + value(word));
      } else if (word.startsWith("!expect=")) {
        for (String gradient : value(word).split(";")) {
          String[] parts = gradient.split(":");
          expected.put(parts[0], numbers(parts[1]));
        }
        shown.add("at a kink");
      } else if (word.startsWith("!types=")) {
        continue;
      } else if (word.matches("\\w+:.*")) {
        arguments.add(argument(word, words.toString().hashCode()));
        shown.add(word);
      } else {
        attributes.put(word.substring(0, word.indexOf('=')), value(word));
        shown.add(word);
      }
    }
    return new Combination(
        op, String.join(" ", shown), type, arguments, attributes, outputs, expected);
  }

  private static Argument argument(String word, int seed) {
    int colon = word.indexOf(':');
    String name = word.substring(0, colon);
    String text = word.substring(colon + 1);
    boolean isList = text.startsWith("(");
    List<Value> tensors = new ArrayList<>();
    Matcher tensor = TENSOR.matcher(text);
    Random random = new Random(seed * 31L + name.hashCode());
    int from = isList ? 1 : 0;
    while (from < text.length() - (isList ? 1 : 0)) {
      if (!tensor.find(from) || tensor.start() != from) {
        throw new IllegalArgumentException(word);
      }
      tensors.add(tensor(tensor, random));
      from = tensor.end() + 1; // past the semicolon of a list
    }
    return new Argument(name, tensors, isList);
  }

  private static Value tensor(Matcher text, Random random) {
    Shape shape = shape(text.group(2));
    Shape declared = text.group(4) == null ? shape : shape(text.group(4));
    double[] elements =
        text.group(5) == null ? random(text.group(3), shape, random) : numbers(text.group(5));
    if (elements.length != shape.size()) {
      throw new IllegalArgumentException(elements.length + " elements for " + shape);
    }
    return new Value(Kind.of(text.group(1).charAt(0)), shape, declared, elements);
  }

  private static Shape shape(String text) {
    if (text.equals("*")) {
      return Shape.unknown();
    }
    return Shape.of(
        Arrays.stream(text.split(","))
            .filter(size -> !size.isEmpty())
            .mapToLong(size -> size.equals("?") ? Shape.UNKNOWN_SIZE : Long.parseLong(size))
            .toArray());
  }

  private static double[] numbers(String text) {
    return Arrays.stream(text.split(",")).mapToDouble(Double::parseDouble).toArray();
  }

  /**
   * Multiples of 1/64, which every type holds exactly, all different as far as they reach, and away
   * from 0, where many ops have a kink.
   */
  private static double[] random(String range, Shape shape, Random random) {
    int low =
        switch (range) {
          case "+" -> 20;
          case ">" -> 72;
          case "u" -> -58;
          default -> -110;
        };
    int high =
        switch (range) {
          case "u" -> 58;
          default -> low < 0 ? 110 : low + 108;
        };
    List<Integer> pool = new ArrayList<>();
    for (int i = low; i <= high; i++) {
      if (Math.abs(i) > 6) {
        pool.add(i);
      }
    }
    java.util.Collections.shuffle(pool, random);
    double[] elements = new double[(int) shape.size()];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = pool.get(i % pool.size()) / 64.0;
    }
    return elements;
  }
}
