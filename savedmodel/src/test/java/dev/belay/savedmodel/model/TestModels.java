package dev.belay.savedmodel.model;

import com.google.protobuf.TextFormat;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.tensorflow.proto.framework.MetaGraphDef;
import org.tensorflow.proto.framework.SavedModel;

/** Writes small SavedModels of the TF1 kind from text, for what no fixture holds. */
public final class TestModels {
  private TestModels() {}

  /**
   * Writes a model with the tag "serve".
   *
   * @param folder where saved_model.pb goes
   * @param metaGraph the rest of it as protobuf text
   */
  public static Path write(Path folder, String metaGraph) throws IOException {
    MetaGraphDef.Builder builder = MetaGraphDef.newBuilder();
    TextFormat.merge(metaGraph, builder);
    builder.getMetaInfoDefBuilder().addTags("serve");
    return write(folder, builder.build());
  }

  /** Writes a model of one graph. */
  public static Path write(Path folder, MetaGraphDef metaGraph) throws IOException {
    Files.createDirectories(folder);
    try (OutputStream out = Files.newOutputStream(folder.resolve("saved_model.pb"))) {
      SavedModel.newBuilder().addMetaGraphs(metaGraph).build().writeTo(out);
    }
    return folder;
  }

  /** Writes text and reads it as a model. */
  public static SavedModelContents read(Path folder, String metaGraph) throws IOException {
    return SavedModelReader.read(write(folder, metaGraph), GraphPolicy.strict());
  }

  /** A signature from float "x:0" to one float tensor. */
  public static String signature(String name, String output) {
    return """
        signature_def { key: "%s" value {
          inputs { key: "x" value { name: "x:0" dtype: DT_FLOAT tensor_shape { dim { size: -1 } } } }
          outputs { key: "y" value { name: "%s" dtype: DT_FLOAT tensor_shape { dim { size: -1 } } } }
        } }
        """
        .formatted(name, output);
  }

  /** The placeholder that {@link #signature} feeds. */
  public static String input() {
    return "node { name: \"x\" op: \"Placeholder\" attr { key: \"dtype\" value { type: DT_FLOAT } } }";
  }
}
