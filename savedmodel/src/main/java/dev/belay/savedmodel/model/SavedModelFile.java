package dev.belay.savedmodel.model;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.belay.savedmodel.CorruptModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.tensorflow.proto.framework.MetaGraphDef;
import org.tensorflow.proto.framework.SavedModel;

/** Parses saved_model.pb within limits and selects one of its graphs. */
final class SavedModelFile {
  /**
   * Limit for a graph without its weights, which are in variables/; BERT-large in all its forms
   * takes 20 MB.
   */
  private static final long MOST_BYTES = 64L << 20;

  /** Limit for the nesting of argument structures, TensorFlow's own. */
  private static final int DEEPEST = 100;

  private SavedModelFile() {}

  /**
   * @param tags of the graph to select, separated by commas; empty for the one for serving
   * @throws CorruptModelException if it is no SavedModel
   * @throws dev.belay.savedmodel.UnsupportedModelException if the choice is ambiguous; the message
   *     lists the existing tags
   */
  static MetaGraphDef read(Path file, Optional<String> tags) throws IOException {
    long size = Files.size(file);
    if (size > MOST_BYTES) {
      throw new CorruptModelException(
          file,
          "length",
          "a graph of at most " + MOST_BYTES + " bytes, whose weights lie in variables/",
          size + " bytes");
    }
    CodedInputStream bytes = CodedInputStream.newInstance(Files.readAllBytes(file));
    bytes.setRecursionLimit(DEEPEST);
    SavedModel model;
    try {
      model = SavedModel.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptModelException(
          file, "byte " + bytes.getTotalBytesRead(), "a SavedModel", reason(e));
    }
    MetaGraphChoice choice = new MetaGraphChoice(file, model.getMetaGraphsList());
    return tags.isPresent() ? choice.tagged(tags.get()) : choice.usual();
  }

  private static String reason(InvalidProtocolBufferException e) {
    return e.getMessage().replaceAll("\\s+", " ");
  }
}
