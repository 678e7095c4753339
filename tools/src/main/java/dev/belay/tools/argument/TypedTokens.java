package dev.belay.tools.argument;

import dev.belay.train.config.ConfigException;
import dev.belay.train.config.HuggingFaceArgument;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Reads the tokens that a user typed after a command, and spells them as the parser knows them:
 * underscores become hyphens, {@code True} and {@code False} after a switch become its presence or
 * absence, and Hugging Face's arguments become Belay's options.
 */
final class TypedTokens {
  private static final String TRUE = "True";
  private static final String FALSE = "False";

  private final CommandLine command;
  private final List<String> typed;
  private final List<String> spelled = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private int position;

  private TypedTokens(CommandLine command, List<String> typed) {
    this.command = command;
    this.typed = typed;
  }

  /**
   * The tokens for the parser.
   *
   * @throws ConfigException if Hugging Face's arguments have no counterpart
   */
  static List<String> spelled(CommandLine command, List<String> typed) {
    TypedTokens tokens = new TypedTokens(command, typed);
    while (tokens.position < typed.size()) {
      tokens.readOne();
    }
    if (!tokens.problems.isEmpty()) {
      throw new ConfigException(tokens.problems);
    }
    return tokens.spelled;
  }

  private void readOne() {
    String token = typed.get(position++);
    if (!token.startsWith("--")) {
      spelled.add(token);
      return;
    }
    int equals = token.indexOf('=');
    String name = equals < 0 ? token : token.substring(0, equals);
    Optional<String> value =
        equals < 0 ? Optional.empty() : Optional.of(token.substring(equals + 1));
    OptionSpec option = command.getCommandSpec().findOption(Arguments.kebab(name));
    if (option != null) {
      readOption(option, Arguments.kebab(name), value);
      return;
    }
    Optional<HuggingFaceArgument> argument = HuggingFaceArgument.find(name);
    if (argument.isPresent()) {
      readArgument(argument.get(), value);
    } else {
      spelled.add(token);
    }
  }

  private void readOption(OptionSpec option, String name, Optional<String> value) {
    if (option.arity().max() > 0 || option.usageHelp()) {
      spelled.add(value.map(text -> name + "=" + text).orElse(name));
      return;
    }
    String truth = value.or(this::followingTruth).orElse(TRUE);
    if (truth.equalsIgnoreCase(TRUE)) {
      spelled.add(name);
    } else if (!truth.equalsIgnoreCase(FALSE)) {
      problems.add(name + ": expected no value, True or False, found " + truth);
    }
  }

  private void readArgument(HuggingFaceArgument argument, Optional<String> value) {
    Optional<String> given = value.or(this::followingValue);
    String actual = given.orElse(TRUE);
    HuggingFaceArgument.Meaning meaning = argument.of(actual);
    if (meaning.isRefused()) {
      problems.add(argument.problem("--" + argument.name(), actual));
    } else if (given.isEmpty() && argument.needsValue()) {
      problems.add("--" + argument.name() + ": expected a value, found none");
    } else if (isKnown(meaning.option())) {
      spelled.addAll(meaning.tokens());
    } else {
      problems.add(
          "--"
              + argument.name()
              + ": belay "
              + command.getCommandName()
              + " has no "
              + meaning.option()
              + ", which does the same in other commands");
    }
  }

  private boolean isKnown(String option) {
    return option.isEmpty() || command.getCommandSpec().findOption(option) != null;
  }

  private Optional<String> followingTruth() {
    return followingValue(text -> text.equalsIgnoreCase(TRUE) || text.equalsIgnoreCase(FALSE));
  }

  private Optional<String> followingValue() {
    return followingValue(text -> !text.startsWith("--"));
  }

  private Optional<String> followingValue(Predicate<String> isValue) {
    if (position < typed.size() && isValue.test(typed.get(position))) {
      return Optional.of(typed.get(position++));
    }
    return Optional.empty();
  }
}
