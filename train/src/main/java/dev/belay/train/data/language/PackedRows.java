package dev.belay.train.data.language;

import dev.belay.train.data.DataException;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.example.FeatureNames;
import dev.belay.train.data.example.FeatureRequest;
import dev.belay.train.data.example.FeatureRow;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Rows of several examples of a causal language model, none of which is cut: the longest first,
 * each in the row whose room it fills best, as TRL's strategy {@code bfd}. The attention mask of a
 * row numbers its examples from 1.
 */
public final class PackedRows {
  private final Dataset examples;
  private final int most;

  /** Rows with room, by their room, the one that got it first in front. */
  private final TreeMap<Integer, Deque<List<EncodedExample>>> rooms = new TreeMap<>();

  private PackedRows(Dataset examples) {
    this.examples = examples;
    this.most = examples.options().maxLength();
  }

  /**
   * Packs examples.
   *
   * @param examples of a causal language model
   * @throws DataException if the model wants more of them than ids and mask, or one has padding
   */
  public static Dataset of(Dataset examples) {
    examples.examples().forEach(PackedRows::requirePlain);
    return new PackedRows(examples).packed();
  }

  private static void requirePlain(EncodedExample example) {
    boolean plain =
        example.tokens() == example.length() && example.label().isPresent() && example.texts() == 1;
    if (!plain) {
      throw DataException.at(
          example.source(),
          "--packing on puts examples of a causal language model into one row, all of whose tokens"
              + " count, and this one has "
              + (example.tokens() < example.length() ? "padding" : "no labels of tokens")
              + "; leave the padding out, or set --packing off");
    }
  }

  private Dataset packed() {
    List<List<EncodedExample>> rows = new ArrayList<>();
    examples.examples().stream()
        .sorted(Comparator.comparingInt(EncodedExample::length).reversed())
        .forEach(example -> put(example, rows));
    List<String> notes = new ArrayList<>(examples.notes());
    notes.add(
        examples.size()
            + " examples are packed into "
            + rows.size()
            + " rows of up to "
            + most
            + " tokens");
    return new Dataset(
        examples.options(), rows.stream().map(this::row).toList(), examples.labels(), notes);
  }

  private void put(EncodedExample example, List<List<EncodedExample>> rows) {
    Integer room = rooms.ceilingKey(example.length());
    List<EncodedExample> row;
    if (room == null) {
      row = new ArrayList<>();
      rows.add(row);
      room = Math.max(most, example.length());
    } else {
      Deque<List<EncodedExample>> same = rooms.get(room);
      row = same.remove();
      if (same.isEmpty()) {
        rooms.remove(room);
      }
    }
    row.add(example);
    int left = room - example.length();
    if (left > 0) {
      rooms.computeIfAbsent(left, none -> new ArrayDeque<>()).add(row);
    }
  }

  private EncodedExample row(List<EncodedExample> packed) {
    List<FeatureRequest> requests = examples.options().features();
    List<FeatureRow> features = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      int feature = i;
      features.add(
          switch (requests.get(i).feature()) {
            case FeatureNames.INPUT_IDS ->
                joined(packed.stream().map(one -> one.features().get(feature)).toList());
            case FeatureNames.ATTENTION_MASK -> numbers(packed);
            default ->
                throw new DataException(
                    "--packing on joins examples of tokens alone, and the model also wants '"
                        + requests.get(i).feature()
                        + "' of each: set --packing off");
          });
    }
    int length = packed.stream().mapToInt(EncodedExample::length).sum();
    return new EncodedExample(
        packed.get(0).source(),
        features,
        Optional.of(joined(packed.stream().map(one -> one.label().orElseThrow()).toList())),
        length,
        length);
  }

  private static FeatureRow joined(List<FeatureRow> rows) {
    return new FeatureRow.Ints(
        rows.stream()
            .flatMapToInt(row -> IntStream.of(((FeatureRow.Ints) row).values()))
            .toArray());
  }

  private static FeatureRow numbers(List<EncodedExample> packed) {
    return new FeatureRow.Ints(
        IntStream.range(0, packed.size())
            .flatMap(i -> IntStream.generate(() -> i + 1).limit(packed.get(i).length()))
            .toArray());
  }
}
