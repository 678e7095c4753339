package dev.belay.train.task;

import java.util.List;

/**
 * Several texts generated for one input, the best first.
 *
 * @param answers texts
 */
public record GeneratedTexts(List<GeneratedText> answers) implements Prediction {
  public GeneratedTexts {
    answers = List.copyOf(answers);
  }
}
