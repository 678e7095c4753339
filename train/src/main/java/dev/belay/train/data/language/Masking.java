package dev.belay.train.data.language;

import dev.belay.train.data.SeedMix;
import dev.belay.train.data.example.EncodedExample;
import dev.belay.train.data.example.FeatureNames;
import dev.belay.train.data.example.FeatureRequest;
import dev.belay.train.data.example.FeatureRow;
import dev.belay.train.data.example.LabelRule;
import dev.belay.train.tokenize.Vocabulary;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * Hides words from a model that is to find them, arXiv 1810.04805 section 3.1: of the tokens that
 * are chosen, 80 % become the mask, 10 % any token of the vocabulary, and 10 % stay as they are.
 * The label of a chosen token is what it was; no other token has one. Special tokens are never
 * chosen.
 *
 * <p>The choice depends only on the seed, the epoch and the example's number in its data set: each
 * epoch hides other tokens, and a resumed run hides the same ones.
 */
public final class Masking {
  private static final double BECOMES_MASK = 0.8;
  private static final double BECOMES_MASK_OR_RANDOM = 0.9;

  private final Vocabulary vocabulary;
  private final Rule rule;
  private final int feature;

  /**
   * Rule for choosing the tokens to hide.
   *
   * @param probability share of tokens
   * @param wholeWords whether all pieces of a word are chosen together
   * @param seed of the choice
   */
  public record Rule(double probability, boolean wholeWords, long seed) {}

  /**
   * For examples of a model.
   *
   * @param vocabulary with a mask
   * @param features of the examples, in their order
   */
  public Masking(Vocabulary vocabulary, Rule rule, List<FeatureRequest> features) {
    this.vocabulary = vocabulary;
    this.rule = rule;
    this.feature =
        features.stream().map(FeatureRequest::feature).toList().indexOf(FeatureNames.INPUT_IDS);
  }

  /**
   * An example with words hidden; one that came with labels is already so, and stays.
   *
   * @param epoch from 0
   * @param number of the example in its data set, from 0
   */
  public EncodedExample hide(EncodedExample example, int epoch, int number) {
    if (example.label().isPresent()) {
      return example;
    }
    int[] ids = ((FeatureRow.Ints) example.features().get(feature)).values();
    Random random = new Random(SeedMix.mix(SeedMix.mix(rule.seed(), epoch), number));
    boolean[] chosen = rule.wholeWords() ? ofWords(ids, random) : ofTokens(ids, random);
    int[] hidden = ids.clone();
    int[] labels = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      labels[i] = chosen[i] ? ids[i] : LabelRule.IGNORED;
      if (chosen[i]) {
        hidden[i] = replaced(ids[i], random);
      }
    }
    List<FeatureRow> features = new ArrayList<>(example.features());
    features.set(feature, new FeatureRow.Ints(hidden));
    return new EncodedExample(
        example.source(),
        features,
        Optional.of(new FeatureRow.Ints(labels)),
        example.length(),
        example.tokens());
  }

  private int replaced(int id, Random random) {
    double lot = random.nextDouble();
    int any = random.nextInt(vocabulary.size());
    return lot < BECOMES_MASK
        ? vocabulary.mask().orElseThrow()
        : lot < BECOMES_MASK_OR_RANDOM ? any : id;
  }

  /** Each word's token by its own lot, as Hugging Face's DataCollatorForLanguageModeling. */
  private boolean[] ofTokens(int[] ids, Random random) {
    boolean[] chosen = new boolean[ids.length];
    for (int i = 0; i < ids.length; i++) {
      chosen[i] = vocabulary.isWord(ids[i]) && random.nextDouble() < rule.probability();
    }
    return chosen;
  }

  /**
   * Words in random order, each unless it would be too much, until as many tokens are chosen as the
   * share says and at least one: as google-research/bert's create_pretraining_data.py and Hugging
   * Face's DataCollatorForWholeWordMask.
   */
  private boolean[] ofWords(int[] ids, Random random) {
    List<int[]> words = words(ids);
    int tokens = words.stream().mapToInt(word -> word[1] - word[0]).sum();
    int wanted = Math.max(1, (int) Math.round(tokens * rule.probability()));
    boolean[] chosen = new boolean[ids.length];
    int count = 0;
    for (int left = words.size(); left > 0 && count < wanted; left--) {
      int drawn = random.nextInt(left);
      int[] word = words.get(drawn);
      words.set(drawn, words.get(left - 1));
      if (count + word[1] - word[0] <= wanted) {
        Arrays.fill(chosen, word[0], word[1], true);
        count += word[1] - word[0];
      }
    }
    return chosen;
  }

  /** First token of each word and the one after its last. */
  private List<int[]> words(int[] ids) {
    List<int[]> words = new ArrayList<>();
    for (int i = 0; i < ids.length; i++) {
      if (!vocabulary.isWord(ids[i])) {
        continue;
      }
      int last = words.size() - 1;
      if (vocabulary.isInner(ids[i]) && last >= 0 && words.get(last)[1] == i) {
        words.get(last)[1]++;
      } else {
        words.add(new int[] {i, i + 1});
      }
    }
    return words;
  }
}
