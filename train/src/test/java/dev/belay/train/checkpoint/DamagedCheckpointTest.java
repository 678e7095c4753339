package dev.belay.train.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.IntNode;
import dev.belay.savedmodel.CorruptModelException;
import dev.belay.savedmodel.tensor.MemoryTensors;
import dev.belay.savedmodel.tensor.NamedTensors;
import dev.belay.savedmodel.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.framework.DataType;

/** Whatever happens to a byte of a checkpoint is seen before anything is made of it. */
@Tag("long")
final class DamagedCheckpointTest {
  private static final int DAMAGES = 2000;

  @TempDir Path directory;
  private CheckpointFolder folder;
  private Path newest;

  @BeforeEach
  void writeTwo() throws IOException {
    folder = new CheckpointFolder(directory, OptionalInt.empty());
    for (long step : new long[] {10, 20}) {
      newest =
          folder.save(
              values("kernel", "bias"),
              values("kernel/adam_m", "kernel/adam_v", "beta1_power"),
              new CheckpointState(
                  step,
                  2,
                  1,
                  32,
                  42,
                  false,
                  Map.of("loss", 0.1 + 0.2),
                  Map.of("loop", IntNode.valueOf((int) step))));
    }
  }

  private static NamedTensors values(String... names) {
    MemoryTensors values = new MemoryTensors();
    for (String name : names) {
      byte[] bytes = new byte[24];
      new Random(name.hashCode()).nextBytes(bytes);
      values.put(name, new TensorSpec(DataType.DT_FLOAT, Shape.of(2, 3)), ByteBuffer.wrap(bytes));
    }
    return values;
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> entries = Files.list(newest)) {
      return entries.sorted().toList();
    }
  }

  @Test
  void everyFlippedBitAndEveryCutIsSeenAndTheOneBeforeIsTaken() throws IOException {
    List<Path> files = files();
    assertEquals(CheckpointWriter.FILES.size() + 1, files.size());
    Random random = new Random(7);
    List<String> missed = new ArrayList<>();
    for (int i = 0; i < DAMAGES; i++) {
      Path file = files.get(random.nextInt(files.size()));
      byte[] sound = Files.readAllBytes(file);
      boolean cut = i % 4 == 0;
      byte[] damaged = cut ? Arrays.copyOf(sound, random.nextInt(sound.length)) : sound.clone();
      int bit = random.nextInt(sound.length * 8);
      if (!cut) {
        damaged[bit / 8] ^= (byte) (1 << (bit % 8));
      }
      Files.write(file, damaged);
      CheckpointFolder.Found found = folder.newestWhole();
      if (found.damaged().size() != 1
          || found.checkpoint().orElseThrow().state().step() != 10
          || !found.damaged().get(0).contains(newest.toString())) {
        missed.add(file.getFileName() + (cut ? " cut to " + damaged.length : " bit " + bit));
      }
      Files.write(file, sound);
    }
    assertEquals(List.of(), missed);
    assertEquals(20, folder.newestWhole().checkpoint().orElseThrow().state().step());
  }

  @Test
  void everyBitOfTheManifestMatters() throws IOException {
    Path manifest = newest.resolve(Manifest.NAME);
    byte[] sound = Files.readAllBytes(manifest);
    List<Integer> missed = new ArrayList<>();
    for (int bit = 0; bit < sound.length * 8; bit++) {
      byte[] damaged = sound.clone();
      damaged[bit / 8] ^= (byte) (1 << (bit % 8));
      Files.write(manifest, damaged);
      if (Checkpoint.isWhole(newest)) {
        missed.add(bit);
      }
    }
    assertEquals(List.of(), missed);
  }

  @Test
  void whatIsWrongIsSaid() throws IOException {
    Path model = newest.resolve("model.data-00000-of-00001");
    byte[] sound = Files.readAllBytes(model);
    Files.write(model, Arrays.copyOf(sound, 47));
    assertEquals(
        model + ": size: expected 48 bytes as in manifest.json, found 47 bytes", refusal());
    byte[] flipped = sound.clone();
    flipped[0] ^= 1;
    Files.write(model, flipped);
    assertTrue(refusal().startsWith(model + ": SHA-256: expected "), refusal());
    Files.delete(model);
    assertEquals(
        model + ": file: expected what manifest.json says of it, found no such file", refusal());
    Files.delete(newest.resolve(Manifest.NAME));
    assertEquals(
        newest.resolve(Manifest.NAME)
            + ": checkpoint: expected the manifest that ends every checkpoint, found no such file",
        refusal());
  }

  private String refusal() {
    return assertThrows(CorruptModelException.class, () -> Checkpoint.open(newest)).getMessage();
  }

  @Test
  void whatIsReadIsWhatWasWritten() throws IOException {
    Checkpoint checkpoint = Checkpoint.open(newest);
    assertEquals(0.1 + 0.2, checkpoint.state().metrics().get("loss"));
    assertEquals(32, checkpoint.state().examples());
    assertEquals(List.of("bias", "kernel"), checkpoint.model().names().stream().sorted().toList());
    assertEquals(3, checkpoint.optimizer().names().size());
  }

  @Test
  void theOldestGoAndTheBestStays() throws IOException {
    CheckpointFolder limited = new CheckpointFolder(directory, OptionalInt.of(2));
    for (long step : new long[] {30, 40, 50}) {
      save(limited, step, false);
      limited.trim(20);
    }
    assertEquals(List.of("step-00000050", "step-00000040", "step-00000020"), names());
  }

  /** A run that was stopped keeps and returns to the same checkpoints as one that was not. */
  @Test
  void whatAStopLeftTakesNoPlaceOfOthersAndIsNotReturnedTo() throws IOException {
    CheckpointFolder limited = new CheckpointFolder(directory, OptionalInt.of(2));
    save(limited, 30, false);
    limited.trim(0);
    save(limited, 33, true);
    limited.trim(0);
    assertEquals(List.of("step-00000033", "step-00000030", "step-00000020"), names());
    assertEquals(33, limited.newestWhole().checkpoint().orElseThrow().state().step());
    assertEquals(30, limited.newestScheduled().checkpoint().orElseThrow().state().step());
    save(limited, 36, true);
    limited.trim(0);
    assertEquals(List.of("step-00000036", "step-00000030", "step-00000020"), names());
    save(limited, 40, false);
    limited.trim(0);
    assertEquals(List.of("step-00000040", "step-00000030"), names());
  }

  private static void save(CheckpointFolder folder, long step, boolean interim) throws IOException {
    folder.save(
        values("kernel"),
        values("kernel/adam_m"),
        new CheckpointState(step, 0, 0, 0, 1, interim, Map.of(), Map.of()));
  }

  private List<String> names() throws IOException {
    return Checkpoint.newestFirst(directory).stream().map(p -> p.getFileName().toString()).toList();
  }
}
