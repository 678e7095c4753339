package dev.belay.train.data.batch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.graph.layer.PackedTokens;
import dev.belay.train.data.SourcePosition;
import dev.belay.train.data.batch.BatchColumn.FloatMatrix;
import dev.belay.train.data.batch.BatchColumn.IntMatrix;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.ElementType;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.example.ExampleOptions;
import dev.belay.train.data.example.FeatureRequest;
import dev.belay.train.data.example.FeatureRow;
import dev.belay.train.data.example.LabelRule;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class CollatorTest {

  @Property(tries = 200)
  void idsAreKeptAndTheRestIsMaskedPadding(
      @ForAll @Size(min = 1, max = 12) List<@IntRange(min = 1, max = 40) Integer> sizes,
      @ForAll @IntRange(min = 1, max = 16) int multiple) {
    int[] lengths = sizes.stream().mapToInt(Integer::intValue).toArray();
    Batch batch = only(Examples.masked(lengths), multiple);
    IntMatrix ids = (IntMatrix) batch.features().get("input_ids");
    IntMatrix mask = (IntMatrix) batch.features().get("attention_mask");
    int longest = sizes.stream().mapToInt(Integer::intValue).max().orElseThrow();
    assertEquals(longest, ids.columns(), "never past the longest of the data");
    assertEquals(ids.columns(), mask.columns());
    assertEquals(lengths.length, batch.exampleCount());
    long tokens = 0;
    for (int i = 0; i < lengths.length; i++) {
      for (int j = 0; j < ids.columns(); j++) {
        boolean token = j < lengths[i];
        assertEquals(token ? i + 1 : Examples.PADDING, ids.get(i, j));
        assertEquals(token ? 1 : 0, mask.get(i, j));
        tokens += mask.get(i, j);
      }
    }
    assertEquals(tokens, batch.tokenCount());
    assertEquals(sizes, batch.lengths());
  }

  @Test
  void rowsAreRoundedUpToAMultipleWithinTheDataAndTheMask() {
    assertEquals(24, width(Examples.masked(17, 3, 100), 2, 8));
    assertEquals(20, width(Examples.masked(17, 3, 20), 2, 8), "the longest of all data");
    assertEquals(17, width(Examples.masked(17, 3, 20), 2, 1));
    assertEquals(
        17, width(Examples.unmasked(17, 3, 100), 2, 8), "a model without mask sees padding");
  }

  /** A model that leaves padding out keeps that of a row with hidden tokens, which may see it. */
  @Test
  void aMaskMayMarkPaddingThatIsLeftOut() {
    List<FeatureRequest> requests =
        List.of(FeatureRequest.ids("attention_mask").withPadding(PackedTokens.LEFT_OUT));
    List<EncodedExample> examples =
        Stream.of(new int[] {1, 0, 1, 1}, new int[] {1, 1}, new int[] {1, 0}, new int[] {0, 0, 0})
            .map(
                mask ->
                    new EncodedExample(
                        SourcePosition.line(Path.of("rows.jsonl"), 1),
                        List.of(new FeatureRow.Ints(mask)),
                        Optional.empty(),
                        mask.length,
                        1))
            .toList();
    ExampleOptions options =
        new ExampleOptions(requests, LabelRule.none(), 512, OptionalInt.empty(), OptionalInt.of(7));
    Batch batch = only(new Dataset(options, examples, Optional.empty(), List.of()), 1);
    IntMatrix mask = (IntMatrix) batch.features().get("attention_mask");
    assertArrayEquals(new int[] {1, 0, 1, 1, 1, 1, -1, -1, 1, 0, 0, 0, 0, 0, 0, 0}, mask.values());
  }

  @Test
  void aStaticLengthIsFilledAndMasksMayBeFloats() {
    Batch batch = only(Examples.fixedTo(6, 2, 3), 8);
    assertEquals(List.of("ids", "mask"), List.copyOf(batch.features().keySet()));
    IntMatrix ids = (IntMatrix) batch.features().get("ids");
    FloatMatrix mask = (FloatMatrix) batch.features().get("mask");
    assertEquals(6, ids.columns());
    assertArrayEquals(new float[] {1, 1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0}, mask.values());
    IntMatrix labels = (IntMatrix) batch.labels().orElseThrow();
    assertArrayEquals(new int[] {0, 1}, labels.values());
    assertEquals(1, labels.columns());
  }

  @Test
  void everyKindOfFeatureHasItsOwnPaddingAndLength() {
    List<FeatureRequest> requests =
        List.of(
            FeatureRequest.ids("input_ids"),
            FeatureRequest.ids("attention_mask"),
            FeatureRequest.ids("decoder_input_ids"),
            FeatureRequest.of("age", "age", ElementType.FLOAT, -1),
            FeatureRequest.of("vector", "vector", ElementType.FLOAT, -1, -1),
            FeatureRequest.of("note", "note", ElementType.STRING, -1));
    ExampleOptions options =
        new ExampleOptions(
            requests,
            LabelRule.words(Optional.empty(), OptionalInt.empty()),
            64,
            OptionalInt.empty(),
            OptionalInt.of(7));
    List<EncodedExample> examples =
        List.of(
            example(3, 1, new float[] {1, 2}, "first"), example(1, 2, new float[] {3}, "second"));
    Batch batch = only(new Dataset(options, examples, Optional.empty(), List.of()), 4);
    assertArrayEquals(new int[] {5, 5, 5, 5, 7, 7}, ints(batch.features().get("input_ids")));
    assertArrayEquals(
        new int[] {5, 7, 7, 7, 5, 5, 7, 7}, ints(batch.features().get("decoder_input_ids")));
    assertArrayEquals(
        new int[] {1, -100, -100, -100, 1, 1, -100, -100}, ints(batch.labels().orElseThrow()));
    assertArrayEquals(
        new float[] {1, 2, 3, 0}, ((FloatMatrix) batch.features().get("vector")).values());
    assertEquals(1, batch.features().get("age").columns());
    assertEquals(new BatchColumn.Texts(List.of("first", "second")), batch.features().get("note"));
    assertEquals(List.of(1, 2), batch.lengths(), "of the decoder");
    assertTrue(batch.sources().get(1).toString().endsWith("train.tsv:2"));
  }

  private static EncodedExample example(int tokens, int decoder, float[] vector, String note) {
    FeatureRow.Ints target = new FeatureRow.Ints(filled(decoder, 1));
    return new EncodedExample(
        SourcePosition.line(Path.of("train.tsv"), 2),
        List.of(
            new FeatureRow.Ints(filled(tokens, 5)),
            new FeatureRow.Ints(filled(tokens, 1)),
            new FeatureRow.Ints(filled(decoder, 5)),
            new FeatureRow.Floats(new float[] {0.5f}),
            new FeatureRow.Floats(vector),
            new FeatureRow.Text(note)),
        Optional.of(target),
        tokens,
        tokens);
  }

  private static int[] filled(int length, int value) {
    int[] values = new int[length];
    java.util.Arrays.fill(values, value);
    return values;
  }

  private static int[] ints(BatchColumn column) {
    return ((IntMatrix) column).values();
  }

  private static int width(Dataset dataset, int batchSize, int multiple) {
    BatchSource source = new BatchSource(dataset, BatchOptions.inOrder(batchSize, multiple));
    return source.epoch(0).next().features().get("input_ids").columns();
  }

  private static Batch only(Dataset dataset, int multiple) {
    BatchSource source = new BatchSource(dataset, BatchOptions.inOrder(dataset.size(), multiple));
    assertEquals(1, source.batchesPerEpoch());
    return source.epoch(0).next();
  }
}
