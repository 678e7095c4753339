package dev.belay.train.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.belay.savedmodel.model.op.OpCatalogue;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.tensorflow.TensorFlow;
import org.tensorflow.proto.framework.OpDef;
import org.tensorflow.proto.framework.OpList;

/** Holds the catalogue that ships in savedmodel against the registry of the native library. */
class OpCatalogueTest {

  @Test
  void equalsTheNativeRegistry() {
    List<OpDef> registered = registered();
    OpCatalogue catalogue = OpCatalogue.get();
    assertEquals(
        registered.stream().map(OpDef::getName).toList(),
        catalogue.names().stream().sorted().toList());
    for (OpDef expected : registered) {
      assertEquals(expected, catalogue.find(expected.getName()).orElseThrow());
    }
  }

  /** Writes the resource anew: run it with the path of the file when the native library changes. */
  public static void main(String[] arguments) throws IOException {
    OpList list = OpList.newBuilder().addAllOp(registered()).build();
    try (OutputStream out =
        new GZIPOutputStream(Files.newOutputStream(Path.of(arguments[0])), 1 << 16)) {
      list.writeTo(out);
    }
  }

  private static List<OpDef> registered() {
    return TensorFlow.registeredOpList().getOpList().stream()
        // Ops that only the runtime itself may make, some of them for one kind of machine.
        .filter(definition -> !definition.getName().startsWith("_"))
        .map(OpCatalogueTest::withoutDescriptions)
        .sorted(Comparator.comparing(OpDef::getName))
        .toList();
  }

  private static OpDef withoutDescriptions(OpDef definition) {
    OpDef.Builder bare = definition.toBuilder().clearSummary().clearDescription();
    bare.getInputArgBuilderList().forEach(OpDef.ArgDef.Builder::clearDescription);
    bare.getOutputArgBuilderList().forEach(OpDef.ArgDef.Builder::clearDescription);
    bare.getAttrBuilderList().forEach(OpDef.AttrDef.Builder::clearDescription);
    return bare.build();
  }
}
