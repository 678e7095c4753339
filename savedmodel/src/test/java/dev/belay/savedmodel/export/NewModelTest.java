package dev.belay.savedmodel.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.belay.savedmodel.PythonInterop;
import dev.belay.savedmodel.export.NewModel.NewSignature;
import dev.belay.savedmodel.model.FlatGraph.FlatTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/** Models that Belay writes are what it says they are, for every loader that Python has. */
class NewModelTest {
  private static final List<String> NONE = List.of();

  @TempDir Path folder;

  @Test
  void pythonLoadsAndCallsIt() throws IOException, InterruptedException {
    Path numbers = folder.resolve("numbers");
    SavedModelWriter.write(HandMadeModels.classifier(), Map.of(), numbers);
    Path vocabulary = folder.resolve("somewhere/vocab.txt");
    Files.createDirectory(vocabulary.getParent());
    Files.write(vocabulary, List.of("[UNK]", "good", "bad", "film", "plot"));
    Path words = folder.resolve("words");
    SavedModelWriter.write(HandMadeModels.wordClassifier(vocabulary), Map.of(), words);
    // The model must carry the file with it, wherever it is moved.
    Files.delete(vocabulary);
    Path moved = Files.move(words, folder.resolve("moved"));
    assertEquals(
        "\"ok\"",
        PythonInterop.run(PythonInterop.script("check_new_models.py"), numbers, moved).toString());
  }

  @Test
  void whatCannotBeWrittenIsNamed() throws IOException {
    NewModel good = HandMadeModels.wordClassifier(folder.resolve("vocab.txt"));
    NewSignature signature = good.signatures().get(0);
    Path target = folder.resolve("1");
    assertEquals(
        "cannot export: table 'table' has no initializer",
        refusal(
            new NewModel(
                good.graphDef(), good.variables(), good.signatures(), List.of(), good.assets()),
            target));
    assertEquals(
        "cannot export: 'v1' (VarHandleOp) is neither a variable nor a table; 'v2' (VarHandleOp)"
            + " is neither a variable nor a table",
        refusal(
            new NewModel(
                good.graphDef(),
                good.variables().subList(0, 1),
                good.signatures(),
                good.initializers(),
                good.assets()),
            target));
    assertEquals(
        "cannot export: 'fill' reads a file that is no asset of the model",
        refusal(
            new NewModel(
                good.graphDef(),
                good.variables(),
                good.signatures(),
                good.initializers(),
                Map.of()),
            target));
    assertEquals(
        "signature_serving_default needs what is none of its inputs: words",
        refusal(
            withSignature(
                good, new NewSignature("serving_default", List.of(), signature.outputs(), NONE)),
            target));
    FlatTensor path = new FlatTensor("path", "path", DataType.DT_STRING, Shape.scalar());
    assertEquals(
        "cannot export: signatures read the paths of assets when they are called: path",
        refusal(
            withSignature(
                good, new NewSignature("serving_default", List.of(), List.of(path), NONE)),
            target));
    FlatTensor gone = new FlatTensor("gone", "gone:3", DataType.DT_FLOAT, Shape.scalar());
    assertEquals(
        "no node 'gone' in the graph",
        refusal(
            withSignature(
                good, new NewSignature("serving_default", List.of(), List.of(gone), NONE)),
            target));
    assertFalse(Files.exists(target));
  }

  @Test
  void aMissingAssetLeavesNothing() throws IOException {
    Path target = folder.resolve("models/1");
    NewModel model = HandMadeModels.wordClassifier(folder.resolve("not-there.txt"));
    assertThrows(NoSuchFileException.class, () -> SavedModelWriter.write(model, Map.of(), target));
    try (Stream<Path> left = Files.list(folder.resolve("models"))) {
      assertEquals(List.of(), left.toList());
    }
  }

  private static NewModel withSignature(NewModel model, NewSignature signature) {
    return new NewModel(
        model.graphDef(),
        model.variables(),
        List.of(signature),
        model.initializers(),
        model.assets());
  }

  private static String refusal(NewModel model, Path target) {
    return assertThrows(
            IllegalArgumentException.class, () -> SavedModelWriter.write(model, Map.of(), target))
        .getMessage();
  }
}
