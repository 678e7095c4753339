package dev.belay.train.task;

import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.Origin;
import dev.belay.train.failure.ModelException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Classes that a model has decoded itself, such as the best path of a conditional random field. It
 * gives no probabilities.
 *
 * @param words as the input has them; null for rows of token ids
 * @param labels one per word, the class decoded at its first token, and null for words that the
 *     model did not see; or one per token; or the one of the example. Numbers where the classes
 *     have no names
 * @param wordsCut number of words cut off at the end; null for none
 */
public record DecodedLabels(List<String> words, List<String> labels, Integer wordsCut)
    implements Prediction {

  /** The classes of one example. */
  static DecodedLabels of(ExampleOutput output, Optional<LabelMap> names) {
    List<String> classes = new ArrayList<>();
    for (List<Float> one : output.ofTokens()) {
      classes.add(name(Math.round(one.get(0)), names));
    }
    if (!(output.example().origin() instanceof Origin.Words text)) {
      return new DecodedLabels(null, classes, null);
    }
    int[] wordOf = text.wordOf();
    if (classes.size() < wordOf.length) {
      throw new ModelException(
          "the model decodes "
              + classes.size()
              + " classes of a text of "
              + wordOf.length
              + " tokens; expected one per token. Name another output with --output");
    }
    List<String> labels = new ArrayList<>(Collections.nCopies(text.words().size(), null));
    for (int token = wordOf.length - 1; token >= 0; token--) {
      if (wordOf[token] >= 0) {
        labels.set(wordOf[token], classes.get(token));
      }
    }
    int cut = text.words().size() - text.seen();
    return new DecodedLabels(text.words(), labels, cut == 0 ? null : cut);
  }

  private static String name(int decoded, Optional<LabelMap> names) {
    if (names.isEmpty()) {
      return String.valueOf(decoded);
    }
    if (decoded < 0 || decoded >= names.get().size()) {
      throw new ModelException(
          "the model decodes class "
              + decoded
              + ", and "
              + names.get().size()
              + " labels are known: "
              + names.get().names()
              + ". Name all of its labels in the order of its classes with --labels");
    }
    return names.get().name(decoded);
  }
}
