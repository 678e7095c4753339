package dev.belay.tools.argument;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** What the parser found wrong with a command line, in Belay's words. */
public final class UsageProblems {
  private UsageProblems() {}

  /** One sentence for each problem; empty if there is none. */
  public static List<String> of(ParseResult parsed) {
    List<String> problems = new ArrayList<>();
    for (ParseResult part = parsed; part != null; part = part.subcommand()) {
      for (Exception error : part.errors()) {
        problems.addAll(describe((ParameterException) error));
      }
    }
    return problems.stream().distinct().toList();
  }

  private static List<String> describe(ParameterException error) {
    if (error instanceof UnmatchedArgumentException unmatched) {
      return unmatched(unmatched);
    }
    ArgSpec argument = error.getArgSpec();
    if (!(argument instanceof OptionSpec option)) {
      return List.of(error.getMessage());
    }
    String name = option.longestName();
    if (error instanceof OverwrittenOptionException) {
      return List.of(name + " is given twice: choose one");
    }
    if (error instanceof MissingParameterException) {
      return List.of(name + ": expected " + expectation(option) + ", found nothing");
    }
    String found = error.getValue() == null ? error.getMessage() : "'" + error.getValue() + "'";
    return List.of(name + ": expected " + expectation(option) + ", found " + found);
  }

  private static List<String> unmatched(UnmatchedArgumentException error) {
    CommandLine command = error.getCommandLine();
    boolean program = command.getParent() == null;
    List<String> options =
        error.getUnmatched().stream().filter(token -> token.startsWith("-")).toList();
    if (!options.isEmpty()) {
      List<String> names =
          command.getCommandSpec().options().stream().map(OptionSpec::longestName).toList();
      return options.stream()
          .map(token -> token.split("=", 2)[0])
          .map(
              token ->
                  token
                      + ": unknown option"
                      + NearestName.suggestion(Arguments.kebab(token), names))
          .toList();
    }
    String first = error.getUnmatched().get(0);
    return List.of(
        program
            ? first
                + ": unknown command"
                + NearestName.suggestion(first, command.getSubcommands().keySet())
            : first + ": nothing takes this argument; options begin with --");
  }

  /** What an option takes, from its type. */
  private static String expectation(OptionSpec option) {
    Class<?> type = option.typeInfo().getType();
    if (option.typeInfo().isOptional() || option.isMultiValue()) {
      type = option.auxiliaryTypes()[option.auxiliaryTypes().length - 1];
    }
    if (option.typeInfo().isMap()) {
      return option.paramLabel();
    }
    if (type.isEnum()) {
      return String.join(
          " or ",
          Arrays.stream(type.getEnumConstants())
              .map(constant -> ((Enum<?>) constant).name().toLowerCase(Locale.ROOT))
              .toList());
    }
    if (type == boolean.class || type == Boolean.class) {
      return option.arity().max() == 0 ? "no value" : "on or off";
    }
    if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
      return "a whole number";
    }
    if (type == double.class || type == Double.class) {
      return "a number";
    }
    return type == Pattern.class ? "a regular expression" : option.paramLabel();
  }
}
