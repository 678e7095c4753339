package dev.belay.savedmodel.export;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.PythonInterop;
import dev.belay.savedmodel.export.NewModel.NewSignature;
import dev.belay.savedmodel.export.NewModel.NewVariable;
import dev.belay.savedmodel.model.FlatGraph;
import dev.belay.savedmodel.model.FlatGraph.FlatFunction;
import dev.belay.savedmodel.model.FlatGraph.FlatVariable;
import dev.belay.savedmodel.model.GraphPolicy;
import dev.belay.savedmodel.model.ModelVariable;
import dev.belay.savedmodel.model.SavedModelContents;
import dev.belay.savedmodel.model.SavedModelReader;
import dev.belay.savedmodel.model.inline.FunctionInliner;
import dev.belay.savedmodel.model.inline.InlineOptions;
import dev.belay.savedmodel.tensor.TensorPieces;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Models that Python wrote, expanded to flat graphs and written anew, compute what they computed:
 * reader, inliner and writer together, with Python as the judge of both ends.
 */
class InlinedModelsTest {
  /** Signatures that must agree and trainable variables that must be listed, by model. */
  private static final Map<String, String> EXPECTED =
      new TreeMap<>(
          Map.of(
              "savedmodel_keras_bert/saved_model",
              "{\"signatures\":1,\"trainable\":40}",
              "savedmodel_hf_bert/saved_model",
              "{\"signatures\":2,\"trainable\":41}",
              "savedmodel_tfmodule/saved_model",
              "{\"signatures\":3,\"trainable\":7}",
              "savedmodel_tf1/saved_model_ref",
              "{\"signatures\":2,\"trainable\":26}",
              "savedmodel_tf1/saved_model_resource",
              "{\"signatures\":2,\"trainable\":25}",
              "gpt2_tiny/saved_model",
              "{\"signatures\":1,\"trainable\":28}",
              "families/t5/saved_model",
              "{\"signatures\":2,\"trainable\":26}"));

  @TempDir Path folder;

  @Test
  void computeWhatTheyComputed() throws IOException, InterruptedException {
    List<Object> arguments = new ArrayList<>();
    for (String fixture : EXPECTED.keySet()) {
      Path target = folder.resolve(fixture);
      SavedModelWriter.write(newModel(Fixtures.path(fixture)), Map.of(), target);
      arguments.addAll(List.of(Fixtures.path(fixture), target));
    }
    JsonNode found =
        PythonInterop.run(PythonInterop.script("check_same_signatures.py"), arguments.toArray());
    Map<String, String> compared = new TreeMap<>();
    for (String fixture : EXPECTED.keySet()) {
      compared.put(fixture, found.get(compared.size()).toString());
    }
    assertEquals(EXPECTED, compared);
  }

  private static NewModel newModel(Path source) throws IOException {
    SavedModelContents contents = SavedModelReader.read(source, GraphPolicy.strict());
    FlatGraph flat =
        FunctionInliner.inline(contents, contents.signatures(), InlineOptions.defaults());
    List<NewVariable> variables = new ArrayList<>();
    for (FlatVariable flatVariable : flat.variables()) {
      ModelVariable variable = flatVariable.variable();
      variables.add(
          new NewVariable(
              variable.name(),
              flatVariable.handle(),
              new TensorSpec(variable.dtype(), variable.shape()),
              variable.trainable(),
              TensorPieces.of(contents.read(variable))));
    }
    List<NewSignature> signatures = new ArrayList<>();
    for (FlatFunction function : flat.functions()) {
      signatures.add(
          new NewSignature(
              function.source().name(), function.inputs(), function.outputs(), function.updates()));
    }
    return new NewModel(flat.graphDef(), variables, signatures, flat.initializers(), flat.assets());
  }
}
