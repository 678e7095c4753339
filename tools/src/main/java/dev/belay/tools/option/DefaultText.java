package dev.belay.tools.option;

import java.math.BigDecimal;
import java.util.Locale;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;

/** Says a default as a user would type it: {@code 5e-5}, {@code adamw}, {@code on}. */
public final class DefaultText implements IDefaultValueProvider {

  @Override
  public String defaultValue(ArgSpec argument) {
    Object value = argument.initialValue();
    if (value instanceof Boolean on) {
      return argument.arity().max() == 0 ? null : on ? "on" : "off";
    }
    if (value instanceof Double number) {
      return text(number);
    }
    if (value instanceof Enum<?> constant) {
      return constant.name().toLowerCase(Locale.ROOT);
    }
    return value instanceof Number || value instanceof String ? value.toString() : null;
  }

  /** The shortest usual notation, plain from 0.001 to 9999. */
  static String text(double number) {
    BigDecimal exact = new BigDecimal(Double.toString(number)).stripTrailingZeros();
    double size = Math.abs(number);
    if (number == 0 || (size >= 1e-3 && size < 1e4)) {
      return exact.toPlainString();
    }
    int exponent = exact.precision() - exact.scale() - 1;
    return exact.movePointLeft(exponent).toPlainString() + "e" + exponent;
  }
}
