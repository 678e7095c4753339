package dev.belay.train.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.belay.savedmodel.bundle.BundleFiles;
import dev.belay.savedmodel.bundle.BundleWriter;
import dev.belay.savedmodel.bundle.WrittenFile;
import dev.belay.savedmodel.export.AtomicDirectory;
import dev.belay.savedmodel.tensor.NamedTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes a checkpoint: {@code model} and {@code optimizer} as TensorFlow checkpoints, {@code
 * state.json} with the position of the run, and last {@code manifest.json} with the SHA-256 of
 * every other file. The directory appears under its name when all of it is on the disk.
 */
public final class CheckpointWriter {
  /** The prefix of the weights in a checkpoint. */
  public static final String MODEL = "model";

  /** The prefix of the state of the optimizer in a checkpoint. */
  public static final String OPTIMIZER = "optimizer";

  static final String STATE = "state.json";

  private static final String ONE_SHARD = "00000-of-00001";

  /** All files but the manifest. */
  static final List<String> FILES =
      List.of(
          MODEL + BundleFiles.INDEX,
          MODEL + BundleFiles.DATA + ONE_SHARD,
          OPTIMIZER + BundleFiles.INDEX,
          OPTIMIZER + BundleFiles.DATA + ONE_SHARD,
          STATE);

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private CheckpointWriter() {}

  /**
   * Writes one checkpoint.
   *
   * @param target a directory that does not exist yet
   * @param model the model's variables, a new head's among them
   * @param optimizer slots and beta powers
   * @param state the other state that a resume needs
   */
  public static void write(
      Path target, NamedTensors model, NamedTensors optimizer, CheckpointState state)
      throws IOException {
    Path checkpoints = target.toAbsolutePath().getParent();
    if (!Files.isDirectory(checkpoints)) {
      Files.createDirectory(checkpoints);
    }
    try (AtomicDirectory directory = AtomicDirectory.createInExisting(target)) {
      List<WrittenFile> files = new ArrayList<>();
      files.addAll(writeBundle(directory.path().resolve(MODEL), model));
      files.addAll(writeBundle(directory.path().resolve(OPTIMIZER), optimizer));
      files.add(WrittenFile.write(directory.path().resolve(STATE), JSON.writeValueAsBytes(state)));
      Manifest.of(files).write(directory.path());
      directory.commit();
    }
  }

  private static List<WrittenFile> writeBundle(Path prefix, NamedTensors values)
      throws IOException {
    try (BundleWriter writer = BundleWriter.create(prefix)) {
      writer.addAll(values);
      return writer.commit();
    }
  }
}
