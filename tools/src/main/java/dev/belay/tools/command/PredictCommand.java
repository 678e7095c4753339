package dev.belay.tools.command;

import dev.belay.tools.console.JsonText;
import dev.belay.tools.option.RecordOptions;
import dev.belay.train.config.ConfigException;
import dev.belay.train.config.EvaluateConfig;
import dev.belay.train.config.Section;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Answers each input line. */
@Command(name = "predict", description = "Print one JSON line for each input line or question.")
final class PredictCommand implements RunnableCommand {
  private static final String FILE = "file";

  private final Context context;

  private final RecordOptions<EvaluateConfig> options =
      RecordOptions.of(EvaluateConfig.class, option -> !option.isTrainingOnly());

  @Option(
      names = "--output-file",
      paramLabel = "FILE",
      description = "Where to write the lines (default: standard output).")
  private Optional<Path> outputFile = Optional.empty();

  @Option(
      names = "--text",
      paramLabel = "TEXT",
      description = "A text to predict for, in place of --file; repeatable.")
  private List<String> texts = new ArrayList<>();

  PredictCommand(Context context) {
    this.context = context;
  }

  @Override
  public void addOptions(CommandSpec spec) {
    options.addTo(spec, option -> option.section() == Section.OUTPUT);
  }

  @Override
  public void run() throws IOException {
    try (InputFiles input = new InputFiles()) {
      predict(context.hub().locate(config(input)));
    }
  }

  private EvaluateConfig config(InputFiles input) throws IOException {
    if (texts.isEmpty()) {
      return input.withStandardInput(options.read());
    }
    if (options.isGiven(FILE)) {
      throw new ConfigException(
          "--text and --file: give the texts, or a file that holds them, not both");
    }
    return options.read(FILE, input.ofTexts(texts));
  }

  private void predict(EvaluateConfig config) throws IOException {
    if (outputFile.isEmpty()) {
      predict(config, context.terminal().out());
      return;
    }
    // Written aside, so that a file of that name is always whole.
    Path target = outputFile.get().toAbsolutePath();
    if (!Files.isDirectory(target.getParent())) {
      throw new ConfigException("--output-file", "a file in a directory that exists", target);
    }
    Path aside = Files.createTempFile(target.getParent(), target.getFileName() + ".", ".part");
    try {
      try (PrintStream lines = new PrintStream(aside.toFile(), StandardCharsets.UTF_8)) {
        predict(config, lines);
        if (lines.checkError()) {
          throw new IOException(aside + ": a line could not be written; is the disk full?");
        }
      }
      Files.move(aside, target, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(aside);
    }
  }

  private void predict(EvaluateConfig config, PrintStream lines) throws IOException {
    context
        .trainApi()
        .predict(
            config,
            prediction -> lines.println(JsonText.of(prediction)),
            note -> context.terminal().err().println("note: " + note));
  }
}
