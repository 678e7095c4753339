package dev.belay.train.config;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Converts option values to config records, and config records to option values. */
public final class ConfigBinder {
  private final Map<String, List<String>> given;
  private final List<String> problems = new ArrayList<>();

  private ConfigBinder(Map<String, List<String>> given) {
    this.given = given;
  }

  /**
   * Builds a record.
   *
   * @param given values by option name; names that the record does not have are ignored
   * @throws ConfigException which names every invalid option
   */
  public static <T extends Record> T read(Class<T> type, Map<String, List<String>> given) {
    return read(type, given, List.of());
  }

  /**
   * Builds a record from the user's options.
   *
   * @param offered options that the user may give; those that are required must be given
   */
  public static <T extends Record> T read(
      Class<T> type, Map<String, List<String>> given, List<OptionDefinition> offered) {
    ConfigBinder binder = new ConfigBinder(given);
    offered.forEach(binder::checkPresence);
    Optional<Object[]> values = binder.values(type);
    binder.verify();
    T config = binder.make(type, values.orElseThrow());
    binder.verify();
    return config;
  }

  /** A record whose options all have their defaults. */
  public static <T extends Record> T defaults(Class<T> type) {
    return read(type, Map.of());
  }

  /** The same config with another value of one option. */
  @SuppressWarnings("unchecked") // the class of a record is that of its type
  public static <T extends Record> T with(T config, String option, Object value) {
    List<Object> values = new ArrayList<>();
    for (RecordComponent component : config.getClass().getRecordComponents()) {
      Object now = value(config, component);
      if (!component.isAnnotationPresent(Option.class)) {
        values.add(with((Record) now, option, value));
      } else {
        boolean other = component.getAnnotation(Option.class).name().equals(option);
        values.add(other ? value : now);
      }
    }
    ConfigBinder binder = new ConfigBinder(Map.of());
    T changed = (T) binder.make(config.getClass(), values.toArray());
    binder.verify();
    return changed;
  }

  /**
   * All options as in config.json, in the order of the components, without options that were not
   * given and have no default.
   */
  public static Map<String, Object> json(Record config) {
    Map<String, Object> json = all(config);
    for (OptionDefinition definition : OptionDefinition.of(config.getClass())) {
      if (json.containsKey(definition.option().replacedBy())) {
        json.remove(definition.name());
      }
    }
    return json;
  }

  /** All options as text, as {@link #read} takes them. */
  public static Map<String, List<String>> texts(Record config) {
    Map<String, List<String>> texts = new LinkedHashMap<>();
    all(config).forEach((name, value) -> texts.put(name, texts(value)));
    return texts;
  }

  /** One value or several as text. */
  static List<String> texts(Object value) {
    return value instanceof Collection<?> several
        ? several.stream().map(Object::toString).toList()
        : List.of(value.toString());
  }

  private static Map<String, Object> all(Record config) {
    Map<String, Object> all = new LinkedHashMap<>();
    for (RecordComponent component : config.getClass().getRecordComponents()) {
      Object value = value(config, component);
      if (component.isAnnotationPresent(Option.class)) {
        OptionDefinition definition = OptionDefinition.of(component);
        definition.type().json(value).ifPresent(json -> all.put(definition.name(), json));
      } else {
        all.putAll(all((Record) value));
      }
    }
    return all;
  }

  private static Object value(Record config, RecordComponent component) {
    try {
      return component.getAccessor().invoke(config);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private void checkPresence(OptionDefinition definition) {
    String required = definition.option().required();
    if (!required.isEmpty() && given.getOrDefault(definition.name(), List.of()).isEmpty()) {
      problems.add("--" + definition.name() + " is missing: " + required);
    }
  }

  /** Values of a record's components; empty if one of them cannot be, which has been noted. */
  private Optional<Object[]> values(Class<? extends Record> type) {
    int before = problems.size();
    List<Object> values = new ArrayList<>();
    for (RecordComponent component : type.getRecordComponents()) {
      if (component.isAnnotationPresent(Option.class)) {
        values.add(parsed(OptionDefinition.of(component)));
      } else {
        Class<? extends Record> nested = component.getType().asSubclass(Record.class);
        values.add(values(nested).map(inside -> make(nested, inside)).orElse(null));
      }
    }
    return problems.size() == before ? Optional.of(values.toArray()) : Optional.empty();
  }

  private Object parsed(OptionDefinition definition) {
    try {
      return definition.parse(given.get(definition.name()));
    } catch (ConfigException refused) {
      problems.addAll(refused.problems());
      return null;
    }
  }

  private <T extends Record> T make(Class<T> type, Object[] values) {
    try {
      return constructor(type).newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof ConfigException refused) {
        problems.addAll(refused.problems());
        return null;
      }
      throw new IllegalStateException(e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static <T extends Record> Constructor<T> constructor(Class<T> type)
      throws NoSuchMethodException {
    return type.getDeclaredConstructor(
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new));
  }

  private void verify() {
    if (!problems.isEmpty()) {
      throw new ConfigException(problems.stream().distinct().toList());
    }
  }
}
