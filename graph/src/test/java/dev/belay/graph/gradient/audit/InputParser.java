package dev.belay.graph.gradient.audit;

import dev.belay.graph.gradient.audit.Combination.Argument;
import dev.belay.graph.gradient.audit.Combination.Derived;
import dev.belay.graph.gradient.audit.Combination.Input;
import dev.belay.graph.gradient.audit.Combination.Kind;
import dev.belay.graph.gradient.audit.Combination.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tensorflow.ndarray.Shape;

/** Reads the inputs of one argument from a line of the catalogue. */
final class InputParser {
  private static final Pattern TENSOR =
      Pattern.compile("(\\w)\\[([\\d,]*)\\]([+u>w]?)(?:@(\\*|[?\\d,]*))?(?:=([-\\d.,]+))?");
  private static final Pattern OP = Pattern.compile("([A-Z]\\w+)(?:<([^>]*)>)?\\(");

  /** Random elements are multiples of this, which every type holds exactly. */
  private static final int PARTS = 64;

  private static final int WIDE_PARTS = 4;

  private final String text;
  private final Random random;
  private int at;

  InputParser(String text, long seed) {
    this.text = text;
    this.random = new Random(seed);
  }

  Argument argument(String name) {
    boolean isList = text.startsWith("(");
    at = isList ? 1 : 0;
    List<Input> inputs = isList ? untilClosed() : List.of(input());
    if (at != text.length()) {
      throw new IllegalArgumentException(text.substring(at));
    }
    return new Argument(name, inputs, isList);
  }

  private List<Input> untilClosed() {
    List<Input> inputs = new ArrayList<>();
    do {
      inputs.add(input());
    } while (text.charAt(at++) == ';');
    return inputs;
  }

  private Input input() {
    Matcher op = OP.matcher(text).region(at, text.length());
    if (op.lookingAt()) {
      at = op.end();
      Map<String, String> attributes = new LinkedHashMap<>();
      if (op.group(2) != null) {
        for (String attribute : op.group(2).split("&")) {
          String[] parts = attribute.split("=");
          attributes.put(parts[0], parts[1]);
        }
      }
      return new Derived(op.group(1), attributes, untilClosed());
    }
    Matcher tensor = TENSOR.matcher(text).region(at, text.length());
    if (!tensor.lookingAt()) {
      throw new IllegalArgumentException(text.substring(at));
    }
    at = tensor.end();
    return value(tensor);
  }

  private Value value(Matcher tensor) {
    Shape shape = shape(tensor.group(2));
    Shape declared = tensor.group(4) == null ? shape : shape(tensor.group(4));
    double[] elements =
        tensor.group(5) == null
            ? elements(tensor.group(3), (int) shape.size())
            : Arrays.stream(tensor.group(5).split(",")).mapToDouble(Double::parseDouble).toArray();
    if (elements.length != shape.size()) {
      throw new IllegalArgumentException(elements.length + " elements for " + shape);
    }
    return new Value(Kind.of(tensor.group(1).charAt(0)), shape, declared, elements);
  }

  private static Shape shape(String text) {
    return text.equals("*")
        ? Shape.unknown()
        : Shape.of(
            Arrays.stream(text.split(","))
                .filter(size -> !size.isEmpty())
                .mapToLong(size -> size.equals("?") ? Shape.UNKNOWN_SIZE : Long.parseLong(size))
                .toArray());
  }

  /** All different as far as they reach, and away from 0, where many ops have a kink. */
  private double[] elements(String range, int size) {
    int low =
        switch (range) {
          case "+" -> 20;
          case ">" -> 72;
          case "u" -> -58;
          default -> -110;
        };
    int high = low < 0 ? -low : low + 108;
    int parts = range.equals("w") ? WIDE_PARTS : PARTS;
    List<Integer> pool = new ArrayList<>();
    for (int i = low; i <= high; i++) {
      if (Math.abs(i) > 6) {
        pool.add(i);
      }
    }
    Collections.shuffle(pool, random);
    double[] elements = new double[size];
    for (int i = 0; i < size; i++) {
      elements[i] = pool.get(i % pool.size()) / (double) parts;
    }
    return elements;
  }
}
