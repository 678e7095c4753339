package dev.belay.train.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.PriorityQueue;
import java.util.SplittableRandom;

/**
 * Follows several texts of each example, and takes those whose score divided by {@code length ^
 * lengthPenalty} is the highest, as Hugging Face transformers 5 does: the length is that of the new
 * tokens, the end token counted. With a seed, the continuations are drawn.
 *
 * @param beams number of texts, at least 2
 * @param lengthPenalty 1 for the mean over tokens; more favours long texts, 0 is none
 * @param stopping when no text can be found that is better
 */
public record BeamSearch(Choice choice, int beams, double lengthPenalty, Stopping stopping)
    implements TokenSearch {

  /** When an example is done: {@code early_stopping}. */
  public enum Stopping {
    /** As many texts as beams have ended: true. */
    EARLY,
    /** No text that is followed is better at its present length: false. */
    USUAL,
    /** No text that is followed can become better: "never". */
    NEVER
  }

  public BeamSearch {
    if (beams < 2) {
      throw new IllegalArgumentException(
          "A beam search follows at least 2 texts; found " + beams + ". For 1, search stepwise.");
    }
  }

  /**
   * A text with the sum of its tokens' scores.
   *
   * @param row of the last logits that it continues
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Beam(int[] tokens, double score, double logProbability, int row) {
    Beam at(int otherRow) {
      return new Beam(tokens, score, logProbability, otherRow);
    }
  }

  /** A text that has ended, whose score is divided by its length. */
  private record Finished(GeneratedSequence text, double score) {}

  /**
   * A token that may come next.
   *
   * @param key by which candidates are chosen: the score, with noise if they are drawn
   * @param order order of equal ones
   */
  private record Candidate(Beam from, int token, double score, double key, long order) {
    static final Comparator<Candidate> BEST_FIRST =
        Comparator.comparingDouble(Candidate::key).reversed().thenComparingLong(Candidate::order);
  }

  @Override
  public List<List<GeneratedSequence>> write(NextTokens model, long firstExample) {
    List<Example> all = new ArrayList<>();
    List<int[]> begins = model.begins();
    for (int i = 0; i < begins.size(); i++) {
      int longest = choice.limits().length(model, begins.get(i).length);
      all.add(new Example(begins.get(i), longest, choice.random(firstExample + i, 0), i));
    }
    NextTokens.Logits logits =
        all.stream().anyMatch(Example::isOpen) ? model.first() : new NextTokens.Logits(null, null);
    while (all.stream().anyMatch(Example::isOpen)) {
      List<Beam> asked = new ArrayList<>();
      for (Example example : all) {
        if (example.isOpen()) {
          example.advance(logits);
          example.number(asked);
        }
      }
      if (!asked.isEmpty()) {
        logits =
            model.next(
                asked.stream().mapToInt(Beam::row).toArray(),
                asked.stream().mapToInt(beam -> beam.tokens()[beam.tokens().length - 1]).toArray());
      }
    }
    return all.stream().map(Example::answers).toList();
  }

  /** The texts of one example. */
  private final class Example {
    private final int begins;
    private final int longest;
    private final SplittableRandom random;
    private List<Beam> followed = new ArrayList<>();
    private List<Finished> finished = new ArrayList<>();

    Example(int[] begin, int longest, SplittableRandom random, int row) {
      this.begins = begin.length;
      this.longest = longest;
      this.random = random;
      if (begin.length < longest) {
        followed.add(new Beam(begin, 0, 0, row));
      } else {
        finished.add(new Finished(new GeneratedSequence(new int[0], OptionalInt.empty(), 0), 0));
      }
    }

    boolean isOpen() {
      return !followed.isEmpty();
    }

    List<GeneratedSequence> answers() {
      return finished.stream().limit(choice.answers()).map(Finished::text).toList();
    }

    /** Adds its texts to those that are asked about, and remembers their rows there. */
    void number(List<Beam> asked) {
      List<Beam> numbered = new ArrayList<>();
      for (Beam beam : followed) {
        numbered.add(beam.at(asked.size()));
        asked.add(beam);
      }
      followed = numbered;
    }

    void advance(NextTokens.Logits logits) {
      boolean full = finished.size() == beams;
      List<Beam> running = new ArrayList<>();
      List<Finished> ended = new ArrayList<>(finished);
      int rank = 0;
      for (Candidate candidate : candidates(logits)) {
        Beam from = candidate.from();
        int[] tokens = Arrays.copyOf(from.tokens(), from.tokens().length + 1);
        tokens[from.tokens().length] = candidate.token();
        double logProbability =
            from.logProbability() + logits.logProbability(from.row(), candidate.token());
        Beam beam = new Beam(tokens, candidate.score(), logProbability, from.row());
        boolean ends = choice.limits().ends(candidate.token());
        if (!ends && tokens.length < longest && !choice.limits().stops().test(tokens)) {
          running.add(beam);
        } else if (rank < beams && !(full && stopping == Stopping.EARLY)) {
          ended.add(finished(beam, ends));
        }
        rank++;
      }
      finished =
          ended.stream()
              .sorted(Comparator.comparingDouble(Finished::score).reversed())
              .limit(beams)
              .toList();
      running.sort(Comparator.comparingDouble(Beam::score).reversed());
      followed = isDone(running) ? List.of() : running.subList(0, Math.min(beams, running.size()));
    }

    private Finished finished(Beam beam, boolean ends) {
      return new Finished(
          GeneratedSequence.of(beam.tokens(), begins, ends, beam.logProbability()),
          beam.score() / Math.pow(beam.tokens().length - begins, lengthPenalty));
    }

    private boolean isDone(List<Beam> running) {
      if (running.isEmpty() || finished.size() < beams) {
        return running.isEmpty();
      }
      Beam best = running.get(0);
      boolean grows = stopping == Stopping.NEVER && lengthPenalty > 0;
      int length = (grows ? longest : best.tokens().length) - begins;
      double hoped = best.score() / Math.pow(length, lengthPenalty);
      return stopping == Stopping.EARLY || hoped <= finished.get(beams - 1).score();
    }

    /** The best continuations, so many that not all of them can end. */
    private List<Candidate> candidates(NextTokens.Logits logits) {
      int most = Math.max(2, 1 + choice.limits().endTokens().size()) * beams;
      PriorityQueue<Candidate> kept = new PriorityQueue<>(Candidate.BEST_FIRST.reversed());
      long order = 0;
      for (Beam beam : followed) {
        float[] scores = scores(logits, beam);
        for (int token = 0; token < scores.length; token++, order++) {
          double score = beam.score() + scores[token];
          if (score == Double.NEGATIVE_INFINITY) {
            continue;
          }
          double key = choice.draws() ? score + Draws.noise(random) : score;
          if (kept.size() < most || key > kept.element().key()) {
            kept.add(new Candidate(beam, token, score, key, order));
          }
          if (kept.size() > most) {
            kept.remove();
          }
        }
      }
      return kept.stream().sorted(Candidate.BEST_FIRST).toList();
    }

    /** Logarithms of probabilities, as the rules change them. */
    private float[] scores(NextTokens.Logits logits, Beam beam) {
      float[] scores = new float[logits.vocabulary()];
      for (int token = 0; token < scores.length; token++) {
        scores[token] = (float) logits.logProbability(beam.row(), token);
      }
      choice.apply(scores, beam.tokens(), begins);
      return scores;
    }
  }
}
