package dev.belay.train;

import dev.belay.graph.forward.ForwardCall;
import dev.belay.savedmodel.export.AtomicDirectory;
import dev.belay.savedmodel.export.NewModel;
import dev.belay.savedmodel.export.SavedModelWriter;
import dev.belay.savedmodel.model.FlatGraph.FlatTensor;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.model.ModelSource;
import dev.belay.train.model.Task;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.step.StepRunner;
import dev.belay.train.step.TensorSpecs;
import dev.belay.train.tokenize.folder.TokenizerExport;
import dev.belay.train.tokenize.folder.TokenizerFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.Output;
import org.tensorflow.proto.framework.GraphDef;

/**
 * Hands a trained model back: the original SavedModel with new values in its variables, or, with a
 * new head, a new SavedModel. Tokenizer and class names go along as {@code assets.extra}, which
 * TensorFlow Serving leaves alone.
 *
 * @param model as it was read
 * @param task what it learned
 * @param labels class names in the order of the logits, if there are classes
 * @param tokenizer the files that the data were tokenized with, if they were
 * @param maxSeqLength the most tokens of an example
 */
record RunExport(
    TrainableModel model,
    Task task,
    Optional<LabelMap> labels,
    Optional<TokenizerFiles> tokenizer,
    int maxSeqLength) {

  /** The pass of a new SavedModel, where the model has a new head. */
  record NewPass(GraphDef graphDef, ForwardCall call, Output<?> logits) {}

  /**
   * The next version folder, to be written.
   *
   * @param exports the folder of version folders, made if need be
   */
  Path target(Path exports) throws IOException {
    Files.createDirectories(exports);
    return AtomicDirectory.nextVersion(exports);
  }

  /** How many bytes a version folder takes, to within a few. */
  long bytes(StepRunner runner, Optional<NewPass> pass) throws IOException {
    long bytes = 0;
    for (byte[] extra : extras().values()) {
      bytes += extra.length;
    }
    if (pass.isPresent()) {
      return bytes
          + pass.get().graphDef().getSerializedSize()
          + TensorSpecs.bytes(runner.weights());
    }
    return bytes + SavedModelWriter.bytes(model.savedModel().orElseThrow());
  }

  /**
   * Writes a version folder.
   *
   * @param target which must not exist
   * @param pass of a new head; empty: the original's graph is kept
   */
  Path write(StepRunner runner, Path target, Optional<NewPass> pass) throws IOException {
    if (pass.isPresent()) {
      TrainableModel.Serving serving =
          model.serving(pass.get().call(), labels.map(LabelMap::names).orElse(List.of()));
      Map<String, byte[]> extras = extras();
      extras.putAll(serving.extras());
      SavedModelWriter.write(newModel(runner, pass.get(), serving), extras, target);
    } else {
      Map<ModelVariable, ByteBuffer> values = new LinkedHashMap<>();
      runner.read(
          runner.weights(), (variable, value) -> values.put(model.stored(variable.name()), value));
      SavedModelWriter.replaceVariables(model.savedModel().orElseThrow(), values, extras(), target);
    }
    return target;
  }

  private static NewModel newModel(StepRunner runner, NewPass pass, TrainableModel.Serving serving)
      throws IOException {
    List<NewModel.NewVariable> variables = new ArrayList<>();
    runner.read(
        runner.weights(),
        (variable, value) ->
            variables.add(
                new NewModel.NewVariable(
                    variable.name(),
                    variable.handle().op().name(),
                    TensorSpecs.of(variable),
                    variable.spec().trainable(),
                    value)));
    Output<?> logits = pass.logits();
    FlatTensor output =
        new FlatTensor("logits", tensorName(logits), logits.dataType(), logits.shape());
    NewModel.NewSignature signature =
        new NewModel.NewSignature("serving_default", serving.inputs(), List.of(output), List.of());
    return new NewModel(
        pass.graphDef(), variables, List.of(signature), serving.initializers(), serving.assets());
  }

  private static String tensorName(Output<?> output) {
    return output.index() == 0 ? output.op().name() : output.op().name() + ":" + output.index();
  }

  private Map<String, byte[]> extras() throws IOException {
    Map<String, byte[]> extras = new LinkedHashMap<>();
    extras.put(ModelSource.MAX_SEQ_LENGTH, utf8(maxSeqLength + "\n"));
    task.problemType(model.source().problemType())
        .ifPresent(type -> extras.put(ModelSource.PROBLEM_TYPE, utf8(type + "\n")));
    if (labels.isPresent()) {
      extras.put(ModelSource.LABELS, utf8(String.join("\n", labels.get().names()) + "\n"));
    }
    if (tokenizer.isPresent()) {
      extras.putAll(TokenizerExport.files(tokenizer.get()));
    }
    return extras;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
