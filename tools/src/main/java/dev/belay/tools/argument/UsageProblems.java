package dev.belay.tools.argument;

import dev.belay.tools.option.RecordOptions;
import dev.belay.train.config.OptionDefinition;
import dev.belay.train.config.OptionType;
import dev.belay.train.failure.NearestName;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Messages for the parser's errors about a command line. */
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
    if (error instanceof MissingParameterException missing) {
      return missing.getMissing().stream().map(UsageProblems::withoutValue).toList();
    }
    if (error instanceof OverwrittenOptionException twice) {
      return List.of(
          ((OptionSpec) twice.getOverwritten()).longestName() + " is given twice: choose one");
    }
    ArgSpec argument = error.getArgSpec();
    if (!(argument instanceof OptionSpec option)) {
      return List.of(error.getMessage());
    }
    String name = option.longestName();
    String found = error.getValue() == null ? error.getMessage() : "'" + error.getValue() + "'";
    return List.of(name + ": expected " + expectation(option) + ", found " + found);
  }

  private static String withoutValue(ArgSpec argument) {
    return argument instanceof OptionSpec option
        ? option.longestName() + ": expected " + expectation(option) + ", found nothing"
        : argument.paramLabel() + " is missing";
  }

  private static List<String> unmatched(UnmatchedArgumentException error) {
    CommandLine command = error.getCommandLine();
    List<String> options = error.getUnmatched().stream().filter(UsageProblems::isOption).toList();
    List<String> words = error.getUnmatched().stream().filter(word -> !isOption(word)).toList();
    if (command.getParent() == null && !words.isEmpty()) {
      String name = words.get(0);
      return List.of(
          name
              + ": unknown command"
              + NearestName.suggestion(name, command.getSubcommands().keySet()));
    }
    if (options.isEmpty()) {
      String word = words.get(0);
      boolean file = word.matches(".*\\.(json|ya?ml)");
      return List.of(
          word
              + ": nothing takes this argument; "
              + (file ? "--config " + word + " reads options from it" : "options begin with --"));
    }
    List<String> names =
        command.getCommandSpec().options().stream().map(OptionSpec::longestName).toList();
    return options.stream()
        .map(token -> token.split("=", 2)[0])
        .map(name -> name + ": unknown option" + suggestion(name, names))
        .toList();
  }

  private static String suggestion(String name, List<String> names) {
    return NearestName.suggestion(Arguments.kebab(name), names);
  }

  private static boolean isOption(String token) {
    return token.startsWith("-");
  }

  /** Description of an option's value, by its type. */
  private static String expectation(OptionSpec option) {
    String expected =
        option.userObject() instanceof OptionDefinition definition
            ? RecordOptions.expected(definition)
            : OptionType.of(
                    ((Field) option.userObject()).getGenericType(), option.arity().max() == 0, "")
                .expected();
    return expected.isEmpty() ? option.paramLabel() : expected;
  }
}
