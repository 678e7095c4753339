package dev.belay.savedmodel.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.PythonInterop;
import dev.belay.savedmodel.bundle.BundleContents;
import dev.belay.savedmodel.bundle.BundleReader;
import dev.belay.savedmodel.export.NewModel.NewSignature;
import dev.belay.savedmodel.export.NewModel.NewVariable;
import dev.belay.savedmodel.model.FlatGraph.FlatTensor;
import dev.belay.savedmodel.model.op.Attributes;
import dev.belay.savedmodel.model.op.ConstantTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.framework.FunctionDef;
import org.tensorflow.proto.framework.MetaGraphDef;
import org.tensorflow.proto.framework.NodeDef;
import org.tensorflow.proto.framework.SavedModel;
import org.tensorflow.proto.framework.SignatureDef;
import org.tensorflow.proto.framework.TensorInfo;

/**
 * A TF1-style model is a flat graph already: written anew as a TF2 model it must compute the same.
 * It has a branch with functions of the library, a lookup table, and nodes of its own training and
 * saving that no signature needs.
 */
class RealGraphTest {
  private static final Path SOURCE = Fixtures.path("savedmodel_tf1", "saved_model_resource");

  @TempDir Path folder;

  @Test
  void computesWhatTheOriginalComputes() throws IOException, InterruptedException {
    Path target = folder.resolve("1");
    SavedModelWriter.write(asNewModel(), Map.of(), target);
    JsonNode found =
        PythonInterop.run(PythonInterop.script("check_same_signatures.py"), SOURCE, target);
    assertEquals("[{\"signatures\":2,\"trainable\":25}]", found.toString());
  }

  /** Of the 387 nodes most train, save or restore: nothing of that belongs into an export. */
  @Test
  void onlyWhatTheSignaturesNeedIsWritten() throws IOException {
    Path target = folder.resolve("2");
    SavedModelWriter.write(asNewModel(), Map.of(), target);
    MetaGraphDef meta = metaGraph(target);
    Set<String> functions = new TreeSet<>();
    Set<String> ops = new TreeSet<>();
    for (FunctionDef function : meta.getGraphDef().getLibrary().getFunctionList()) {
      functions.add(function.getSignature().getName().replaceFirst("_[0-9]+$", ""));
      function.getNodeDefList().forEach(node -> ops.add(node.getOp()));
    }
    assertEquals(
        Set.of(
            "drop_false",
            "drop_true",
            "create_hash_table",
            "initialize_hash_table",
            "signature_serving_default",
            "signature_train"),
        functions);
    assertFalse(ops.contains("RestoreV2"), ops.toString());
    assertFalse(ops.contains("VarHandleOp"), ops.toString());
    assertTrue(ops.contains("If"), ops.toString());
  }

  private static MetaGraphDef metaGraph(Path model) throws IOException {
    return SavedModel.parseFrom(Files.readAllBytes(model.resolve("saved_model.pb")))
        .getMetaGraphs(0);
  }

  private static NewModel asNewModel() throws IOException {
    MetaGraphDef meta =
        SavedModel.parseFrom(Files.readAllBytes(SOURCE.resolve("saved_model.pb"))).getMetaGraphs(0);
    BundleContents checkpoint = BundleReader.open(SavedModelWriter.variablesPrefix(SOURCE));
    List<NewVariable> variables = new ArrayList<>();
    for (NodeDef node : meta.getGraphDef().getNodeList()) {
      String key =
          node.getAttrOrDefault("shared_name", Attributes.string("")).getS().toStringUtf8();
      if (node.getOp().equals("VarHandleOp") && checkpoint.names().contains(key)) {
        boolean trainable = !key.equals("global_step");
        variables.add(
            new NewVariable(
                key, node.getName(), checkpoint.spec(key), trainable, checkpoint.pieces(key)));
      }
    }
    List<NewSignature> signatures = new ArrayList<>();
    meta.getSignatureDefMap()
        .forEach(
            (name, definition) -> {
              if (!name.equals("__saved_model_init_op")) {
                signatures.add(signature(name, definition));
              }
            });
    String initializer =
        meta.getGraphDef().getNodeList().stream()
            .filter(node -> node.getOp().equals("LookupTableImportV2"))
            .findFirst()
            .orElseThrow()
            .getName();
    return new NewModel(meta.getGraphDef(), variables, signatures, List.of(initializer), Map.of());
  }

  private static NewSignature signature(String name, SignatureDef definition) {
    return new NewSignature(
        name, tensors(definition.getInputsMap()), tensors(definition.getOutputsMap()), List.of());
  }

  private static List<FlatTensor> tensors(Map<String, TensorInfo> infos) {
    List<FlatTensor> tensors = new ArrayList<>();
    infos.forEach(
        (name, info) ->
            tensors.add(
                new FlatTensor(
                    name,
                    info.getName(),
                    info.getDtype(),
                    ConstantTensor.shape(info.getTensorShape()))));
    return tensors;
  }
}
