package dev.belay.train.config;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Definition of one option, read from a component of a config record.
 *
 * @param option its annotation in the record
 * @param section of {@code --help}
 * @param type of its values
 */
public record OptionDefinition(Option option, Section section, OptionType type) {

  /** Options of a record and of the records inside it, in the order of their components. */
  public static List<OptionDefinition> of(Class<? extends Record> config) {
    List<OptionDefinition> options = new ArrayList<>();
    for (RecordComponent component : config.getRecordComponents()) {
      if (component.isAnnotationPresent(Option.class)) {
        options.add(of(component));
      } else {
        options.addAll(of(component.getType().asSubclass(Record.class)));
      }
    }
    return options;
  }

  /** Effect of a changed value on a resumed run; a change of an unknown option is refused. */
  public static Option.OnResume onResume(Class<? extends Record> config, String name) {
    return of(config).stream()
        .filter(definition -> definition.name().equals(name))
        .findFirst()
        .map(definition -> definition.option().onResume())
        .orElse(Option.OnResume.REFUSE);
  }

  /** The option of an annotated component. */
  static OptionDefinition of(RecordComponent component) {
    Option option = component.getAnnotation(Option.class);
    return new OptionDefinition(
        option,
        option.section().length > 0
            ? option.section()[0]
            : component.getDeclaringRecord().getAnnotation(Section.Of.class).value(),
        OptionType.of(
            component.getGenericType(), option.defaultValue().isEmpty(), option.emptyWord()));
  }

  /** Sorts options as {@code --help} shows them. */
  public static Comparator<OptionDefinition> helpOrder() {
    return Comparator.comparing(OptionDefinition::section)
        .thenComparing(definition -> definition.option().place());
  }

  /** The name, without the two hyphens. */
  public String name() {
    return option.name();
  }

  /** All names, with the two hyphens. */
  public List<String> names() {
    return Stream.of(option.name(), option.alias())
        .filter(name -> !name.isEmpty())
        .map(name -> "--" + name)
        .toList();
  }

  /** Whether it has that name, without hyphens. */
  boolean isNamed(String name) {
    return name.equals(option.name()) || name.equals(option.alias());
  }

  /** Whether the option has no effect on a model that is only evaluated or predicts. */
  public boolean isTrainingOnly() {
    return option.trainingOnly() || section == Section.WHAT_TRAINS;
  }

  /** Description of a value, for messages. */
  public String expected() {
    return type.expected().isEmpty() ? option.label() : type.expected();
  }

  /**
   * Reads the values that are given, or the default's.
   *
   * @throws ConfigException if one of them is none
   */
  Object parse(List<String> given) {
    List<String> texts = given == null ? defaults() : split(given);
    try {
      return type.parse(texts);
    } catch (ConfigException refused) {
      throw refused;
    } catch (IllegalArgumentException refused) {
      throw new ConfigException("--" + name(), expected(), "'" + String.join(",", texts) + "'");
    }
  }

  /** The values of the default. */
  private List<String> defaults() {
    return option.defaultValue().isEmpty() ? List.of() : split(List.of(option.defaultValue()));
  }

  private List<String> split(List<String> texts) {
    return option.commaSeparated()
        ? texts.stream().flatMap(text -> Arrays.stream(text.split(",", -1))).toList()
        : texts;
  }
}
