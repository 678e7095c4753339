package dev.belay.train.answer;

import dev.belay.train.config.QuestionConfig;
import dev.belay.train.data.example.Origin;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Looks for the answer to one question in all windows of its context, as Hugging Face's run_qa.py
 * does: the likeliest starts are joined with the likeliest ends, the sum of the two logits decides.
 * That there is no answer has the sum at the first token, the smallest of all windows.
 *
 * <p>Other than there, only tokens of the context are among the likeliest.
 */
final class AnswerSearch {
  private static final Comparator<Candidate> BEST_FIRST =
      Comparator.comparing(Candidate::logit).reversed();

  private final QuestionConfig rule;
  private final Origin.Window first;
  private final boolean mayLackAnswer;
  private List<Candidate> candidates = new ArrayList<>();
  private float none = Float.POSITIVE_INFINITY;

  /**
   * @param first any window of the question
   */
  AnswerSearch(QuestionConfig rule, Origin.Window first) {
    this.rule = rule;
    this.first = first;
    this.mayLackAnswer = rule.mayLackAnswer() || first.context().mayLackAnswer();
  }

  /** A window's logits of starts and ends, [T, 2], within those of a batch. */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Logits(float[] values, int begin) {
    float start(int position) {
      return values[begin + 2 * position];
    }

    float end(int position) {
      return values[begin + 2 * position + 1];
    }
  }

  void add(Origin.Window window, Logits logits) {
    none = Math.min(none, logits.start(0) + logits.end(0));
    List<Integer> ends = likeliest(window, Comparator.comparing(logits::end));
    for (int start : likeliest(window, Comparator.comparing(logits::start))) {
      for (int end : ends) {
        if (end >= start && end - start < rule.maxAnswerLength()) {
          candidates.add(candidate(window, logits, start, end));
        }
      }
    }
    candidates = new ArrayList<>(best(candidates));
  }

  private List<Integer> likeliest(Origin.Window window, Comparator<Integer> byLogit) {
    return IntStream.range(window.offset(), window.offset() + window.count())
        .boxed()
        .sorted(byLogit.reversed())
        .limit(rule.nBestSize())
        .toList();
  }

  private static Candidate candidate(Origin.Window window, Logits logits, int start, int end) {
    int from = window.start(start);
    int to = Math.max(from, window.end(end));
    return new Candidate(
        window.context().part(from, to), from, to, logits.start(start) + logits.end(end), 0);
  }

  private List<Candidate> best(List<Candidate> all) {
    return all.stream().sorted(BEST_FIRST).limit(rule.nBestSize()).toList();
  }

  FoundAnswer answer() {
    Candidate noAnswer = new Candidate("", 0, 0, none, 0);
    Optional<Candidate> found = candidates.stream().filter(c -> !c.isNone()).findFirst();
    Optional<Double> difference =
        mayLackAnswer ? found.map(best -> (double) none - best.logit()) : Optional.empty();
    boolean answered =
        found.isPresent() && !(difference.orElse(0.0) > rule.nullScoreDiffThreshold());
    Candidate chosen = answered ? found.get() : noAnswer;
    List<Candidate> shown = new ArrayList<>(candidates);
    if (mayLackAnswer || found.isEmpty()) {
      shown.add(noAnswer);
      shown = new ArrayList<>(best(shown));
    }
    for (Candidate needed : mayLackAnswer ? List.of(chosen, noAnswer) : List.of(chosen)) {
      if (!shown.contains(needed)) {
        shown.add(needed);
      }
    }
    List<Candidate> weighed = weighed(shown);
    return new FoundAnswer(
        first.question(), weighed.get(shown.indexOf(chosen)), weighed, difference);
  }

  private static List<Candidate> weighed(List<Candidate> candidates) {
    double highest = candidates.get(0).logit();
    double sum = candidates.stream().mapToDouble(c -> Math.exp(c.logit() - highest)).sum();
    return candidates.stream().map(c -> c.with(Math.exp(c.logit() - highest) / sum)).toList();
  }
}
