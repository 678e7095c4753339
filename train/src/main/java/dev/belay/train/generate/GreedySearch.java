package dev.belay.train.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Takes the likeliest token each time; the first of equally likely ones. */
public record GreedySearch(Limits limits) implements TokenSearch {

  @Override
  public List<GeneratedSequence> write(NextTokens model) {
    List<int[]> begins = model.begins();
    GeneratedSequence[] written = new GeneratedSequence[begins.size()];
    double[] logProbabilities = new double[begins.size()];
    List<PartialSequence> open = new ArrayList<>();
    for (int example = 0; example < begins.size(); example++) {
      open.add(new PartialSequence(example, begins.get(example)));
    }
    while (true) {
      open.removeIf(
          text -> {
            int first = begins.get(text.example()).length;
            boolean full = text.tokens().length >= limits.length(model, first);
            if (full) {
              written[text.example()] = written(text, first, false, logProbabilities);
            }
            return full;
          });
      if (open.isEmpty()) {
        return List.of(written);
      }
      NextTokens.Logits logits = model.after(open);
      List<PartialSequence> longer = new ArrayList<>();
      for (int row = 0; row < open.size(); row++) {
        PartialSequence text = open.get(row);
        int token = logits.best(row);
        logProbabilities[text.example()] += logits.at(row, token) - logits.total(row);
        if (limits.ends(token)) {
          int first = begins.get(text.example()).length;
          written[text.example()] = written(text, first, true, logProbabilities);
        } else {
          longer.add(text.with(token));
        }
      }
      open = longer;
    }
  }

  private static GeneratedSequence written(
      PartialSequence text, int first, boolean ended, double[] logProbabilities) {
    int[] tokens = Arrays.copyOfRange(text.tokens(), first, text.tokens().length);
    return new GeneratedSequence(tokens, ended, logProbabilities[text.example()]);
  }
}
