package dev.belay.savedmodel.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.ModelFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads Keras' metadata of its layers, stored beside the graph: a JSON object for each, by the id
 * of the object. TensorFlow 2.5 and newer write it into keras_metadata.pb, older ones into the
 * objects of saved_model.pb.
 */
final class KerasMetadata {
  /** Start of the identifiers of Keras' objects. */
  static final String IDENTIFIER = "_tf_keras";

  /** All layers of a large model take a few megabytes. */
  private static final long MOST_BYTES = 64L << 20;

  // Fields of keras.protobuf.SavedMetadata and of its SavedObject.
  private static final int NODES = 1;
  private static final int NODE_ID = 2;
  private static final int METADATA = 5;

  /** Python writes NaN and Infinity, which are not JSON. */
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  private KerasMetadata() {}

  /**
   * The JSON of each layer by the id of its object; empty if the model is not from Keras, or was
   * saved by tf.saved_model.save, which drops it.
   *
   * @throws CorruptModelException if it is damaged
   */
  @SuppressWarnings("deprecation") // Keras before 2.5 writes the metadata there
  static Map<Integer, JsonNode> read(Path directory, ObjectGraph objects) throws IOException {
    Path file = directory.resolve(ModelFiles.KERAS_METADATA);
    Map<Integer, JsonNode> layers = new TreeMap<>();
    if (Files.isRegularFile(file)) {
      readFile(file, objects, layers);
      return layers;
    }
    for (int id = 0; id < objects.size(); id++) {
      String metadata = objects.node(id).getUserObject().getMetadata();
      if (objects.node(id).getUserObject().getIdentifier().startsWith(IDENTIFIER)
          && !metadata.isEmpty()) {
        layers.put(id, parse(directory.resolve(ModelFiles.SAVED_MODEL), id, metadata));
      }
    }
    return layers;
  }

  private static void readFile(Path file, ObjectGraph objects, Map<Integer, JsonNode> layers)
      throws IOException {
    if (Files.size(file) > MOST_BYTES) {
      throw new CorruptModelException(
          file, "length", "at most " + MOST_BYTES + " bytes", Files.size(file) + " bytes");
    }
    CodedInputStream in = CodedInputStream.newInstance(Files.readAllBytes(file));
    try {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (tag == field(NODES)) {
          readNode(file, in.readByteArray(), objects, layers);
        } else {
          in.skipField(tag);
        }
      }
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptModelException(
          file, "byte " + in.getTotalBytesRead(), "Keras' metadata", e.getMessage());
    }
  }

  private static void readNode(
      Path file, byte[] bytes, ObjectGraph objects, Map<Integer, JsonNode> layers)
      throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(bytes);
    int id = 0;
    String metadata = "";
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (tag == (NODE_ID << 3 | WireFormat.WIRETYPE_VARINT)) {
        id = in.readInt32();
      } else if (tag == field(METADATA)) {
        metadata = in.readStringRequireUtf8();
      } else {
        in.skipField(tag);
      }
    }
    if (id < 0 || id >= objects.size()) {
      throw new CorruptModelException(
          file, "object " + id, "an object of saved_model.pb", "only " + objects.size());
    }
    if (!metadata.isEmpty()) {
      layers.put(id, parse(file, id, metadata));
    }
  }

  private static int field(int number) {
    return number << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;
  }

  private static JsonNode parse(Path file, int id, String metadata) throws CorruptModelException {
    try {
      return JSON.readTree(metadata);
    } catch (JsonProcessingException e) {
      throw new CorruptModelException(
          file, "metadata of object " + id, "JSON", e.getOriginalMessage());
    }
  }
}
