package dev.belay.train.task;

import dev.belay.train.data.example.LabelMap;
import dev.belay.train.data.example.Origin;
import dev.belay.train.metrics.ClassificationMetrics;
import dev.belay.train.metrics.Softmax;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A class for each word, predicted at its first token.
 *
 * @param words as the input has them
 * @param labels one per word; null for words that the model did not see because the text was cut or
 *     the tokenizer has no token for them
 * @param scores probability of each label; null for the same words
 * @param wordsCut number of words cut off at the end; null for none
 */
public record WordLabels(
    List<String> words, List<String> labels, List<Double> scores, Integer wordsCut)
    implements Prediction {

  /** The answer for one text. */
  static WordLabels of(Origin.Words text, ExampleOutput output, LabelMap map) {
    List<String> labels = new ArrayList<>(Collections.nCopies(text.words().size(), null));
    List<Double> scores = new ArrayList<>(labels.size());
    text.words().forEach(word -> scores.add(null));
    int[] wordOf = text.wordOf();
    for (int token = wordOf.length - 1; token >= 0; token--) {
      if (wordOf[token] >= 0) {
        float[] logits = output.ofToken(token);
        int best = ClassificationMetrics.argmax(logits);
        // From the last token to the first: the first one of a word has the last word.
        labels.set(wordOf[token], map.name(best));
        scores.set(wordOf[token], Softmax.of(logits, best));
      }
    }
    int cut = text.words().size() - text.seen();
    return new WordLabels(text.words(), labels, scores, cut == 0 ? null : cut);
  }
}
