package dev.belay.train.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** The best finished texts of one example, at most as many as beams. */
final class Hypotheses {
  private final BeamSearch search;
  private final int begins;
  private final List<Hypothesis> kept = new ArrayList<>();

  private record Hypothesis(BeamSearch.Beam beam, boolean ended, double score) {}

  /**
   * None yet.
   *
   * @param begins number of tokens of the prompt
   */
  Hypotheses(BeamSearch search, int begins) {
    this.search = search;
    this.begins = begins;
  }

  void add(BeamSearch.Beam beam, boolean ended) {
    double score = score(beam.logProbability(), beam.text().tokens().length);
    kept.add(new Hypothesis(beam, ended, score));
    if (kept.size() > search.beams()) {
      kept.remove(worst());
    }
  }

  /** Whether texts of that likelihood and length would change nothing. */
  boolean noneBetter(double logProbability, int length) {
    return kept.size() == search.beams() && worst().score() >= score(logProbability, length);
  }

  GeneratedSequence best() {
    Hypothesis best =
        kept.stream().max(Comparator.comparingDouble(Hypothesis::score)).orElseThrow();
    int[] tokens = best.beam().text().tokens();
    return new GeneratedSequence(
        Arrays.copyOfRange(tokens, begins, tokens.length),
        best.ended(),
        best.beam().logProbability());
  }

  private Hypothesis worst() {
    return kept.stream().min(Comparator.comparingDouble(Hypothesis::score)).orElseThrow();
  }

  private double score(double logProbability, int length) {
    return logProbability / Math.pow(length, search.lengthPenalty());
  }
}
