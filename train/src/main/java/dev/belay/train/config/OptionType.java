package dev.belay.train.config;

import java.lang.invoke.MethodType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Type of an option's values: reads them from text and writes them as JSON. */
public final class OptionType {
  private static final String NONE = "none";

  /**
   * A type of single values.
   *
   * @param expected for messages; empty: as the option's placeholder says
   */
  private record Scalar(String expected, Function<String, Object> parser) {}

  private static final Map<Class<?>, Scalar> SCALARS =
      Map.of(
          boolean.class, new Scalar("on or off", OptionType::onOrOff),
          int.class, new Scalar("a whole number", Integer::valueOf),
          long.class, new Scalar("a whole number", Long::valueOf),
          double.class, new Scalar("a number", Double::valueOf),
          OptionalDouble.class, new Scalar("a number above 0 or none", OptionType::numberOrNone),
          Pattern.class, new Scalar("a regular expression", Pattern::compile),
          Path.class, new Scalar("", Path::of),
          String.class, new Scalar("", text -> text),
          ClipGroup.class, new Scalar("", ClipGroup::parse));

  private final Class<?> type;
  private final Class<?> element;
  private final boolean isSwitch;
  private final String emptyWord;

  private OptionType(Class<?> type, Class<?> element, boolean isSwitch, String emptyWord) {
    this.type = type;
    this.element = element;
    this.isSwitch = isSwitch;
    this.emptyWord = emptyWord;
  }

  /**
   * The type of a field or component.
   *
   * @param isSwitch whether an option of type {@code boolean} takes no value
   * @param emptyWord for a collection without elements
   */
  public static OptionType of(Type type, boolean isSwitch, String emptyWord) {
    if (type instanceof ParameterizedType generic) {
      Type[] arguments = generic.getActualTypeArguments();
      return new OptionType(
          (Class<?>) generic.getRawType(),
          primitive((Class<?>) arguments[arguments.length - 1]),
          false,
          emptyWord);
    }
    if (type == OptionalInt.class || type == OptionalDouble.class) {
      Class<?> element = type == OptionalInt.class ? int.class : double.class;
      return new OptionType((Class<?>) type, element, false, emptyWord);
    }
    Class<?> element = primitive((Class<?>) type);
    return new OptionType(element, element, isSwitch && element == boolean.class, emptyWord);
  }

  private static Class<?> primitive(Class<?> type) {
    return MethodType.methodType(type).unwrap().returnType();
  }

  /** Whether it takes no value. */
  public boolean isSwitch() {
    return isSwitch;
  }

  /** Whether its values are {@code on} and {@code off}. */
  public boolean isOnOff() {
    return element == boolean.class && !isSwitch;
  }

  /** Whether there may be several values. */
  public boolean isMultiple() {
    return Collection.class.isAssignableFrom(type) || type == Map.class;
  }

  /** The accepted words; empty if its values are not words. */
  public List<String> words() {
    return element.isEnum()
        ? Arrays.stream(element.getEnumConstants()).map(OptionType::word).toList()
        : List.of();
  }

  /** Description of a value, for messages; empty: the option's placeholder. */
  public String expected() {
    if (isSwitch) {
      return "no value";
    }
    if (type == Map.class) {
      return "";
    }
    String one = element.isEnum() ? String.join(" or ", words()) : SCALARS.get(element).expected();
    return emptyWord.isEmpty() ? one : one + " or " + emptyWord;
  }

  /**
   * Reads the values that are given.
   *
   * @throws IllegalArgumentException if one of them is invalid
   */
  public Object parse(List<String> texts) {
    if (type == Map.class) {
      return mapping(texts);
    }
    if (isMultiple()) {
      List<Object> values =
          texts.equals(List.of(emptyWord)) ? List.of() : texts.stream().map(this::element).toList();
      return type == Set.class ? Collections.unmodifiableSet(new LinkedHashSet<>(values)) : values;
    }
    if (texts.isEmpty()) {
      return absent();
    }
    Object value = element(texts.get(texts.size() - 1));
    if (type == Optional.class) {
      return Optional.of(value);
    }
    if (type == OptionalInt.class) {
      return OptionalInt.of((Integer) value);
    }
    return type == OptionalDouble.class ? OptionalDouble.of((Double) value) : value;
  }

  private Object absent() {
    if (type == Optional.class) {
      return Optional.empty();
    }
    if (type == OptionalInt.class) {
      return OptionalInt.empty();
    }
    if (type == OptionalDouble.class) {
      return OptionalDouble.empty();
    }
    return isSwitch ? Boolean.FALSE : null;
  }

  private static Map<String, String> mapping(List<String> texts) {
    Map<String, String> mapping = new LinkedHashMap<>();
    for (String text : texts) {
      int equals = text.indexOf('=');
      if (equals < 0) {
        throw new IllegalArgumentException(text);
      }
      mapping.put(text.substring(0, equals), text.substring(equals + 1));
    }
    return mapping;
  }

  private Object element(String text) {
    if (!element.isEnum()) {
      return SCALARS.get(element).parser().apply(text);
    }
    return Arrays.stream(element.getEnumConstants())
        .filter(constant -> word(constant).equalsIgnoreCase(text))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(text));
  }

  /** The value for config.json; empty if config.json leaves it out. */
  public Optional<Object> json(Object value) {
    if (value instanceof Optional<?> optional) {
      return optional.map(this::plain);
    }
    if (value instanceof OptionalInt optional) {
      return optional.stream().boxed().<Object>map(number -> number).findFirst();
    }
    if (value instanceof OptionalDouble optional) {
      return optional.stream().boxed().<Object>map(number -> number).findFirst();
    }
    if (value instanceof Map<?, ?> mapping) {
      return filled(mapping.entrySet().stream().map(Object::toString).sorted().toList());
    }
    if (value instanceof Set<?> set) {
      return filled(set.stream().sorted().map(this::plain).toList());
    }
    if (value instanceof List<?> list) {
      return filled(list.stream().map(this::plain).toList());
    }
    return Optional.of(plain(value));
  }

  private Optional<Object> filled(List<?> elements) {
    if (elements.isEmpty()) {
      return emptyWord.isEmpty() ? Optional.empty() : Optional.of(emptyWord);
    }
    return Optional.of(elements);
  }

  private Object plain(Object value) {
    if (value instanceof Boolean on) {
      return isSwitch ? on : on ? "on" : "off";
    }
    if (value instanceof Enum<?>) {
      return word(value);
    }
    if (value instanceof OptionalDouble number) {
      return number.isPresent() ? text(number.getAsDouble()) : NONE;
    }
    return value instanceof Number ? value : value.toString();
  }

  private static String word(Object constant) {
    return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT);
  }

  private static Object onOrOff(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "on", "true" -> true;
      case "off", "false" -> false;
      default -> throw new IllegalArgumentException(text);
    };
  }

  private static Object numberOrNone(String text) {
    return text.equals(NONE) ? OptionalDouble.empty() : OptionalDouble.of(Double.parseDouble(text));
  }

  /** A number as people write it: {@code 1.0}, {@code 0.25}, {@code 5e-5}. */
  public static String text(double value) {
    BigDecimal exact = new BigDecimal(Double.toString(value));
    if (value >= 1e-3 && value < 1e6) {
      return exact.toPlainString();
    }
    BigDecimal digits = exact.stripTrailingZeros();
    int exponent = digits.precision() - digits.scale() - 1;
    return digits.movePointLeft(exponent).toPlainString() + "e" + exponent;
  }
}
