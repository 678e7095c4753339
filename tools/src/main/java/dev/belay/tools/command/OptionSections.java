package dev.belay.tools.command;

import dev.belay.tools.option.CommonOptions;
import dev.belay.tools.option.RecordOptions;
import dev.belay.train.config.OptionDefinition;
import dev.belay.train.config.Section;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** Shows the options of a command under headings, one for each group that has one. */
final class OptionSections {
  private OptionSections() {}

  static void showIn(CommandLine command) {
    command.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, OptionSections::list);
    command.getCommandSpec().usageMessage().abbreviateSynopsis(true);
  }

  private static String list(Help help) {
    Map<String, List<OptionSpec>> sections = new LinkedHashMap<>();
    for (OptionSpec option : help.commandSpec().options()) {
      sections.computeIfAbsent(heading(option), name -> new ArrayList<>()).add(withDefault(option));
    }
    StringBuilder text = new StringBuilder();
    sections.forEach(
        (heading, options) -> {
          Help.Layout layout = help.createDefaultLayout();
          layout.addOptions(options, help.createDefaultParamLabelRenderer());
          text.append(System.lineSeparator())
              .append(heading)
              .append(':')
              .append(System.lineSeparator())
              .append(layout.toString().stripTrailing())
              .append(System.lineSeparator());
        });
    return text.toString();
  }

  /** The option with its default at the end of its description. */
  private static OptionSpec withDefault(OptionSpec option) {
    String text = option.defaultValue();
    if (text == null || String.join("", option.description()).contains("(default:")) {
      return option;
    }
    String[] description = option.description().clone();
    int last = description.length - 1;
    description[last] = description[last].replaceFirst("\\.?$", " (default: " + text + ").");
    return OptionSpec.builder(option).description(description).build();
  }

  private static String heading(OptionSpec option) {
    OptionDefinition definition = RecordOptions.definition(option);
    if (definition != null) {
      return definition.section().title();
    }
    boolean common = ((Field) option.userObject()).getDeclaringClass() == CommonOptions.class;
    return common ? "Common" : Section.OUTPUT.title();
  }
}
