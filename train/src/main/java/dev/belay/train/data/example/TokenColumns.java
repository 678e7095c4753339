package dev.belay.train.data.example;

import dev.belay.train.data.DataException;

/** Reads rows that hold token ids, as a tokenizer made them before. */
final class TokenColumns {
  private final ExampleOptions options;
  private final SharedRows shared;
  private long unmasked;

  TokenColumns(ExampleOptions options, SharedRows shared) {
    this.options = options;
    this.shared = shared;
  }

  /** Rows that end in padding, all of whose tokens are seen since they came without a mask. */
  long unmasked() {
    return unmasked;
  }

  /** Ids, mask and types of a row; without a mask all are seen, as in Hugging Face's models. */
  TokenRows read(PreparedExample example) {
    ColumnNames columns = example.names();
    CellValues idCell = example.cell(columns.holding(FeatureNames.INPUT_IDS).orElseThrow());
    int[] ids = idCell.ints();
    requireLength(idCell, ids.length);
    requireIds(idCell, ids);
    boolean masked = columns.holding(FeatureNames.ATTENTION_MASK).isPresent();
    if (!masked) {
      lookForPadding(idCell, ids, example.choice().label().isPresent());
    }
    FeatureRow.Ints mask = masked ? mask(example, ids.length) : shared.ones(ids.length);
    FeatureRow.Ints types =
        columns.holding(FeatureNames.TOKEN_TYPE_IDS).isPresent()
            ? shared.of(types(example, ids.length))
            : shared.zeros(ids.length);
    return new TokenRows(new FeatureRow.Ints(ids), mask, types);
  }

  private void requireLength(CellValues cell, int length) {
    if (length == 0) {
      throw cell.error(" is empty; expected at least one token id");
    }
    if (length > options.maxLength()) {
      throw cell.error(
          " has "
              + length
              + " tokens; expected at most "
              + options.maxLength()
              + ": raise --max-seq-length as far as the model goes, or cut the rows when they are"
              + " tokenised (Belay would cut off the closing token)");
    }
  }

  /** Token ids must be ones that the model's embedding has, or the lookup fails far from here. */
  void requireIds(CellValues cell, int[] ids) {
    TokenRows.requireWithin(
        cell.position(), cell.column(), ids, options.vocabularySize().orElse(Integer.MAX_VALUE));
  }

  private void lookForPadding(CellValues cell, int[] ids, boolean labelled) {
    int last = ids.length - 1;
    boolean padded = last > 0 && options.paddingId().orElse(-1) == ids[last];
    if (padded && !labelled && options.labels().format().isCausal()) {
      throw cell.error(
          " ends in the padding id "
              + ids[last]
              + ", and there are neither an attention_mask nor labels: it could be padding, which"
              + " is not learned, or a token, which is; expected an attention_mask, 0 for padding");
    }
    unmasked += padded ? 1 : 0;
  }

  private FeatureRow.Ints mask(PreparedExample example, int length) {
    int[] values = perToken(example, FeatureNames.ATTENTION_MASK, length);
    for (int value : values) {
      if (value != 0 && value != 1) {
        throw DataException.at(
            example.row().position(),
            "the attention mask holds " + value + "; expected 1 for tokens and 0 for padding");
      }
    }
    return shared.of(values);
  }

  private int[] types(PreparedExample example, int length) {
    int[] values = perToken(example, FeatureNames.TOKEN_TYPE_IDS, length);
    int bound = options.rules().types().orElse(Integer.MAX_VALUE);
    for (int value : values) {
      if (value >= bound && options.wants(FeatureNames.TOKEN_TYPE_IDS)) {
        throw DataException.at(
            example.row().position(),
            "the token types hold " + value + "; expected 0 to " + (bound - 1));
      }
    }
    return values;
  }

  private static int[] perToken(PreparedExample example, String feature, int length) {
    CellValues cell = example.cell(example.names().holding(feature).orElseThrow());
    int[] values = cell.ints();
    requirePerToken(cell, values.length, length);
    for (int value : values) {
      if (value < 0) {
        throw cell.error(" holds " + value + "; expected numbers from 0");
      }
    }
    return values;
  }

  static void requirePerToken(CellValues cell, int found, int length) {
    if (found != length) {
      throw cell.error(" has " + found + " elements; expected " + length + ", as input_ids has");
    }
  }
}
