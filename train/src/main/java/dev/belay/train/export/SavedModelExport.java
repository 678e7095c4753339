package dev.belay.train.export;

import dev.belay.graph.EvaluationStep;
import dev.belay.graph.variable.GraphVariable;
import dev.belay.savedmodel.export.AtomicDirectory;
import dev.belay.savedmodel.export.NewModel;
import dev.belay.savedmodel.export.SavedModelWriter;
import dev.belay.savedmodel.model.FlatGraph.FlatTensor;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.train.data.example.LabelMap;
import dev.belay.train.failure.DiskFailure;
import dev.belay.train.failure.MachineException;
import dev.belay.train.failure.ModelException;
import dev.belay.train.model.ModelGraph;
import dev.belay.train.model.ModelSource;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.step.SavedValues;
import dev.belay.train.step.TensorSpecs;
import dev.belay.train.tokenize.folder.TokenizerExport;
import dev.belay.train.tokenize.folder.TokenizerFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.tensorflow.Output;
import org.tensorflow.proto.framework.GraphDef;

/**
 * Writes a trained model as a SavedModel: the original one with new values in its variables, or, of
 * weights without a graph and of a model with a new head, a new one. Tokenizer and class names go
 * along as {@code assets.extra}, which TensorFlow Serving ignores.
 *
 * @param model as it was read
 * @param graph that the model is in, with its new head if it has one
 * @param evaluation the function that a new SavedModel serves
 * @param variables of the model, then of its new head
 * @param description contents besides the graph
 */
public record SavedModelExport(
    TrainableModel model,
    ModelGraph graph,
    EvaluationStep evaluation,
    List<GraphVariable> variables,
    Description description) {

  /**
   * Contents of a SavedModel besides the graph.
   *
   * @param labels class names in the order of the logits, if there are classes
   * @param tokenizer the tokenizer files of the data, if they were tokenized
   * @param maxSeqLength maximum number of tokens of an example
   */
  public record Description(
      Optional<LabelMap> labels, Optional<TokenizerFiles> tokenizer, int maxSeqLength) {

    /** The longest sequence of a text, which a tokenizer may limit too. */
    int longest() {
      OptionalInt own = tokenizer.map(TokenizerFiles::modelMaxLength).orElse(OptionalInt.empty());
      return Math.min(maxSeqLength, own.orElse(maxSeqLength));
    }
  }

  /**
   * The next version folder, to be written.
   *
   * @param exports the folder of version folders, which is created if it is missing
   * @throws MachineException if it cannot be created
   */
  public static Path nextVersion(Path exports) throws IOException {
    DiskFailure.guard(exports, 0, () -> Files.createDirectories(exports));
    return AtomicDirectory.nextVersion(exports);
  }

  /**
   * Writes a version folder, after a check that the disk has room for it.
   *
   * @param weights of all variables by name, read one by one
   * @param target must not exist
   * @throws ModelException if the weights are not those of the variables
   * @throws MachineException if the disk has no room or does not take the folder
   */
  public void write(NamedTensors weights, Path target) throws IOException {
    SavedValues.of(variables, weights).requireAll("weights");
    Map<String, byte[]> extras = extras();
    long extraBytes = extras.values().stream().mapToLong(extra -> extra.length).sum();
    if (isNew()) {
      GraphDef graphDef = graph.graph().toGraphDef();
      long bytes = extraBytes + graphDef.getSerializedSize() + TensorSpecs.bytes(variables);
      DiskFailure.guard(target, bytes, () -> writeNew(graphDef, weights, extras, target));
    } else {
      long bytes = extraBytes + SavedModelWriter.bytes(model.savedModel().orElseThrow());
      DiskFailure.guard(target, bytes, () -> writeAgain(weights, extras, target));
    }
  }

  /** With a new head the model's own graph no longer says how logits are made. */
  private boolean isNew() {
    return model.savedModel().isEmpty()
        || variables.size() > graph.forward().variables().all().size();
  }

  private void writeAgain(NamedTensors weights, Map<String, byte[]> extras, Path target)
      throws IOException {
    Map<ModelVariable, String> names = new LinkedHashMap<>();
    variables.forEach(variable -> names.put(model.stored(variable.name()), variable.name()));
    SavedModelWriter.replaceVariables(
        model.savedModel().orElseThrow(), names, weights, extras, target);
  }

  private void writeNew(
      GraphDef graphDef, NamedTensors weights, Map<String, byte[]> extras, Path target)
      throws IOException {
    TrainableModel.Serving serving =
        model.serving(
            graph.evaluation().call(), description.labels().map(LabelMap::names).orElse(List.of()));
    extras.putAll(serving.extras());
    List<NewModel.NewVariable> stored =
        variables.stream()
            .map(
                variable ->
                    new NewModel.NewVariable(
                        variable.name(),
                        variable.handle().op().name(),
                        TensorSpecs.of(variable),
                        variable.spec().trainable(),
                        weights.pieces(variable.name())))
            .toList();
    Output<?> logits = evaluation.output().asOutput();
    FlatTensor output =
        new FlatTensor(
            graph.task().servedOutput(), tensorName(logits), logits.dataType(), logits.shape());
    NewModel.NewSignature signature =
        new NewModel.NewSignature(
            SavedModelContents.SERVING_DEFAULT, serving.inputs(), List.of(output), List.of());
    SavedModelWriter.write(
        new NewModel(
            graphDef, stored, List.of(signature), serving.initializers(), serving.assets()),
        extras,
        target);
  }

  private static String tensorName(Output<?> output) {
    return output.index() == 0 ? output.op().name() : output.op().name() + ":" + output.index();
  }

  private Map<String, byte[]> extras() throws IOException {
    Map<String, byte[]> extras = new LinkedHashMap<>();
    extras.put(ModelSource.MAX_SEQ_LENGTH, utf8(description.maxSeqLength() + "\n"));
    extras.putAll(graph.task().files(OptionalInt.of(description.longest())));
    graph
        .task()
        .problemType(model.source().problemType())
        .ifPresent(type -> extras.put(ModelSource.PROBLEM_TYPE, utf8(type + "\n")));
    if (description.labels().isPresent()) {
      extras.put(
          ModelSource.LABELS, utf8(String.join("\n", description.labels().get().names()) + "\n"));
    }
    if (description.tokenizer().isPresent()) {
      extras.putAll(TokenizerExport.files(description.tokenizer().get()));
    }
    return extras;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
