package dev.belay.tools.option;

import dev.belay.train.config.ConfigBinder;
import dev.belay.train.config.ConfigException;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.OptionDefinition;
import dev.belay.train.config.OptionType;
import dev.belay.train.config.Section;
import dev.belay.train.task.Task;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.TypeConversionException;

/**
 * Options of a command that are the components of a config record.
 *
 * @param <T> the record
 */
public final class RecordOptions<T extends Record> {
  /** Its words are the names of the tasks. */
  private static final String HEAD = "head";

  private final Class<T> type;
  private final List<OptionDefinition> options;
  private final Map<String, List<String>> implied = new LinkedHashMap<>();
  private CommandSpec command;

  private RecordOptions(Class<T> type, List<OptionDefinition> options) {
    this.type = type;
    this.options = options;
  }

  /** All options of a record. */
  public static <T extends Record> RecordOptions<T> of(Class<T> type) {
    return of(type, option -> true);
  }

  /** Those options of a record that a command takes. */
  public static <T extends Record> RecordOptions<T> of(
      Class<T> type, Predicate<OptionDefinition> taken) {
    return new RecordOptions<>(type, OptionDefinition.of(type).stream().filter(taken).toList());
  }

  /**
   * Adds the options to a command.
   *
   * @param after those that {@code --help} shows after the command's own
   */
  public void addTo(CommandSpec spec, Predicate<OptionDefinition> after) {
    command = spec;
    List<OptionSpec> own = new ArrayList<>(spec.options());
    own.forEach(spec::remove);
    add(after.negate());
    own.forEach(spec::addOption);
    add(after);
  }

  private void add(Predicate<OptionDefinition> chosen) {
    options.stream()
        .filter(chosen)
        .sorted(OptionDefinition.helpOrder())
        .forEach(option -> command.addOption(spec(option)));
  }

  private static OptionSpec spec(OptionDefinition definition) {
    OptionType type = definition.type();
    OptionSpec.Builder spec =
        OptionSpec.builder(definition.names().toArray(new String[0]))
            .userObject(definition)
            .paramLabel(definition.option().label())
            .description(definition.option().help());
    if (!definition.option().defaultValue().isEmpty()) {
      spec.defaultValue(definition.option().defaultValue());
    }
    if (type.isSwitch()) {
      return spec.type(boolean.class).arity("0").build();
    }
    if (definition.option().commaSeparated()) {
      spec.splitRegex(",");
    }
    if (type.isMultiple()) {
      spec.type(List.class).auxiliaryTypes(String.class);
    } else {
      spec.type(String.class);
    }
    return spec.arity("1").converters(check(definition)).build();
  }

  /** Lets the parser refuse what is no value; the record reads the text itself. */
  private static ITypeConverter<String> check(OptionDefinition definition) {
    return text -> {
      try {
        definition.type().parse(List.of(text));
      } catch (ConfigException refused) {
        // It says more than the parser would, and is met again where the record is made.
      } catch (IllegalArgumentException refused) {
        throw new TypeConversionException(text);
      }
      String word = text.toLowerCase(Locale.ROOT).replace('_', '-');
      if (definition.name().equals(HEAD) && !words(definition).contains(word)) {
        throw new TypeConversionException(text);
      }
      return text;
    };
  }

  /** The words that an option takes; empty if its values are no words. */
  public static List<String> words(OptionDefinition definition) {
    return definition.name().equals(HEAD)
        ? Stream.concat(Stream.of(ModelConfig.OWN_HEAD), Task.heads().stream().map(Task::option))
            .toList()
        : definition.type().words();
  }

  /** Description of an option's value, for messages. */
  public static String expected(OptionDefinition definition) {
    return definition.name().equals(HEAD)
        ? String.join(" or ", words(definition))
        : definition.expected();
  }

  /** The definition of an option that a record has; null for any other. */
  public static OptionDefinition definition(OptionSpec option) {
    return option.userObject() instanceof OptionDefinition definition ? definition : null;
  }

  /** The same options under one heading of {@code --help}. */
  RecordOptions<T> under(Section section) {
    return new RecordOptions<>(
        type,
        options.stream()
            .map(option -> new OptionDefinition(option.option(), section, option.type()))
            .toList());
  }

  /**
   * The record of a command line's options.
   *
   * @throws ConfigException that says everything that cannot be
   */
  public T read() {
    Map<String, List<String>> given = new LinkedHashMap<>();
    for (OptionSpec option : command.commandLine().getParseResult().matchedOptions()) {
      OptionDefinition definition = definition(option);
      if (definition != null) {
        given.put(
            definition.name(),
            definition.type().isSwitch() ? List.of("true") : option.stringValues());
      }
    }
    implied.forEach(given::putIfAbsent);
    return ConfigBinder.read(type, given, options);
  }

  /** Whether the user gives an option, by its name without hyphens. */
  public boolean isGiven(String option) {
    return command.commandLine().getParseResult().hasMatchedOption("--" + option);
  }

  /** The same with a value of an option that is given without its name, if it is given. */
  public T read(String option, Object value) {
    if (value != null) {
      implied.put(option, List.of(value.toString()));
    }
    return read();
  }
}
