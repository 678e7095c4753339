package dev.belay.train.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.belay.savedmodel.Fixtures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Rules change scores as the logits processors of Hugging Face's transformers do. */
class ScoreRuleTest {
  private static final int DRAWS = 10_000;

  @Test
  void scoresChangeAsInPython() throws IOException {
    JsonNode golden = Fixtures.json(Fixtures.path("gpt2_tiny", "processors.json"));
    int[] text = ints(golden.get("text")).stream().mapToInt(Integer::intValue).toArray();
    for (JsonNode processor : golden.get("processors")) {
      float[] scores = floats(processor.get("before"));
      int begins = processor.get("name").asText().equals("MinNewTokensLength") ? 3 : text.length;
      rule(processor.get("name").asText(), processor.get("arguments")).apply(scores, text, begins);
      assertArrayEquals(floats(processor.get("after")), scores, 1e-6f, processor.toString());
    }
  }

  private static ScoreRule rule(String name, JsonNode arguments) {
    JsonNode first = arguments.get(0);
    return switch (name) {
      case "RepetitionPenalty" -> new ScoreRule.RepetitionPenalty(first.asDouble());
      case "NoRepeatNGram" -> new ScoreRule.NoRepeatedNgram(first.asInt());
      case "NoBadWords" -> {
        List<List<Integer>> banned = new ArrayList<>();
        first.forEach(word -> banned.add(ints(word)));
        yield new ScoreRule.Banned(banned);
      }
      case "MinLength" ->
          new ScoreRule.Minimum(first.asInt(), 0, Set.copyOf(ints(arguments.get(1))));
      case "MinNewTokensLength" ->
          new ScoreRule.Minimum(0, arguments.get(1).asInt(), Set.copyOf(ints(arguments.get(2))));
      case "ForcedEOSToken" ->
          new ScoreRule.ForcedLast(
              Set.copyOf(ints(arguments.get(1))), new Limits(first.asInt() - 7, Set.of()));
      case "SuppressTokens" -> new ScoreRule.Excluded(Set.copyOf(ints(first)));
      case "SuppressTokensAtBegin" -> new ScoreRule.ExcludedFirst(Set.copyOf(ints(first)), false);
      case "Temperature" -> new ScoreFilter.Temperature(first.asDouble());
      case "TopK" -> new ScoreFilter.TopK(first.asInt());
      case "TopP" -> new ScoreFilter.TopP(first.asDouble(), arguments.path(2).asInt(1));
      case "MinP" -> new ScoreFilter.MinP(first.asDouble(), arguments.path(2).asInt(1));
      default -> throw new IllegalStateException(name);
    };
  }

  /** Each token is drawn as often as its probability says, within four standard deviations. */
  @Test
  void drawsHaveTheProbabilitiesOfTheScores() {
    float[] scores = {0.5f, -1, Float.NEGATIVE_INFINITY, 2, 1.5f, -3};
    double[] probabilities = probabilities(scores);
    int[] counts = new int[scores.length];
    for (int i = 0; i < DRAWS; i++) {
      counts[Draws.one(scores, new SplittableRandom(i))]++;
    }
    assertCounts(probabilities, counts);
  }

  /** The first of draws without replacement has these probabilities too. */
  @Test
  void noiseOrdersAsDrawsDo() {
    float[] scores = {0.5f, -1, 2, 1.5f, -3};
    SplittableRandom random = new SplittableRandom(1);
    int[] counts = new int[scores.length];
    for (int i = 0; i < DRAWS; i++) {
      int best = 0;
      double highest = Double.NEGATIVE_INFINITY;
      for (int token = 0; token < scores.length; token++) {
        double key = scores[token] + Draws.noise(random);
        best = key > highest ? token : best;
        highest = Math.max(highest, key);
      }
      counts[best]++;
    }
    assertCounts(probabilities(scores), counts);
  }

  private static double[] probabilities(float[] scores) {
    double[] probabilities = new double[scores.length];
    double sum = 0;
    for (float score : scores) {
      sum += Math.exp(score);
    }
    for (int i = 0; i < scores.length; i++) {
      probabilities[i] = Math.exp(scores[i]) / sum;
    }
    return probabilities;
  }

  private static void assertCounts(double[] probabilities, int[] counts) {
    for (int i = 0; i < counts.length; i++) {
      double expected = DRAWS * probabilities[i];
      double deviation = Math.sqrt(expected * (1 - probabilities[i]));
      assertTrue(
          Math.abs(counts[i] - expected) <= 4 * deviation,
          i + ": " + counts[i] + " of " + expected);
    }
    assertEquals(DRAWS, Arrays.stream(counts).sum());
  }

  private static List<Integer> ints(JsonNode array) {
    List<Integer> values = new ArrayList<>();
    array.forEach(value -> values.add(value.asInt()));
    return values;
  }

  private static float[] floats(JsonNode row) {
    float[] values = new float[row.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = row.get(i).isNull() ? Float.NEGATIVE_INFINITY : row.get(i).floatValue();
    }
    return values;
  }
}
