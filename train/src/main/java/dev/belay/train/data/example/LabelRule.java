package dev.belay.train.data.example;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * Rules for the labels of a run.
 *
 * @param format format of the labels in the data
 * @param known the classes, if they are known before the data are read (evaluation, labels.txt)
 * @param classCount number of outputs of the head, if it exists already
 * @param areOutputs whether classes that are not known are numbers of the model's outputs, so that
 *     no names are learned from the data
 */
public record LabelRule(
    LabelFormat format, Optional<LabelMap> known, OptionalInt classCount, boolean areOutputs) {

  /** The class index that no loss counts, as in PyTorch and Hugging Face. */
  public static final int IGNORED = -100;

  /** Classes that are known, or that the data show. */
  LabelRule(LabelFormat format, Optional<LabelMap> known, OptionalInt classCount) {
    this(format, known, classCount, false);
  }

  /** The same for a model whose classes only its author can name. */
  public LabelRule ofOutputs() {
    return new LabelRule(format, known, classCount, true);
  }

  private static LabelRule of(LabelFormat format, OptionalInt classCount) {
    return new LabelRule(format, Optional.empty(), classCount);
  }

  /** No label. */
  public static LabelRule none() {
    return of(new NoLabel(), OptionalInt.empty());
  }

  /** Classes that the file itself shows, for a new head. */
  public static LabelRule classes() {
    return of(new ClassLabel(), OptionalInt.empty());
  }

  /** Classes that the file shows, for a head of that many outputs. */
  public static LabelRule classes(int classCount) {
    return of(new ClassLabel(), OptionalInt.of(classCount));
  }

  /** Known classes. */
  public static LabelRule classes(LabelMap known) {
    return new LabelRule(new ClassLabel(), Optional.of(known), OptionalInt.of(known.size()));
  }

  /**
   * Any number of classes per example.
   *
   * @param known the classes; empty: those that the file shows
   * @param classCount number of outputs of the head, if it exists already
   */
  public static LabelRule classSets(Optional<LabelMap> known, OptionalInt classCount) {
    return new LabelRule(new ClassSetLabel(), known, classCount);
  }

  /** Numbers. */
  public static LabelRule numbers() {
    return of(new NumberLabel(), OptionalInt.empty());
  }

  /**
   * One class per word, or per token of rows of token ids.
   *
   * @param known the classes; empty: those that the file shows
   * @param classCount number of outputs of the head, if it exists already
   */
  public static LabelRule words(Optional<LabelMap> known, OptionalInt classCount) {
    return new LabelRule(new WordLabel(true), known, classCount);
  }

  /** Words without labels. */
  public static LabelRule wordsAlone() {
    return of(new WordLabel(false), OptionalInt.empty());
  }

  /** Of each token the one after it. */
  public static LabelRule nextTokens(OptionalInt vocabulary) {
    return of(new NextTokenLabel(), vocabulary);
  }

  /** Tokens that are hidden. */
  public static LabelRule hiddenTokens(OptionalInt vocabulary) {
    return of(new HiddenTokenLabel(), vocabulary);
  }

  /** The tokens of texts that are to be written. */
  public static LabelRule targetTexts(OptionalInt vocabulary) {
    return of(new TargetTextLabel(), vocabulary);
  }

  /**
   * Two or more texts with or without a score.
   *
   * @param compared whether the further texts are read, and the score
   */
  public static LabelRule sentences(boolean compared) {
    return of(new SentenceLabel(compared), OptionalInt.empty());
  }

  /**
   * Questions with their contexts.
   *
   * @param answered whether their answers are read
   */
  public static LabelRule spans(boolean answered) {
    return of(new SpanLabel(answered), OptionalInt.empty());
  }
}
