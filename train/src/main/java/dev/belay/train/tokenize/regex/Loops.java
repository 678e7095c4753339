package dev.belay.train.tokenize.regex;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * The loops of a pattern: letters of which each leads to each other (Tarjan's strongly connected
 * components), those that lead to others behind them.
 *
 * @param loopOf for each letter the number of its loop, -1 if it is in none
 * @param loops the letters of each loop
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Loops(int[] loopOf, List<List<Integer>> loops) {

  static Loops of(RegexAutomaton automaton) {
    Search search = new Search(automaton);
    for (int letter = 0; letter < automaton.letters(); letter++) {
      if (search.number[letter] == 0) {
        search.visit(letter);
      }
    }
    return new Loops(search.loopOf, search.loops);
  }

  /** One search through all letters, as deep as the pattern is long. */
  private static final class Search {
    private final RegexAutomaton automaton;
    private final int[] number;
    private final int[] lowest;
    private final int[] loopOf;
    private final List<List<Integer>> loops = new ArrayList<>();
    private final Deque<Integer> path = new ArrayDeque<>();
    private int count;

    Search(RegexAutomaton automaton) {
      this.automaton = automaton;
      this.number = new int[automaton.letters()];
      this.lowest = new int[automaton.letters()];
      this.loopOf = new int[automaton.letters()];
      Arrays.fill(loopOf, -1);
    }

    void visit(int letter) {
      number[letter] = ++count;
      lowest[letter] = count;
      path.push(letter);
      for (int next : automaton.behind(letter).keySet()) {
        if (number[next] == 0) {
          visit(next);
          lowest[letter] = Math.min(lowest[letter], lowest[next]);
        } else if (path.contains(next)) {
          lowest[letter] = Math.min(lowest[letter], number[next]);
        }
      }
      if (lowest[letter] == number[letter]) {
        close(letter);
      }
    }

    private void close(int letter) {
      List<Integer> component = new ArrayList<>();
      int last;
      do {
        last = path.pop();
        component.add(last);
      } while (last != letter);
      boolean isLoop = component.size() > 1 || automaton.behind(letter).containsKey(letter);
      if (isLoop) {
        component.forEach(each -> loopOf[each] = loops.size());
        loops.add(List.copyOf(component));
      }
    }
  }
}
