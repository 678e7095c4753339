package dev.belay.tools.command;

import dev.belay.savedmodel.weights.WeightTarget;
import dev.belay.tools.option.Problems;
import dev.belay.tools.option.WeightOptions;
import dev.belay.train.WeightConversion;
import dev.belay.train.config.ConvertConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes weights in another format. */
@Command(
    name = "convert",
    description =
        "Convert weights from one format to another, with the configuration and "
            + "tokenizer of the model.")
final class ConvertCommand implements RunnableCommand {
  private final Context context;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "SOURCE",
      description =
          "A SavedModel, a Hugging Face folder, a .safetensors or .h5 file, the prefix of a"
              + " checkpoint, a run directory or one of its checkpoints.")
  private Path source;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "DESTINATION",
      description = "A folder that does not exist yet.")
  private Path destination;

  @Option(
      names = "--to",
      paramLabel = "FORM",
      description = "What to write: tf1, tf2, safetensors, huggingface or savedmodel.")
  private WeightTarget target;

  @Option(
      names = "--graph",
      paramLabel = "MODEL",
      description =
          "For --to savedmodel: the SavedModel whose graph takes the weights (default: the source's"
              + " own).")
  private Optional<Path> graph = Optional.empty();

  @Option(
      names = "--adapter",
      paramLabel = "PATH",
      description =
          "A folder with adapter_config.json, as Hugging Face PEFT writes it: it is merged into the"
              + " weights.")
  private Optional<Path> adapter = Optional.empty();

  @Option(names = "--json", description = "Print JSON instead of the path.")
  private boolean json;

  private final WeightOptions weights = new WeightOptions();

  ConvertCommand(Context context) {
    this.context = context;
  }

  @Override
  public void addOptions(CommandSpec spec) {
    weights.addTo(spec);
  }

  @Override
  public void run() throws IOException {
    Problems problems = new Problems();
    problems.require(source != null, "SOURCE", "name the weights to convert");
    problems.require(destination != null, "DESTINATION", "name a folder that does not exist yet");
    problems.require(
        target != null, "--to", "name tf1, tf2, safetensors, huggingface or savedmodel");
    problems.verify();
    ConvertConfig config =
        new ConvertConfig(
            context.hub().locate(weights.read(source)), destination, target, graph, adapter);
    WeightConversion.Result result = context.trainApi().convert(config);
    Conversions.print(context.terminal(), result, json);
  }
}
