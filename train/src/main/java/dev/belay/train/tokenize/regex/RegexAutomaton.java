package dev.belay.train.tokenize.regex;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The letters of a pattern and which of them may follow which: each path through it is one way in
 * which a matcher may wander over a text.
 *
 * <p>Letters stand for sets of code points; code points that no letter tells apart are one symbol.
 */
final class RegexAutomaton {
  private static final int MOST_STATES = 4000;

  /** Transitions of a matcher; targets are states. */
  private record State(int letter, List<Integer> targets, boolean condition) {}

  /**
   * The letters that may come next, with the number of ways, and whether the pattern is matched
   * already whatever comes.
   */
  private record Follow(Map<Integer, Integer> letters, boolean done) {}

  private static final int NO_LETTER = -1;
  private static final int MATCHED = 0;
  private static final int DEAD = 1;

  private final List<State> states = new ArrayList<>();
  private final List<CharacterSet> sets = new ArrayList<>();
  private final List<Integer> letterStates = new ArrayList<>();
  private final Map<Integer, Follow> follows = new HashMap<>();
  private final int start;
  private BitSet[] symbols = {};

  private RegexAutomaton(RegexNode node) throws UnprovenPatternException {
    add(new State(NO_LETTER, List.of(), false));
    add(new State(NO_LETTER, List.of(), false));
    this.start = compile(node, MATCHED);
  }

  static RegexAutomaton of(RegexNode node) throws UnprovenPatternException {
    RegexAutomaton automaton = new RegexAutomaton(node);
    automaton.nameSymbols();
    return automaton;
  }

  private int add(State state) throws UnprovenPatternException {
    if (states.size() >= MOST_STATES) {
      throw new UnprovenPatternException("it is too large");
    }
    states.add(state);
    return states.size() - 1;
  }

  private int split(List<Integer> targets) throws UnprovenPatternException {
    return add(new State(NO_LETTER, targets, false));
  }

  /** Adds the states of a node in front of a state; returns its first state. */
  private int compile(RegexNode node, int next) throws UnprovenPatternException {
    if (node instanceof RegexNode.Letter letter) {
      sets.add(letter.set());
      int state = add(new State(sets.size() - 1, List.of(next), false));
      letterStates.add(state);
      return state;
    }
    if (node instanceof RegexNode.Sequence sequence) {
      int begin = next;
      for (int i = sequence.parts().size() - 1; i >= 0; i--) {
        begin = compile(sequence.parts().get(i), begin);
      }
      return begin;
    }
    if (node instanceof RegexNode.Choice choice) {
      List<Integer> targets = new ArrayList<>();
      for (RegexNode part : choice.parts()) {
        targets.add(compile(part, next));
      }
      return split(targets);
    }
    if (node instanceof RegexNode.Condition condition) {
      List<Integer> targets = new ArrayList<>();
      for (RegexNode part : condition.ahead()) {
        targets.add(compile(part, DEAD));
      }
      targets.add(add(new State(NO_LETTER, List.of(next), true)));
      return split(targets);
    }
    return compileRepeat((RegexNode.Repeat) node, next);
  }

  private int compileRepeat(RegexNode.Repeat repeat, int next) throws UnprovenPatternException {
    int begin = next;
    int copies = repeat.least();
    if (repeat.most() == RegexNode.Repeat.ENDLESS) {
      if (repeat.part().isNullable()) {
        throw new UnprovenPatternException("it repeats without end what may match nothing");
      }
      List<Integer> targets = new ArrayList<>();
      begin = split(targets);
      int body = compile(repeat.part(), begin);
      targets.add(body);
      targets.add(next);
      if (copies > 0) {
        begin = body;
        copies--;
      }
    } else {
      for (int i = repeat.least(); i < repeat.most(); i++) {
        begin = split(List.of(compile(repeat.part(), begin), next));
      }
    }
    for (int i = 0; i < copies; i++) {
      begin = compile(repeat.part(), begin);
    }
    return begin;
  }

  /** Code points between two bounds of sets are equivalent. */
  private void nameSymbols() {
    TreeSet<Integer> bounds = new TreeSet<>();
    for (CharacterSet set : sets) {
      BitSet may = set.may();
      for (int from = may.nextSetBit(0); from >= 0; ) {
        int end = may.nextClearBit(from);
        bounds.add(from);
        bounds.add(end);
        from = may.nextSetBit(end);
      }
    }
    Map<BitSet, Integer> kinds = new HashMap<>();
    symbols = new BitSet[sets.size()];
    for (int i = 0; i < symbols.length; i++) {
      symbols[i] = new BitSet();
    }
    for (int bound : bounds) {
      BitSet kind = new BitSet();
      for (int i = 0; i < symbols.length; i++) {
        kind.set(i, sets.get(i).may().get(bound));
      }
      int symbol = kinds.computeIfAbsent(kind, unused -> kinds.size());
      kind.stream().forEach(letter -> symbols[letter].set(symbol));
    }
  }

  /** Number of letters of the pattern, copies of repeats included. */
  int letters() {
    return sets.size();
  }

  /** The code points that a letter may be. */
  BitSet codePoints(int letter) {
    return sets.get(letter).may();
  }

  /** The symbols that a letter may be. */
  BitSet symbols(int letter) {
    return symbols[letter];
  }

  /** The letters that a match may start with, each with its number of ways, two for more. */
  Map<Integer, Integer> first() {
    return follow(start).letters();
  }

  /** The letters that may follow a letter, each with its number of ways, two for more. */
  Map<Integer, Integer> behind(int letter) {
    return follow(states.get(letterStates.get(letter)).targets().get(0)).letters();
  }

  /** Whether the pattern is matched once it has reached a letter, whatever follows. */
  boolean isMatchedAt(int letter) {
    return follow(states.get(letterStates.get(letter)).targets().get(0)).done();
  }

  private Follow follow(int state) {
    Follow known = follows.get(state);
    if (known != null) {
      return known;
    }
    State here = states.get(state);
    Map<Integer, Integer> letters = new HashMap<>();
    boolean done = state == MATCHED;
    if (here.letter() != NO_LETTER) {
      letters.put(here.letter(), 1);
    } else {
      for (int target : here.targets()) {
        Follow behind = follow(target);
        behind.letters().forEach((letter, ways) -> letters.merge(letter, ways, Integer::sum));
        done |= behind.done() && !here.condition();
      }
    }
    letters.replaceAll((letter, ways) -> Math.min(ways, 2));
    Follow follow = new Follow(letters, done);
    follows.put(state, follow);
    return follow;
  }
}
