package dev.belay.tools.command;

import dev.belay.tools.console.InspectionReport;
import dev.belay.tools.console.JsonText;
import dev.belay.tools.option.ModelOptions;
import dev.belay.tools.option.Problems;
import dev.belay.tools.option.TuningOptions;
import dev.belay.train.ModelInspection;
import dev.belay.train.RunVerification;
import dev.belay.train.config.ConfigException;
import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says what a model holds. */
@Command(
    name = "inspect",
    description =
        "What a model, weight file, checkpoint or run holds, and with --plan what would train.")
final class InspectCommand implements RunnableCommand {
  /** The options that mean something without {@code --plan}. */
  private static final Set<String> WITHOUT_PLAN =
      Set.of(
          "--model",
          "--model-format",
          "--model-config",
          "--allow-op",
          "--json",
          "--verify",
          "--config",
          "--verbose",
          "--help");

  private final Context context;

  @Parameters(arity = "0..1", paramLabel = "MODEL", description = "As --model.")
  private Path positional;

  @Mixin private ModelOptions model;

  @Option(
      names = "--plan",
      description =
          "Say which function and which variables would train, and what Belay does about ops"
              + " without a gradient. The options below are for this.")
  private boolean plan;

  @Option(
      names = "--verify",
      description =
          "Hold every file of a run against its SHA-256: checkpoints, export, and what the run was"
              + " made from. Exit code 3 if something that the run wrote is damaged.")
  private boolean verify;

  @Option(names = "--json", description = "Print JSON instead of tables.")
  private boolean json;

  @Mixin private TuningOptions tuning;

  @Spec private CommandSpec spec;

  InspectCommand(Context context) {
    this.context = context;
  }

  /** JSON of both. */
  private record Answer(ModelInspection.Contents contents, ModelInspection.Plan plan) {}

  @Override
  public void run() throws IOException {
    model.orElse(positional);
    Problems problems = new Problems();
    model.requirePath(problems);
    if (!plan) {
      problems.part(this::refusePlanOptions);
    }
    problems.verify();
    if (verify) {
      verify();
      return;
    }
    ModelInspection.Contents contents = context.doors().inspect(model.toWeights());
    ModelInspection.Plan planned = plan ? context.doors().plan(model.toConfig(tuning)) : null;
    PrintStream out = context.terminal().out();
    if (json) {
      out.println(JsonText.of(plan ? new Answer(contents, planned) : contents));
      return;
    }
    InspectionReport.of(contents).forEach(out::println);
    if (plan) {
      InspectionReport.of(planned).forEach(out::println);
    }
  }

  private void verify() throws IOException {
    RunVerification.Report report = context.doors().verify(model.path());
    PrintStream out = context.terminal().out();
    if (json) {
      out.println(JsonText.of(report));
    } else {
      InspectionReport.of(report).forEach(out::println);
    }
    if (!report.sound()) {
      throw new ModelException(
          report.run()
              + ": not all is what the run wrote, see the list; `belay train` passes over damaged"
              + " checkpoints, `belay export` writes a damaged export again");
    }
  }

  private Void refusePlanOptions() {
    List<String> ignored =
        spec.commandLine().getParseResult().matchedOptions().stream()
            .map(OptionSpec::longestName)
            .filter(name -> !WITHOUT_PLAN.contains(name))
            .map(name -> name + " says how to train: it needs --plan")
            .toList();
    if (!ignored.isEmpty()) {
      throw new ConfigException(ignored);
    }
    return null;
  }
}
