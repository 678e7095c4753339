package dev.belay.train.data.example;

import dev.belay.train.data.file.DataFile;
import java.util.List;
import java.util.stream.Stream;

/**
 * One class per word of a text, at its first token; beside rows of token ids a class or a token id
 * per token, -100 where none counts.
 *
 * @param isRead whether labels are read, beside words
 */
record WordLabel(boolean isRead) implements LabelFormat {
  /** Columns that only have labels of words. */
  private static final List<String> TAGS = List.of("ner_tags", "tags");

  @Override
  public boolean hasClasses() {
    return isRead;
  }

  @Override
  public boolean splitsWords() {
    return true;
  }

  @Override
  public boolean mayBeCausal() {
    return true;
  }

  /** Beside token ids, tags of words are what labels were made of. */
  @Override
  public List<String> columns(boolean preTokenised) {
    return preTokenised ? LABEL : Stream.concat(LABEL.stream(), TAGS.stream()).toList();
  }

  @Override
  public List<String> otherColumns() {
    return TAGS;
  }

  @Override
  public String expectedColumn(boolean preTokenised) {
    return "a column 'labels' with one class per word";
  }

  /** Words with a tag each stand in a .txt as in a CoNLL file. */
  @Override
  public DataFile.TextForm textForm() {
    return isRead ? DataFile.TextForm.TAGGED_WORDS : DataFile.TextForm.LINES_OF_WORDS;
  }

  @Override
  public FeatureRow read(LabelReader labels, CellValues cell, int tokens) {
    return labels.perToken(cell, tokens);
  }
}
