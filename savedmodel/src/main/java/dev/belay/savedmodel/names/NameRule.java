package dev.belay.savedmodel.names;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One tensor, or one for each layer, in every dialect.
 *
 * @param base whether it is a part of the model without its head, whose names a headless model may
 *     have without their first word
 * @param forms its names by dialect: the first is used for writing, the others are accepted too
 */
record NameRule(boolean base, Map<Dialect, List<Form>> forms) {

  /**
   * A name of a dialect.
   *
   * @param pattern the name; of a part of the model without its head, without its first word
   * @param layout how the elements lie
   */
  record Form(NamePattern pattern, Layout layout) {}

  NameRule {
    forms = Map.copyOf(forms);
  }

  /** The form written in a dialect; empty if the dialect has no name for it. */
  Optional<Form> written(Dialect dialect) {
    return forms.getOrDefault(dialect, List.of()).stream().findFirst();
  }
}
