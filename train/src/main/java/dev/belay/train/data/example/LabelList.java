package dev.belay.train.data.example;

import java.util.List;

/**
 * The labels of an example that may have several.
 *
 * @param labels names or numbers
 * @param list whether the data have them as a list, which may be a vector with a place for each
 *     label
 * @param decimals whether any is written with a point, as vectors are and numbers of labels are not
 */
record LabelList(List<LabelText> labels, boolean list, boolean decimals) {

  /** Whether it may be a vector: a list of nothing but 0 and 1. */
  boolean mayBeVector() {
    return list
        && !labels.isEmpty()
        && labels.stream().allMatch(label -> label.plain().matches("[01]") && !label.named());
  }

  /** Whether it may list labels; one of 0 and 1 that names a label twice rather is a vector. */
  boolean mayBeSet() {
    long different = labels.stream().map(LabelText::key).distinct().count();
    return !decimals
        && labels.stream().noneMatch(label -> label.kind() == LabelText.Kind.FRACTION)
        && (!mayBeVector() || different == labels.size());
  }
}
