package dev.belay.tools.option;

import dev.belay.train.config.ModelConfig.HeadKind;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The heads by their names, {@code token-classification}; snake_case is understood too. */
public final class HeadName implements ITypeConverter<HeadKind> {
  @Override
  public HeadKind convert(String text) {
    String name = text.toLowerCase(Locale.ROOT).replace('_', '-');
    return Arrays.stream(HeadKind.values())
        .filter(kind -> kind.option().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "expected "
                        + Arrays.stream(HeadKind.values())
                            .map(HeadKind::option)
                            .collect(Collectors.joining(" or "))
                        + ", found '"
                        + text
                        + "'"));
  }
}
