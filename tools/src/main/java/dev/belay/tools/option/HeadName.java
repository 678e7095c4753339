package dev.belay.tools.option;

import dev.belay.train.config.ModelConfig;
import dev.belay.train.task.Task;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The heads by their names, {@code token-classification}; snake_case is understood too. */
public final class HeadName implements ITypeConverter<String>, Iterable<String> {
  private static final List<String> KNOWN =
      Stream.concat(Stream.of(ModelConfig.OWN_HEAD), Task.heads().stream().map(Task::option))
          .toList();

  @Override
  public Iterator<String> iterator() {
    return KNOWN.iterator();
  }

  @Override
  public String convert(String text) {
    String name = text.toLowerCase(Locale.ROOT).replace('_', '-');
    if (!KNOWN.contains(name)) {
      throw new TypeConversionException(
          "expected " + String.join(" or ", KNOWN) + ", found '" + text + "'");
    }
    return name;
  }
}
