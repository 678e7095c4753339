package dev.belay.savedmodel.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.UnsupportedModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.framework.SavedModel;
import org.tensorflow.proto.framework.SavedObject;
import org.tensorflow.proto.framework.TrackableObjectGraph.TrackableObject.ObjectReference;

/** Models whose signatures were taken away. */
class DefaultFunctionTest {
  @TempDir Path folder;

  /** A copy without signatures and without some functions of the model's object. */
  private SavedModelContents without(Set<String> functions, String... fixture) throws IOException {
    Path source = Fixtures.path(fixture[0], fixture[1]);
    try (Stream<Path> files = Files.walk(source)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path target = folder.resolve(source.relativize(file).toString());
        Files.createDirectories(target.getParent());
        Files.copy(file, target);
      }
    }
    Path file = folder.resolve("saved_model.pb");
    SavedModel.Builder model = SavedModel.parseFrom(Files.readAllBytes(file)).toBuilder();
    model.getMetaGraphsBuilder(0).clearSignatureDef();
    SavedObject.Builder root =
        model.getMetaGraphsBuilder(0).getObjectGraphDefBuilder().getNodesBuilder(0);
    List<ObjectReference> kept =
        root.getChildrenList().stream()
            .filter(child -> !child.getLocalName().equals("signatures"))
            .filter(child -> !functions.contains(child.getLocalName()))
            .toList();
    root.clearChildren().addAllChildren(kept);
    Files.write(file, model.build().toByteArray());
    return SavedModelReader.read(folder, GraphPolicy.strict());
  }

  @Test
  void kerasKeepsTheCallThatWouldBeOne() throws IOException {
    SavedModelContents model = without(Set.of(), "savedmodel_keras_bert", "saved_model");
    TrainingFunctions chosen = TrainingFunctions.choose(model, Optional.empty());
    assertEquals("_default_save_signature", chosen.evaluation().path());
    assertTrue(chosen.traces().size() > 0);
  }

  @Test
  void elseTheFunctionWhoseNameSaysIt() throws IOException {
    SavedModelContents model =
        without(Set.of("_default_save_signature"), "savedmodel_keras_bert", "saved_model");
    TrainingFunctions chosen = TrainingFunctions.choose(model, Optional.empty());
    assertEquals("__call__", chosen.evaluation().path());
    assertEquals(List.of("no signatures: the model's function __call__ is used"), chosen.notes());
  }

  @Test
  void otherwiseItIsSaidHowToSaveOne() throws IOException {
    SavedModelContents model =
        without(
            Set.of("_default_save_signature", "__call__", "call_and_return_all_conditional_losses"),
            "savedmodel_keras_bert",
            "saved_model");
    String message =
        assertThrows(
                UnsupportedModelException.class,
                () -> TrainingFunctions.choose(model, Optional.empty()))
            .getMessage();
    assertTrue(
        message.contains(
            "signatures: expected serving_default, found no signatures and no functions that take"
                + " and give plain tensors. Save the model with a signature:"
                + " tf.saved_model.save("),
        message);
  }
}
