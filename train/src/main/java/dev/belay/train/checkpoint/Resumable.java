package dev.belay.train.checkpoint;

/**
 * A part of a run that remembers something between steps, beside what the variables of the graph
 * hold. What it remembers is a record, which becomes a section of {@code state.json}: numbers,
 * texts, lists, maps and other records. Doubles and floats come back to the last bit.
 *
 * <p>What is large or lives in the graph is better a variable of the training step: those are saved
 * with the optimizer's slots.
 *
 * @param <S> the record
 */
public interface Resumable<S extends Record> {
  /** The name of the section, one word; it stays what it is from version to version. */
  String section();

  /** The record's class. */
  Class<S> type();

  /** Current state. Called between steps, on the training thread; the record is final. */
  S state();

  /** Goes on from what was remembered. Called once, before the first step. */
  void resume(S state);
}
