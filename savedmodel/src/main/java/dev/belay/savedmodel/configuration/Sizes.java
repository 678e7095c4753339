package dev.belay.savedmodel.configuration;

import java.util.ArrayList;
import java.util.List;

/**
 * The sizes of a transformer.
 *
 * @param vocabulary rows of the word embeddings
 * @param hidden width of a token between blocks
 * @param embedding width of an embedding; {@code hidden} where it is not factorised
 * @param layers blocks of the encoder, or of a decoder that is alone
 * @param decoderLayers blocks of a decoder beside an encoder, 0 without one
 * @param groups of layers that share weights (ALBERT); {@code layers} where none do
 * @param groupLayers blocks within a group (ALBERT); 1 otherwise
 * @param heads of attention
 * @param keyHeads heads of keys and values, which groups of the others share; {@code heads} where
 *     each has its own
 * @param headSize width of a head
 * @param intermediate width within the feed-forward
 * @param positions rows of the position embeddings, or the length of the texts that rotary positions
 *     were made for; 0 where positions are relative
 * @param types rows of the token type embeddings; 0 without them
 */
public record Sizes(
    int vocabulary,
    int hidden,
    int embedding,
    int layers,
    int decoderLayers,
    int groups,
    int groupLayers,
    int heads,
    int keyHeads,
    int headSize,
    int intermediate,
    int positions,
    int types) {
  private static final int MOST = 1 << 24;

  public Sizes {
    List<String> problems = new ArrayList<>();
    atLeast(problems, "vocabulary", 1, vocabulary);
    atLeast(problems, "hidden size", 1, hidden);
    atLeast(problems, "embedding size", 1, embedding);
    atLeast(problems, "layers", 1, layers);
    atLeast(problems, "decoder layers", 0, decoderLayers);
    atLeast(problems, "groups of layers", 1, groups);
    atLeast(problems, "layers within a group", 1, groupLayers);
    atLeast(problems, "attention heads", 1, heads);
    atLeast(problems, "heads of keys and values", 1, keyHeads);
    atLeast(problems, "size of a head", 1, headSize);
    atLeast(problems, "intermediate size", 1, intermediate);
    atLeast(problems, "positions", 0, positions);
    atLeast(problems, "token types", 0, types);
    if (problems.isEmpty() && groups > layers) {
      problems.add("groups of layers: expected at most the " + layers + " layers, found " + groups);
    }
    if (problems.isEmpty() && heads % keyHeads != 0) {
      problems.add(
          "heads of keys and values: expected a divisor of the "
              + heads
              + " attention heads, found "
              + keyHeads);
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
  }

  private static void atLeast(List<String> problems, String what, int least, int value) {
    if (value < least || value > MOST) {
      problems.add(what + ": expected " + least + " to " + MOST + ", found " + value);
    }
  }
}
