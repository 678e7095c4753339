package dev.belay.savedmodel.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.model.WeightConstraint.NormRange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.framework.SavedModel;
import org.tensorflow.proto.framework.SavedObjectGraph;

/** Constraints as Keras notes them. */
class KerasConstraintsTest {
  private static final String METADATA = "keras_metadata.pb";

  @TempDir Path folder;

  private static List<WeightConstraint> find(Path model) throws IOException {
    return KerasConstraints.find(SavedModelReader.read(model, GraphPolicy.strict()));
  }

  private Path copy() throws IOException {
    Path source = Fixtures.path("constraints", "known", "saved_model");
    try (Stream<Path> files = Files.walk(source)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path target = folder.resolve(source.relativize(file).toString());
        Files.createDirectories(target.getParent());
        Files.copy(file, target);
      }
    }
    return folder;
  }

  @Test
  @SuppressWarnings("deprecation") // The field is deprecated because newer models do without it.
  void olderModelsNoteThemInTheObjectGraph() throws IOException {
    List<WeightConstraint> expected = find(Fixtures.path("constraints", "known", "saved_model"));
    assertEquals(13, expected.size());
    Path model = copy();
    SavedModel.Builder proto =
        SavedModel.parseFrom(Files.readAllBytes(model.resolve("saved_model.pb"))).toBuilder();
    SavedObjectGraph.Builder objects = proto.getMetaGraphsBuilder(0).getObjectGraphDefBuilder();
    byte[] metadata = Files.readAllBytes(model.resolve(METADATA));
    for (ByteString bytes :
        UnknownFieldSet.parseFrom(metadata).getField(1).getLengthDelimitedList()) {
      UnknownFieldSet node = UnknownFieldSet.parseFrom(bytes);
      List<Long> id = node.getField(2).getVarintList();
      objects
          .getNodesBuilder(id.isEmpty() ? 0 : id.get(0).intValue())
          .getUserObjectBuilder()
          .setMetadataBytes(node.getField(5).getLengthDelimitedList().get(0));
    }
    Files.write(model.resolve("saved_model.pb"), proto.build().toByteArray());
    Files.delete(model.resolve(METADATA));
    assertEquals(expected, find(model));
  }

  @Test
  void withoutMetadataThereAreNone() throws IOException {
    Path model = copy();
    Files.delete(model.resolve(METADATA));
    assertEquals(List.of(), find(model));
  }

  @Test
  void damagedMetadataIsRefused() throws IOException {
    Path model = copy();
    byte[] metadata = Files.readAllBytes(model.resolve(METADATA));
    Files.write(model.resolve(METADATA), Arrays.copyOf(metadata, metadata.length - 7));
    CorruptModelException cut = assertThrows(CorruptModelException.class, () -> find(model));
    assertTrue(cut.getMessage().contains("expected Keras' metadata, found "), cut.getMessage());
    for (int i = 0; i < metadata.length; i++) {
      if (metadata[i] == '{') {
        metadata[i] = '[';
        break;
      }
    }
    Files.write(model.resolve(METADATA), metadata);
    CorruptModelException json = assertThrows(CorruptModelException.class, () -> find(model));
    assertTrue(
        json.getMessage().contains("metadata of object 0: expected JSON"), json.getMessage());
  }

  private static WeightConstraint.Rule rule(String json, int rank) throws IOException {
    return new ConstraintRule(Path.of("m"), "layer").of(new ObjectMapper().readTree(json), rank);
  }

  @Test
  void everySpellingOfKerasOwn() throws IOException {
    assertEquals(new NormRange(0, 2, 1, List.of(0)), rule("'max_norm'".replace('\'', '"'), 2));
    assertEquals(
        new NormRange(0, 2, 1, List.of(1)),
        rule("{\"class_name\": \"MaxNorm\", \"config\": {\"axis\": -1}}", 2));
    assertEquals(
        new NormRange(1, 1, 1, List.of(0, 1, 2)),
        rule("{\"class_name\": \"UnitNorm\", \"config\": {\"axis\": null}}", 3));
    assertEquals(
        new NormRange(0.5, 1, 1, List.of(0, 1)),
        rule(
            "{\"module\": \"keras.constraints\", \"class_name\": \"MinMaxNorm\", \"config\":"
                + " {\"min_value\": 0.5, \"axis\": {\"class_name\": \"__tuple__\", \"items\": [0,"
                + " 1]}}}",
            2));
    assertEquals(new WeightConstraint.NonNegative(), rule("{\"class_name\": \"NonNeg\"}", 1));
  }

  @Test
  void othersAreUnknownByTheirNames() throws IOException {
    assertEquals(new WeightConstraint.Unknown("<lambda>"), rule("\"<lambda>\"", 1));
    assertEquals(
        new WeightConstraint.Unknown("RadialConstraint"),
        rule("{\"class_name\": \"RadialConstraint\", \"config\": {}}", 4));
    assertEquals(
        new WeightConstraint.Unknown("MaxNorm"),
        rule("{\"module\": \"mine\", \"class_name\": \"MaxNorm\", \"config\": {}}", 4));
  }

  @Test
  void argumentsThatKerasDoesNotTakeAreRefused() {
    CorruptModelException axis =
        assertThrows(
            CorruptModelException.class,
            () -> rule("{\"class_name\": \"UnitNorm\", \"config\": {\"axis\": [0, -2]}}", 2));
    assertEquals(
        "m: layer, axis: expected axes of a weight of rank 2, found [0,-2]", axis.getMessage());
    CorruptModelException number =
        assertThrows(
            CorruptModelException.class,
            () -> rule("{\"class_name\": \"MaxNorm\", \"config\": {\"max_value\": \"2\"}}", 2));
    assertEquals("m: layer, max_value: expected a number, found \"2\"", number.getMessage());
  }
}
