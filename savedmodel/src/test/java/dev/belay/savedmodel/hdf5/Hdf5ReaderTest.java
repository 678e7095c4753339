package dev.belay.savedmodel.hdf5;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.Fixtures;
import dev.belay.savedmodel.UnsupportedModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.ndarray.Shape;

@Tag("long")
class Hdf5ReaderTest {
  private static final Path BERT = Fixtures.path("safetensors_bert", "tf_model.h5");

  @TempDir Path folder;

  @Test
  void weightsHaveTheNamesOfTheirVariables() throws IOException {
    Hdf5Contents contents = Hdf5Reader.openFile(BERT);
    assertEquals(41, contents.names().size());
    assertEquals(
        List.of(
            "tf_bert_for_sequence_classification/bert/embeddings/word_embeddings/weight",
            "tf_bert_for_sequence_classification/bert/embeddings/token_type_embeddings/embeddings"),
        contents.names().stream().limit(2).toList());
    assertEquals(Shape.of(300, 32), contents.spec(contents.names().iterator().next()).shape());
  }

  /** T5's layers share their embeddings, which Keras writes three times. */
  @Test
  void aSharedVariableIsOneTensor() throws IOException {
    Hdf5Contents contents = Hdf5Reader.openFile(Fixtures.path("t5_tiny", "tf_model.h5"));
    assertEquals(47, contents.names().size());
    assertEquals(256 * 32 * 4, contents.read("shared/shared/embeddings").remaining());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          h5_truncated | superblock, byte 40: expected an end of file within its 12000 bytes, found byte 182912
          h5_flip | superblock, byte 40: expected an end of file within its 12000 bytes, found byte 182912
          h5_wrong_signature | byte 0: expected the signature of HDF5, found 004844460d0a1a0a
          """)
  void brokenFilesAreRefusedByName(String name, String message) {
    Path file = Fixtures.path("corrupt", "h5", name + ".h5");
    CorruptModelException refused =
        assertThrows(CorruptModelException.class, () -> Hdf5Reader.openFile(file));
    assertEquals(file + ": " + message, refused.getMessage());
  }

  /** Whatever byte is damaged: the file is refused, or what is read has the shape it claims. */
  @Test
  void noFlippedByteOfTheStructureEscapesARefusal() throws IOException {
    byte[] sound = Files.readAllBytes(BERT);
    Random random = new Random(7);
    int refused = 0;
    for (int attempt = 0; attempt < 150; attempt++) {
      byte[] damaged = sound.clone();
      // Groups, names and headers lie among the data all over the file; zeros tell nothing.
      for (int flips = 0; flips < 8; flips++) {
        int at = random.nextInt(attempt % 2 == 0 ? 4096 : damaged.length);
        damaged[at] ^= (byte) (1 << random.nextInt(8));
      }
      Path file = Files.write(folder.resolve("damaged.h5"), damaged);
      try {
        Hdf5Contents contents = Hdf5Reader.openFile(file);
        for (String name : contents.names()) {
          assertEquals(contents.spec(name).bytes(), contents.read(name).remaining());
        }
      } catch (CorruptModelException | UnsupportedModelException e) {
        assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
        refused++;
      }
    }
    assertTrue(refused > 30, "refused " + refused);
  }
}
