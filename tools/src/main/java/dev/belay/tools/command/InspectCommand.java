package dev.belay.tools.command;

import dev.belay.tools.console.InspectionReport;
import dev.belay.tools.console.JsonText;
import dev.belay.tools.option.Problems;
import dev.belay.tools.option.RecordOptions;
import dev.belay.train.ModelInspection;
import dev.belay.train.RunVerification;
import dev.belay.train.config.ConfigException;
import dev.belay.train.config.ModelConfig;
import dev.belay.train.config.OptionDefinition;
import dev.belay.train.config.PlanConfig;
import dev.belay.train.failure.ModelException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says what a model holds. */
@Command(
    name = "inspect",
    description =
        "Show the contents of a model, weight file, checkpoint or run, and with --plan what "
            + "would be trained.")
final class InspectCommand implements RunnableCommand {
  private final Context context;

  @Parameters(arity = "0..1", paramLabel = "MODEL", description = "As --model.")
  private Path positional;

  private final RecordOptions<PlanConfig> options =
      RecordOptions.of(
          PlanConfig.class,
          option ->
              OptionDefinition.of(ModelConfig.class).stream()
                      .anyMatch(ofModel -> ofModel.name().equals(option.name()))
                  || PlanConfig.OF_MEMORY.contains(option.name()));

  @Option(
      names = "--plan",
      description =
          "Show which function and variables would be trained, and how Belay handles ops without "
              + "a gradient. The options below apply to this.")
  private boolean plan;

  @Option(
      names = "--verify",
      description =
          "Verify every file of a run against its SHA-256: checkpoints, export and inputs. Exit "
              + "code 3 if a file that the run wrote is damaged.")
  private boolean verify;

  @Option(names = "--json", description = "Print JSON instead of tables.")
  private boolean json;

  @Spec private CommandSpec spec;

  InspectCommand(Context context) {
    this.context = context;
  }

  /** JSON of both. */
  private record Answer(ModelInspection.Contents contents, ModelInspection.Plan plan) {}

  @Override
  public void addOptions(CommandSpec spec) {
    options.addTo(
        spec, option -> option.isTrainingOnly() || PlanConfig.OF_MEMORY.contains(option.name()));
  }

  @Override
  public void run() throws IOException {
    Problems problems = new Problems();
    PlanConfig config = problems.part(() -> options.read("model", positional));
    if (!plan) {
      problems.part(this::refusePlanOptions);
    }
    problems.verify();
    ModelConfig model = config.model();
    if (verify) {
      verify(model);
      return;
    }
    model = context.hub().locate(model);
    ModelInspection.Contents contents = context.trainApi().inspect(model.weights());
    ModelInspection.Plan planned = plan ? context.trainApi().plan(config.with(model)) : null;
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

  private void verify(ModelConfig model) throws IOException {
    RunVerification.Report report = context.trainApi().verify(model.path());
    PrintStream out = context.terminal().out();
    if (json) {
      out.println(JsonText.of(report));
    } else {
      InspectionReport.of(report).forEach(out::println);
    }
    if (!report.sound()) {
      throw new ModelException(
          report.run()
              + ": some files are not as the run wrote them, see the list; `belay train` skips "
              + "damaged checkpoints, and `belay export` writes the export again");
    }
  }

  private Void refusePlanOptions() {
    List<String> ignored =
        spec.commandLine().getParseResult().matchedOptions().stream()
            .map(RecordOptions::definition)
            .filter(option -> option != null && !ModelConfig.OF_WEIGHTS.contains(option.name()))
            .filter(option -> !option.name().equals("model"))
            .map(option -> "--" + option.name() + " says how to train: it needs --plan")
            .toList();
    if (!ignored.isEmpty()) {
      throw new ConfigException(ignored);
    }
    return null;
  }
}
