package dev.belay.train.run;

import dev.belay.graph.variable.HeldRows;
import dev.belay.savedmodel.bundle.BundleContents;
import dev.belay.train.checkpoint.Checkpoint;
import dev.belay.train.config.ClipConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.example.FeatureNames;
import dev.belay.train.data.example.FeatureRequest;
import dev.belay.train.data.example.FeatureRow;
import dev.belay.train.dataset.TrainingData;
import dev.belay.train.model.TrainableModel;
import dev.belay.train.model.UpdateRules;
import dev.belay.train.model.WordTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tensorflow.ndarray.Shape;

/**
 * Chooses the rows of the word embeddings that the session of a run holds: those of the tokens in
 * its texts, and those that the optimizer still moves. An update does no more to the others than
 * decay.
 */
public final class RunVocabulary {
  /** A table is held as a whole if fewer than one of so many rows would be left out. */
  private static final int LEFT_OUT = 2;

  private RunVocabulary() {}

  /**
   * Chooses the rows.
   *
   * @param start the checkpoint that the run resumes from
   * @return rows by the name of their table; empty if the session holds the whole table
   */
  public static Map<String, HeldRows> of(
      TrainConfig config, TrainableModel model, TrainingData datasets, Optional<Checkpoint> start)
      throws IOException {
    WordTable table = model.words(config.model());
    if (table.obstacle().isPresent() || needsAll(config, table.name())) {
      return Map.of();
    }
    BitSet used = new BitSet(table.rows());
    used.set(0); // pads rows of ids without a padding id
    add(used, datasets.train());
    datasets.validation().ifPresent(dataset -> add(used, dataset));
    if (start.isPresent()) {
      addMoving(used, table, start.get().optimizer());
    }
    return used.length() > table.rows() || used.cardinality() > table.rows() / LEFT_OUT
        ? Map.of()
        : Map.of(table.name(), new HeldRows(table.rows(), used));
  }

  private static boolean needsAll(TrainConfig config, String table) {
    boolean byWeight =
        config.clip().mode() == ClipConfig.Mode.ADAPTIVE
            || config.clip().groups().stream()
                .anyMatch(group -> group.mode() == ClipConfig.Mode.ADAPTIVE);
    return config.update().fullVocabulary()
        || byWeight
        || UpdateRules.optimizer(config.optimizer()).decayOfIdleRows(table).isEmpty();
  }

  private static void add(BitSet used, Dataset dataset) {
    dataset.options().paddingId().ifPresent(used::set);
    List<FeatureRequest> features = dataset.options().features();
    for (int i = 0; i < features.size(); i++) {
      if (FeatureNames.holdsTokenIds(features.get(i).feature())) {
        int feature = i;
        dataset.examples().stream()
            .flatMap(EncodedExample::allTexts)
            .flatMapToInt(text -> Arrays.stream(((FeatureRow.Ints) text.features().get(feature)).values()))
            .forEach(used::set);
      }
    }
  }

  /** Adds the rows whose slots are not 0, as those of an earlier run over other texts may be. */
  private static void addMoving(BitSet used, WordTable table, BundleContents optimizer)
      throws IOException {
    for (String name : optimizer.names()) {
      Shape shape = optimizer.spec(name).shape();
      boolean ofRows = shape.numDimensions() == 2 && shape.get(0) == table.rows();
      if (name.startsWith(table.name() + "/") && ofRows) {
        long width = shape.get(1);
        long[] at = {0};
        optimizer.pieces(name).forEach(piece -> at[0] = addMoving(used, piece, at[0], width));
      }
    }
  }

  private static long addMoving(BitSet used, ByteBuffer slots, long begin, long width) {
    ByteBuffer piece = slots.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    long at = begin;
    while (piece.hasRemaining()) {
      if (piece.getFloat() != 0) {
        used.set(Math.toIntExact(at / width));
      }
      at++;
    }
    return at;
  }
}
