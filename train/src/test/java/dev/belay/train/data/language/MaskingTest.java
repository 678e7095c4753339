package dev.belay.train.data.language;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.belay.train.data.SourcePosition;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.example.FeatureRequest;
import dev.belay.train.data.example.FeatureRow;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.tokenize.Vocabulary;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class MaskingTest {
  private static final int WORDS = 100;
  private static final int MASK = 4;
  private static final int SPECIAL = 5; // ids 0 to 4
  private static final int INNER = 50; // and above

  private static Masking masking(double probability, boolean wholeWords, long seed) {
    BitSet special = new BitSet();
    special.set(0, SPECIAL);
    BitSet inner = new BitSet();
    inner.set(INNER, WORDS);
    return new Masking(
        new Vocabulary(WORDS, special, OptionalInt.of(MASK), inner, true),
        new Masking.Rule(probability, wholeWords, seed),
        List.of(FeatureRequest.ids("attention_mask"), FeatureRequest.ids("input_ids")));
  }

  private static EncodedExample example(int... ids) {
    return new EncodedExample(
        SourcePosition.line(Path.of("a.txt"), 1),
        List.of(new FeatureRow.Ints(new int[ids.length]), new FeatureRow.Ints(ids)),
        Optional.empty(),
        ids.length,
        ids.length);
  }

  private static int[] ids(EncodedExample example) {
    return ((FeatureRow.Ints) example.features().get(1)).values();
  }

  private static int[] labels(EncodedExample example) {
    return ((FeatureRow.Ints) example.label().orElseThrow()).values();
  }

  /** What has no label is as it was; what has one had been it; special tokens never have one. */
  @Property(tries = 200)
  void labelsSayWhatWasHidden(
      @ForAll @Size(min = 1, max = 40) List<@IntRange(min = 0, max = WORDS - 1) Integer> tokens,
      @ForAll boolean wholeWords,
      @ForAll @IntRange(max = 3) int epoch) {
    int[] before = tokens.stream().mapToInt(Integer::intValue).toArray();
    EncodedExample hidden = masking(0.3, wholeWords, 7).hide(example(before), epoch, 2);
    int[] after = ids(hidden);
    int[] labels = labels(hidden);
    for (int i = 0; i < before.length; i++) {
      if (labels[i] == LabelRule.IGNORED) {
        assertEquals(before[i], after[i]);
      } else {
        assertEquals(before[i], labels[i]);
        assertTrue(before[i] >= SPECIAL, "a special token was hidden");
      }
    }
    EncodedExample again = masking(0.3, wholeWords, 7).hide(example(before), epoch, 2);
    assertArrayEquals(after, ids(again));
    assertArrayEquals(labels, labels(again));
  }

  @Test
  void fifteenOfAHundredAreChosenAndEightOfTenOfThemBecomeTheMask() {
    int[] many = new int[40_000];
    Arrays.fill(many, 17);
    EncodedExample hidden = masking(0.15, false, 1).hide(example(many), 0, 0);
    int chosen = 0;
    int masks = 0;
    int kept = 0;
    for (int i = 0; i < many.length; i++) {
      if (labels(hidden)[i] != LabelRule.IGNORED) {
        chosen++;
        masks += ids(hidden)[i] == MASK ? 1 : 0;
        kept += ids(hidden)[i] == 17 ? 1 : 0;
      }
    }
    assertEquals(0.15, chosen / 40_000.0, 0.006);
    assertEquals(0.801, masks / (double) chosen, 0.02); // one in a hundred random tokens is it too
    assertEquals(0.101, kept / (double) chosen, 0.02);
  }

  @Test
  void everySeedEpochAndExampleHidesOtherWords() {
    int[] tokens = new int[200];
    Arrays.fill(tokens, 20);
    String first = Arrays.toString(labels(masking(0.15, false, 1).hide(example(tokens), 0, 0)));
    assertNotEquals(
        first, Arrays.toString(labels(masking(0.15, false, 2).hide(example(tokens), 0, 0))));
    assertNotEquals(
        first, Arrays.toString(labels(masking(0.15, false, 1).hide(example(tokens), 1, 0))));
    assertNotEquals(
        first, Arrays.toString(labels(masking(0.15, false, 1).hide(example(tokens), 0, 1))));
  }

  @Test
  void thePiecesOfAWordAreHiddenTogether() {
    int[] words = {2, 10, 60, 61, 11, 12, 62, 13, 14, 15, 63, 64, 16, 3};
    boolean several = false;
    for (int number = 0; number < 50; number++) {
      int[] labels = labels(masking(0.3, true, 1).hide(example(words), 0, number));
      for (int i = 1; i < words.length - 1; i++) {
        if (words[i] >= INNER) {
          assertEquals(
              labels[i - 1] == LabelRule.IGNORED, labels[i] == LabelRule.IGNORED, "token " + i);
          several |= labels[i] != LabelRule.IGNORED;
        }
      }
      long hidden = Arrays.stream(labels).filter(label -> label != LabelRule.IGNORED).count();
      assertTrue(hidden >= 1 && hidden <= 4, hidden + " of 12 tokens at a share of 0.3");
    }
    assertTrue(several, "no word of several pieces was ever hidden");
  }

  @Test
  void anExampleThatHasLabelsStays() {
    EncodedExample plain = example(2, 10, 3);
    EncodedExample labelled =
        new EncodedExample(
            plain.source(), plain.features(), Optional.of(new FeatureRow.Ints(new int[3])), 3, 3);
    assertSame(labelled, masking(0.9, false, 1).hide(labelled, 0, 0));
    EncodedExample nothing = masking(0.9, true, 1).hide(example(2, 3), 0, 0);
    assertArrayEquals(new int[] {-100, -100}, labels(nothing));
  }
}
