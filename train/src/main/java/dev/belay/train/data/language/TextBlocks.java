package dev.belay.train.data.language;

import dev.belay.train.data.DataException;
import dev.belay.train.data.example.Dataset;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.example.FeatureNames;
import dev.belay.train.data.example.FeatureRequest;
import dev.belay.train.data.example.FeatureRow;
import dev.belay.train.data.example.LabelRule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Texts joined and cut into blocks of one length, as {@code group_texts} of Hugging Face's
 * run_clm.py does: no padding, and no text is cut off but where a block ends. What is left at the
 * end and fills no block is left out.
 */
public final class TextBlocks {
  private final Dataset texts;
  private final LabelRule rule;
  private final int[] ids; // of all texts
  private final int[] starts; // where each text begins among them

  private TextBlocks(Dataset texts, LabelRule rule) {
    this.texts = texts;
    this.rule = rule;
    int feature = idFeature(texts.options().features());
    int count = texts.size();
    this.starts = new int[count + 1];
    for (int i = 0; i < count; i++) {
      starts[i + 1] =
          Math.addExact(starts[i], texts.examples().get(i).features().get(feature).length());
    }
    this.ids = new int[starts[count]];
    for (int i = 0; i < count; i++) {
      int[] row = ((FeatureRow.Ints) texts.examples().get(i).features().get(feature)).values();
      System.arraycopy(row, 0, ids, starts[i], row.length);
    }
  }

  /**
   * Blocks of texts.
   *
   * @param texts encoded whole, without labels; a model must want nothing of them but ids, mask and
   *     types
   * @param size tokens of a block
   * @param rule labels of the blocks
   * @throws DataException if all texts together do not fill one block, or the model wants more
   */
  public static Dataset of(Dataset texts, int size, LabelRule rule) {
    texts.examples().forEach(TextBlocks::requirePlain);
    return new TextBlocks(texts, rule).cut(size);
  }

  /** Blocks have no padding and make their labels themselves. */
  private static void requirePlain(EncodedExample text) {
    String found =
        text.label().isPresent()
            ? "labels, which blocks make of their tokens"
            : text.tokens() < text.length() ? "padding, which blocks have none of" : "";
    if (!found.isEmpty()) {
      throw DataException.at(
          text.source(),
          "--block-size joins texts of tokens alone, and the row has "
              + found
              + ": leave --block-size out, or the column");
    }
  }

  private static int idFeature(List<FeatureRequest> features) {
    int found = -1;
    for (int i = 0; i < features.size(); i++) {
      switch (features.get(i).feature()) {
        case FeatureNames.INPUT_IDS -> found = i;
        case FeatureNames.ATTENTION_MASK, FeatureNames.TOKEN_TYPE_IDS -> {}
        default ->
            throw new DataException(
                "--block-size joins texts of tokens alone, and the model also wants '"
                    + features.get(i).feature()
                    + "' of each text: leave --block-size out");
      }
    }
    if (found < 0) {
      throw new DataException(
          "--block-size joins texts of tokens, and the model takes none: leave it out");
    }
    return found;
  }

  private Dataset cut(int size) {
    int count = ids.length / size;
    if (count == 0) {
      throw new DataException(
          texts.examples().get(0).source().file()
              + ": all its texts together have "
              + ids.length
              + " tokens; expected at least one block of --block-size "
              + size
              + ": choose a smaller one");
    }
    FeatureRow.Ints ones = new FeatureRow.Ints(new int[size]);
    Arrays.fill(ones.values(), 1);
    FeatureRow.Ints zeros = new FeatureRow.Ints(new int[size]);
    List<EncodedExample> blocks = new ArrayList<>(count);
    for (int block = 0; block < count; block++) {
      int start = block * size;
      int[] own = Arrays.copyOfRange(ids, start, start + size);
      List<FeatureRow> features = new ArrayList<>();
      for (FeatureRequest request : texts.options().features()) {
        features.add(
            switch (request.feature()) {
              case FeatureNames.INPUT_IDS -> new FeatureRow.Ints(own);
              case FeatureNames.ATTENTION_MASK -> ones;
              default -> zeros;
            });
      }
      blocks.add(
          new EncodedExample(
              texts.examples().get(textAt(start)).source(),
              features,
              rule.format().made(own, ones.values()),
              size,
              size));
    }
    List<String> notes = new ArrayList<>(texts.notes());
    notes.add(
        texts.size()
            + " texts of "
            + ids.length
            + " tokens became "
            + count
            + " blocks of "
            + size
            + (ids.length % size == 0
                ? ""
                : "; the last " + ids.length % size + " tokens fill none and are left out"));
    return new Dataset(
        texts.options().withMaxLength(size).withLabels(rule), blocks, texts.labels(), notes);
  }

  /** The text that a token belongs to. */
  private int textAt(int token) {
    int found = Arrays.binarySearch(starts, token);
    int text = found >= 0 ? found : -found - 2;
    while (starts[text + 1] == token) {
      text++; // texts without a token
    }
    return text;
  }
}
