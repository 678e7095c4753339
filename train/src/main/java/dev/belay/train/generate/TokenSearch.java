package dev.belay.train.generate;

import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;

/** A way to choose the tokens of texts. */
public sealed interface TokenSearch permits StepwiseSearch, BeamSearch {

  /**
   * Writes texts for each example, in their order, the best first.
   *
   * @param model called for all texts at once, so that examples form a batch
   * @param firstExample number of the first example, which with the seed decides what is drawn
   */
  List<List<GeneratedSequence>> write(NextTokens model, long firstExample);

  /**
   * Choice of tokens.
   *
   * @param limits end of the texts
   * @param rules change the scores of tokens, in this order
   * @param seed of the draws; empty: the likeliest tokens are taken
   * @param answers number of texts for each example
   */
  record Choice(Limits limits, List<ScoreRule> rules, OptionalLong seed, int answers) {
    public Choice {
      rules = List.copyOf(rules);
    }

    /** The likeliest tokens without rules, one text for each example. */
    public static Choice likeliest(Limits limits) {
      return new Choice(limits, List.of(), OptionalLong.empty(), 1);
    }

    boolean draws() {
      return seed.isPresent();
    }

    /** Generator for an answer, the same in whichever batch its example is. */
    SplittableRandom random(long example, int answer) {
      SplittableRandom examples = new SplittableRandom(seed.orElse(0) * 31 + example);
      return new SplittableRandom(examples.nextLong() + answer);
    }

    /** Changes scores as all rules say. */
    void apply(float[] scores, int[] text, int begins) {
      rules.forEach(rule -> rule.apply(scores, text, begins));
    }
  }
}
