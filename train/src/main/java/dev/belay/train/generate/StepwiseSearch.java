package dev.belay.train.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Takes one token after the other: the one with the highest score, the first of equal ones, or one
 * that is drawn by the softmax of the scores.
 */
public record StepwiseSearch(Choice choice) implements TokenSearch {

  /**
   * A text that is being written.
   *
   * @param example index of its example in the batch
   * @param answer its number among the texts for the example
   * @param tokens so far, those of the prompt first
   * @param random draws its tokens
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Text(
      int example, int answer, int[] tokens, double logProbability, SplittableRandom random) {
    Text with(int token, double itsLogProbability) {
      int[] longer = Arrays.copyOf(tokens, tokens.length + 1);
      longer[tokens.length] = token;
      return new Text(example, answer, longer, logProbability + itsLogProbability, random);
    }
  }

  @Override
  public List<List<GeneratedSequence>> write(NextTokens model, long firstExample) {
    List<int[]> begins = model.begins();
    Limits limits = choice.limits();
    GeneratedSequence[][] written = new GeneratedSequence[begins.size()][choice.answers()];
    List<Text> open = new ArrayList<>();
    for (int example = 0; example < begins.size(); example++) {
      for (int answer = 0; answer < choice.answers(); answer++) {
        Text text =
            new Text(
                example,
                answer,
                begins.get(example),
                0,
                choice.random(firstExample + example, answer));
        if (isFull(text, model)) {
          written[example][answer] = new GeneratedSequence(new int[0], OptionalInt.empty(), 0);
        } else {
          open.add(text);
        }
      }
    }
    if (!open.isEmpty()) {
      NextTokens.Logits logits = model.first();
      int[] rows = open.stream().mapToInt(Text::example).toArray();
      while (true) {
        List<Text> next = new ArrayList<>();
        int[] from = new int[rows.length];
        for (int i = 0; i < rows.length; i++) {
          Text text = open.get(i);
          int begin = begins.get(text.example()).length;
          int token = token(logits, rows[i], text, begin);
          Text longer = text.with(token, logits.logProbability(rows[i], token));
          boolean ended = limits.ends(token);
          if (ended || isFull(longer, model) || limits.stops().test(longer.tokens())) {
            written[text.example()][text.answer()] =
                GeneratedSequence.of(longer.tokens(), begin, ended, longer.logProbability());
          } else {
            from[next.size()] = rows[i];
            next.add(longer);
          }
        }
        if (next.isEmpty()) {
          break;
        }
        int[] added = next.stream().mapToInt(text -> last(text.tokens())).toArray();
        logits = model.next(Arrays.copyOf(from, added.length), added);
        rows = IntStream.range(0, added.length).toArray();
        open = next;
      }
    }
    return Arrays.stream(written).map(List::of).toList();
  }

  private boolean isFull(Text text, NextTokens model) {
    int first = model.begins().get(text.example()).length;
    return text.tokens().length >= choice.limits().length(model, first);
  }

  private static int last(int[] tokens) {
    return tokens[tokens.length - 1];
  }

  private int token(NextTokens.Logits logits, int row, Text text, int begins) {
    if (choice.rules().isEmpty() && !choice.draws()) {
      return logits.best(row);
    }
    int words = logits.vocabulary();
    float[] scores = Arrays.copyOfRange(logits.values(), row * words, (row + 1) * words);
    choice.apply(scores, text.tokens(), begins);
    return choice.draws()
        ? Draws.one(scores, text.random())
        : new NextTokens.Logits(scores, new float[1]).best(0);
  }
}
