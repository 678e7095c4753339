package dev.belay.train.generate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Follows several texts of each example, and takes the one whose log-probability divided by {@code
 * length ^ lengthPenalty} is the highest, as Hugging Face transformers 4.26 does in PyTorch: the
 * length is that of the whole text, with the prompt and without the end token.
 *
 * @param beams number of beams, at least 2
 * @param lengthPenalty 1 for the mean over tokens; more favours long texts, 0 is none
 */
public record BeamSearch(Limits limits, int beams, double lengthPenalty) implements TokenSearch {
  public BeamSearch {
    if (beams < 2) {
      throw new IllegalArgumentException(
          "A beam search follows at least 2 texts; found " + beams + ". For 1, search greedily.");
    }
  }

  /** A text with the sum of its tokens' log-probabilities. */
  record Beam(PartialSequence text, double logProbability) {}

  /**
   * A token that may come next.
   *
   * @param order order of equally likely ones
   */
  private record Candidate(Beam from, int token, double logProbability, long order) {
    static final Comparator<Candidate> LIKELIEST_FIRST =
        Comparator.comparingDouble(Candidate::logProbability)
            .reversed()
            .thenComparingLong(Candidate::order);
  }

  @Override
  public List<GeneratedSequence> write(NextTokens model) {
    List<Hypotheses> all = new ArrayList<>();
    List<int[]> begins = model.begins();
    List<List<Beam>> followed = new ArrayList<>();
    for (int example = 0; example < begins.size(); example++) {
      int[] first = begins.get(example);
      all.add(new Hypotheses(this, first.length));
      followed.add(List.of(new Beam(new PartialSequence(example, first), 0)));
      stopAtLength(all.get(example), followed, example, model);
    }
    while (followed.stream().anyMatch(each -> !each.isEmpty())) {
      List<Beam> asked = followed.stream().flatMap(List::stream).toList();
      NextTokens.Logits logits = model.after(asked.stream().map(Beam::text).toList());
      int row = 0;
      for (int example = 0; example < followed.size(); example++) {
        List<Beam> own = followed.get(example);
        if (!own.isEmpty()) {
          followed.set(example, next(all.get(example), candidates(own, logits, row)));
          row += own.size();
          stopAtLength(all.get(example), followed, example, model);
        }
      }
    }
    return all.stream().map(Hypotheses::best).toList();
  }

  /** The likeliest continuations, twice as many as beams, since half of them might end. */
  private List<Candidate> candidates(List<Beam> from, NextTokens.Logits logits, int firstRow) {
    PriorityQueue<Candidate> kept = new PriorityQueue<>(Candidate.LIKELIEST_FIRST.reversed());
    long order = 0;
    for (int i = 0; i < from.size(); i++) {
      double before = from.get(i).logProbability() - logits.total(firstRow + i);
      for (int token = 0; token < logits.vocabulary(); token++, order++) {
        double logProbability = before + logits.at(firstRow + i, token);
        if (kept.size() < 2 * beams) {
          kept.add(new Candidate(from.get(i), token, logProbability, order));
        } else if (logProbability > kept.element().logProbability()) {
          kept.remove();
          kept.add(new Candidate(from.get(i), token, logProbability, order));
        }
      }
    }
    return kept.stream().sorted(Candidate.LIKELIEST_FIRST).toList();
  }

  /** Takes those that end, and gives those that are followed on: none if the example is done. */
  private List<Beam> next(Hypotheses hypotheses, List<Candidate> candidates) {
    List<Beam> next = new ArrayList<>();
    for (int rank = 0; rank < candidates.size() && next.size() < beams; rank++) {
      Candidate candidate = candidates.get(rank);
      PartialSequence text = candidate.from().text();
      if (!limits.ends(candidate.token())) {
        next.add(new Beam(text.with(candidate.token()), candidate.logProbability()));
      } else if (rank < beams) {
        hypotheses.add(new Beam(text, candidate.logProbability()), true);
      }
    }
    Candidate likeliest = candidates.get(0);
    boolean done =
        hypotheses.noneBetter(likeliest.logProbability(), likeliest.from().text().tokens().length);
    return done ? List.of() : next;
  }

  /** Beams that are as long as they may become are hypotheses like those that ended. */
  private void stopAtLength(
      Hypotheses hypotheses, List<List<Beam>> followed, int example, NextTokens model) {
    List<Beam> own = followed.get(example);
    int longest = limits.length(model, model.begins().get(example).length);
    if (!own.isEmpty() && own.get(0).text().tokens().length >= longest) {
      own.forEach(beam -> hypotheses.add(beam, false));
      followed.set(example, List.of());
    }
  }
}
