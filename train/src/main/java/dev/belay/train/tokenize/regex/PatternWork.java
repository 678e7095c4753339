package dev.belay.train.tokenize.regex;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The most that a backtracking matcher wanders over a text.
 *
 * <p>Two different ways around one loop with the same letters make the number of ways grow
 * exponentially; a loop from which the same letters lead to another loop and around it makes it
 * grow by one power more (Weber and Seidl, "On the degree of ambiguity of finite automata", 1991).
 * Only ways that can still fail count: a matcher goes back over no other.
 *
 * @param letters code points that loops run over which can still fail; a run of others is no work
 * @param power to which power of the length of a run the ways from one place grow
 * @param ways by how much they grow at most
 */
public record PatternWork(BitSet letters, int power, long ways) {
  private static final long MOST_STEPS = 3_000_000;
  private static final long MOST_WAYS = 10_000;

  /** Above this the pattern is as good as exponential. */
  private static final int MOST_POWER = 2;

  /**
   * Bounds the work of a pattern.
   *
   * @throws UnprovenPatternException if it grows exponentially, or too fast, or is not known
   */
  public static PatternWork of(String pattern) throws UnprovenPatternException {
    return new Analysis(RegexAutomaton.of(RegexParser.parse(pattern))).work();
  }

  /** Oniguruma gives up, and ends the process, after ten million steps back from one place. */
  private static final double MOST_STEPS_BACK = 5e6;

  /** Some seconds of a processor. */
  private static final double MOST_STEPS_OF_TEXT = 4e9;

  /** Whether a matcher comes to the end of a text in a few seconds, and without giving up. */
  public boolean allows(String text) {
    if (power == 0) {
      return true;
    }
    double all = 0;
    int run = 0;
    for (int i = 0; i < text.length(); ) {
      int point = text.codePointAt(i);
      i += Character.charCount(point);
      run = letters.get(point) ? run + 1 : 0;
      double back = Math.pow(run, power) * ways;
      all += back;
      if (back > MOST_STEPS_BACK || all > MOST_STEPS_OF_TEXT) {
        return false;
      }
    }
    return true;
  }

  /** Whether that holds of every text of a length. */
  public boolean allowsAnything(long length) {
    double back = Math.pow((double) length, power) * ways;
    return power == 0 || (back <= MOST_STEPS_BACK && back * length <= MOST_STEPS_OF_TEXT);
  }

  /** One pattern's analysis. */
  private static final class Analysis {
    private final RegexAutomaton automaton;
    private final int[] loopOf;
    private final List<List<Integer>> loops;
    private final Map<Integer, Long> ways = new HashMap<>();
    private long steps;

    Analysis(RegexAutomaton automaton) {
      this.automaton = automaton;
      Loops found = Loops.of(automaton);
      this.loopOf = found.loopOf();
      this.loops = found.loops();
    }

    PatternWork work() throws UnprovenPatternException {
      BitSet letters = new BitSet();
      List<Integer> failing = new ArrayList<>();
      for (int loop = 0; loop < loops.size(); loop++) {
        if (loops.get(loop).stream().allMatch(automaton::isMatchedAt)) {
          continue;
        }
        failing.add(loop);
        requireOneWay(loop);
        loops.get(loop).forEach(letter -> letters.or(automaton.codePoints(letter)));
      }
      int power = failing.isEmpty() ? 0 : 1 + longestChain(failing);
      if (power > MOST_POWER) {
        throw new UnprovenPatternException(
            "its work grows with the length of a text to the power of " + power);
      }
      long most = sum(automaton.first(), -1);
      if (most > MOST_WAYS) {
        throw new UnprovenPatternException("it has too many ways to match one text");
      }
      return new PatternWork(letters, power, most);
    }

    private void step() throws UnprovenPatternException {
      if (++steps > MOST_STEPS) {
        throw new UnprovenPatternException("it is too large");
      }
    }

    /** Refuses a loop with two ways around for the same letters. */
    private void requireOneWay(int loop) throws UnprovenPatternException {
      Set<List<Integer>> forward = new HashSet<>();
      Map<List<Integer>, Set<List<Integer>>> backward = new HashMap<>();
      Deque<List<Integer>> open = new ArrayDeque<>();
      for (int letter : loops.get(loop)) {
        open.add(List.of(letter, letter));
      }
      forward.addAll(open);
      while (!open.isEmpty()) {
        List<Integer> pair = open.pop();
        for (Map.Entry<Integer, Integer> left : automaton.behind(pair.get(0)).entrySet()) {
          if (loopOf[left.getKey()] == loop && left.getValue() > 1) {
            throw exponential();
          }
          for (int right : automaton.behind(pair.get(1)).keySet()) {
            step();
            if (loopOf[left.getKey()] == loop
                && loopOf[right] == loop
                && meet(left.getKey(), right)) {
              List<Integer> next = List.of(left.getKey(), right);
              backward.computeIfAbsent(next, unused -> new HashSet<>()).add(pair);
              if (forward.add(next)) {
                open.push(next);
              }
            }
          }
        }
      }
      requireNoReturn(loop, backward);
    }

    private void requireNoReturn(int loop, Map<List<Integer>, Set<List<Integer>>> backward)
        throws UnprovenPatternException {
      Set<List<Integer>> seen = new HashSet<>();
      Deque<List<Integer>> open = new ArrayDeque<>();
      for (int letter : loops.get(loop)) {
        open.add(List.of(letter, letter));
      }
      seen.addAll(open);
      while (!open.isEmpty()) {
        List<Integer> pair = open.pop();
        if (!pair.get(0).equals(pair.get(1))) {
          throw exponential();
        }
        for (List<Integer> before : backward.getOrDefault(pair, Set.of())) {
          step();
          if (seen.add(before)) {
            open.push(before);
          }
        }
      }
    }

    private static UnprovenPatternException exponential() {
      return new UnprovenPatternException(
          "a repeat in it matches the same text in several ways, so that its work doubles with each"
              + " letter");
    }

    private boolean meet(int left, int right) {
      return automaton.symbols(left).intersects(automaton.symbols(right));
    }

    /** The most loops of which each leads to the next over its own letters, less one. */
    private int longestChain(List<Integer> failing) throws UnprovenPatternException {
      int[] chain = new int[loops.size()];
      int longest = 0;
      // A loop has a larger number than those that it leads to.
      for (int from = 0; from < loops.size(); from++) {
        for (int to : failing) {
          if (to < from && chain[to] + 1 > chain[from] && leads(from, to)) {
            chain[from] = chain[to] + 1;
          }
        }
        longest = Math.max(longest, chain[from]);
      }
      return longest;
    }

    /** Whether some word leads around one loop, from it to another, and around that one. */
    private boolean leads(int from, int to) throws UnprovenPatternException {
      for (int first : loops.get(from)) {
        for (int last : loops.get(to)) {
          if (leads(List.of(first, first, last), List.of(first, last, last), from, to)) {
            return true;
          }
        }
      }
      return false;
    }

    private boolean leads(List<Integer> begin, List<Integer> end, int from, int to)
        throws UnprovenPatternException {
      Set<List<Integer>> seen = new HashSet<>(Set.of(begin));
      Deque<List<Integer>> open = new ArrayDeque<>(seen);
      while (!open.isEmpty()) {
        List<Integer> triple = open.pop();
        for (int first : automaton.behind(triple.get(0)).keySet()) {
          for (int last : automaton.behind(triple.get(2)).keySet()) {
            step();
            if (loopOf[first] != from || loopOf[last] != to || !meet(first, last)) {
              continue;
            }
            BitSet both = (BitSet) automaton.symbols(first).clone();
            both.and(automaton.symbols(last));
            for (int middle : automaton.behind(triple.get(1)).keySet()) {
              step();
              List<Integer> next = List.of(first, middle, last);
              if (automaton.symbols(middle).intersects(both) && seen.add(next)) {
                open.push(next);
              }
            }
          }
        }
      }
      return seen.contains(end) && !begin.equals(end);
    }

    /** Number of paths from a letter, those around its own loop excluded. */
    private long ways(int letter) {
      Long known = ways.get(letter);
      if (known != null) {
        return known;
      }
      long most = 1;
      List<Integer> around = loopOf[letter] < 0 ? List.of(letter) : loops.get(loopOf[letter]);
      for (int each : around) {
        most = Math.max(most, 1 + sum(automaton.behind(each), loopOf[letter]));
      }
      for (int each : around) {
        ways.put(each, most);
      }
      return most;
    }

    /** The most ways over letters that one symbol can be. */
    private long sum(Map<Integer, Integer> letters, int without) {
      Map<Integer, Long> bySymbol = new HashMap<>();
      letters.forEach(
          (letter, count) -> {
            if (without < 0 || loopOf[letter] != without) {
              long each = Math.min(MOST_WAYS + 1, count * ways(letter));
              automaton.symbols(letter).stream()
                  .forEach(symbol -> bySymbol.merge(symbol, each, Long::sum));
            }
          });
      long most = bySymbol.values().stream().mapToLong(Long::longValue).max().orElse(0);
      return Math.min(MOST_WAYS + 1, most);
    }
  }
}
