package dev.belay.tools.argument;

import dev.belay.train.config.ConfigException;
import dev.belay.train.config.HuggingFaceArgument;
import dev.belay.train.failure.NearestName;
import dev.belay.train.report.UnknownOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The arguments of one call, in the one spelling that the parser knows: {@code --learning_rate}
 * becomes {@code --learning-rate}, {@code --per_device_train_batch_size} becomes {@code
 * --train-batch-size}, and the options of a config file are appended where the command line does
 * not give them.
 *
 * @param tokens for the parser
 * @param origins option name to where a config file gives it
 */
public record Arguments(List<String> tokens, Map<String, String> origins) {

  public Arguments {
    tokens = List.copyOf(tokens);
    origins = Map.copyOf(origins);
  }

  /** The command that is called, or the program itself if none is. */
  public static CommandLine called(CommandLine program, List<String> typed) {
    return typed.stream()
        .map(program.getSubcommands()::get)
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(program);
  }

  /** Arguments as typed, for the program's commands. */
  public static Arguments of(CommandLine program, List<String> typed) throws IOException {
    CommandLine command = called(program, typed);
    if (command == program) {
      return new Arguments(typed, Map.of());
    }
    int position = typed.indexOf(command.getCommandName()) + 1;
    List<String> tokens = new ArrayList<>(typed.subList(0, position));
    tokens.addAll(TypedTokens.spelled(command, typed.subList(position, typed.size())));
    return new Reading(command, tokens).withConfigFile();
  }

  /** The spelling with hyphens. */
  static String kebab(String name) {
    return name.replace('_', '-').toLowerCase(Locale.ROOT);
  }

  private static OptionSpec option(CommandLine command, String name) {
    return command.getCommandSpec().findOption(name);
  }

  /** A problem whose first word is an option that a file gives, with the place in that file. */
  public String located(String problem) {
    int end = 0;
    while (end < problem.length()
        && !Character.isWhitespace(problem.charAt(end))
        && problem.charAt(end) != ':') {
      end++;
    }
    String origin = origins.get(problem.substring(0, end));
    return origin == null ? problem : origin + ": " + problem;
  }

  /** One command and its tokens, on the way to being complete. */
  private record Reading(CommandLine command, List<String> tokens) {

    Arguments withConfigFile() throws IOException {
      List<String> files = valuesOf("--config");
      if (files.isEmpty() || option(command, "--config") == null) {
        return new Arguments(tokens, Map.of());
      }
      if (files.size() > 1) {
        throw new ConfigException("--config is given " + files.size() + " times: name one file");
      }
      ConfigFile file = translated(ConfigFile.read(Path.of(files.get(0))));
      refuseUnknownKeys(file);
      Set<OptionSpec> typed = typedOptions();
      List<String> all = new ArrayList<>(tokens);
      Map<String, String> origins = new HashMap<>();
      for (ConfigFile.Entry entry : file.entries()) {
        OptionSpec option = option(command, "--" + kebab(entry.key()));
        if (!typed.contains(option)) {
          String place = file.path() + ", line " + entry.line();
          origins.put(option.longestName(), place);
          all.addAll(new ConfigEntry(option, entry, place).tokens());
        }
      }
      return new Arguments(all, origins);
    }

    /** The file with Belay's options in place of Hugging Face's arguments. */
    private ConfigFile translated(ConfigFile file) {
      List<String> problems = new ArrayList<>();
      List<ConfigFile.Entry> entries = new ArrayList<>();
      for (ConfigFile.Entry entry : file.entries()) {
        Optional<HuggingFaceArgument> argument =
            option(command, "--" + kebab(entry.key())) == null
                ? HuggingFaceArgument.find(entry.key())
                : Optional.empty();
        if (argument.isEmpty()) {
          entries.add(entry);
          continue;
        }
        String value = String.join(",", entry.values());
        HuggingFaceArgument.Meaning meaning = argument.get().of(value);
        if (meaning.isRefused()) {
          String place = file.path() + ", line " + entry.line() + ": " + entry.key();
          problems.add(argument.get().problem(place, value));
        } else if (!meaning.option().isEmpty()) {
          String own = meaning.argument().isEmpty() ? "true" : meaning.argument();
          entries.add(
              new ConfigFile.Entry(meaning.option().substring(2), entry.line(), List.of(own)));
        }
      }
      if (!problems.isEmpty()) {
        throw new ConfigException(problems);
      }
      return new ConfigFile(file.path(), entries);
    }

    private List<String> valuesOf(String name) {
      List<String> values = new ArrayList<>();
      for (int i = 0; i < tokens.size(); i++) {
        if (tokens.get(i).startsWith(name + "=")) {
          values.add(tokens.get(i).substring(name.length() + 1));
        } else if (tokens.get(i).equals(name) && i + 1 < tokens.size()) {
          values.add(tokens.get(i + 1));
        }
      }
      return values;
    }

    private Set<OptionSpec> typedOptions() {
      Set<OptionSpec> typed = new HashSet<>();
      for (String token : tokens) {
        OptionSpec option = option(command, token.split("=", 2)[0]);
        if (option != null) {
          typed.add(option);
        }
      }
      return typed;
    }

    private void refuseUnknownKeys(ConfigFile file) throws IOException {
      List<String> names =
          command.getCommandSpec().options().stream()
              .filter(option -> !option.usageHelp() && !option.longestName().equals("--config"))
              .map(option -> option.longestName().substring(2))
              .toList();
      List<String> problems = new ArrayList<>();
      Map<String, Integer> lines = new TreeMap<>();
      for (ConfigFile.Entry entry : file.entries()) {
        String place = file.path() + ", line " + entry.line() + ": " + entry.key();
        OptionSpec option = option(command, "--" + kebab(entry.key()));
        if (option == null || !names.contains(option.longestName().substring(2))) {
          problems.add(
              place
                  + ": unknown option of `belay "
                  + command.getCommandName()
                  + "`"
                  + NearestName.suggestion(kebab(entry.key()), names)
                  + (UnknownOptions.writer(file.path()).isPresent()
                      ? "; " + UnknownOptions.advice(file.path())
                      : ""));
          continue;
        }
        Integer before = lines.put(option.longestName(), entry.line());
        if (before != null) {
          problems.add(place + ": given in line " + before + " already");
        }
      }
      if (!problems.isEmpty()) {
        throw new ConfigException(problems);
      }
    }
  }
}
