package dev.belay.train.data.example;

import dev.belay.train.data.file.DataFile;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A form that labels have in data: the columns that hold them, how one is read, and how wide a row
 * of them is in a batch. Tasks choose one of those that {@link LabelRule} has, or bring their own.
 */
public interface LabelFormat {
  /** Names of a column with a label, or with one per token. */
  List<String> LABEL = List.of("label", "labels", "label_ids", "label_id");

  /** Whether labels are read; else data are read for prediction. */
  default boolean isRead() {
    return true;
  }

  /** Whether a label is the name or the number of a class, of which the data show all. */
  default boolean hasClasses() {
    return false;
  }

  /** Whether an example has any number of classes. */
  default boolean isSet() {
    return false;
  }

  /** Whether texts are divided into words, of which each may have a label. */
  default boolean splitsWords() {
    return false;
  }

  /** Whether examples are questions with their contexts, which SQuAD's files hold. */
  default boolean isOfQuestions() {
    return false;
  }

  /** Whether an example has several texts, each of which is encoded alone. */
  default boolean isOfSentences() {
    return false;
  }

  /** Whether the label of a text is a second text, which is to be written. */
  default boolean isText() {
    return false;
  }

  /** Whether labels are made from the tokens, unless the data have labels beside token ids. */
  default boolean isMadeOfTokens() {
    return false;
  }

  /** Whether a label is the token after its own. */
  default boolean isCausal() {
    return false;
  }

  /** Whether labels per token may be those of a causal language model. */
  default boolean mayBeCausal() {
    return isCausal();
  }

  /**
   * Names that its column can have; more than one such column is an error.
   *
   * @param preTokenised whether rows hold token ids
   */
  default List<String> columns(boolean preTokenised) {
    return LABEL;
  }

  /** Names of a column that is taken where none of {@link #columns} is there. */
  default List<String> otherColumns() {
    return List.of();
  }

  /** The missing column, for errors. */
  default String expectedColumn(boolean preTokenised) {
    return "a column 'label'";
  }

  /** Interpretation of a .txt file. */
  default DataFile.TextForm textForm() {
    return DataFile.TextForm.LINES;
  }

  /**
   * Reads a label.
   *
   * @param labels that were read before
   * @param tokens number of elements of a label per token
   */
  default FeatureRow read(LabelReader labels, CellValues cell, int tokens) {
    throw new IllegalStateException("no label is read from a column");
  }

  /**
   * The label of a row without one, if it follows from its tokens.
   *
   * @param ids of its tokens, [T]
   * @param mask 1 for tokens, 0 for padding, [T]
   */
  default Optional<FeatureRow> made(int[] ids, int[] mask) {
    return Optional.empty();
  }

  /** Length of a row of labels in a batch; empty: as many as there are tokens, or classes. */
  default OptionalInt width() {
    return OptionalInt.empty();
  }
}
