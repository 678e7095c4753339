package dev.belay.train.event;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Event of a sweep. */
public sealed interface SweepEvent {

  /**
   * Model and data are read.
   *
   * @param arms settings to try
   * @param seeds seeds of each arm
   * @param steps of one arm with one seed
   * @param rungs steps after which arms that have fallen behind are stopped; empty: no arm is
   *     stopped early
   * @param notes remarks for people
   */
  record Started(int arms, int seeds, long steps, List<Long> rungs, List<String> notes)
      implements SweepEvent {}

  /** An arm starts with a seed. */
  record ArmStarted(String arm, long seed, int number, int count) implements SweepEvent {}

  /** Something happened in an arm. */
  record InArm(String arm, long seed, RunEvent event) implements SweepEvent {}

  /**
   * An arm has ended with a seed.
   *
   * @param reason why it ended before its last step; empty if it made all its steps
   * @param earlier whether it had ended before this process began
   */
  record ArmEnded(
      String arm, long seed, String reason, Map<String, Double> metrics, boolean earlier)
      implements SweepEvent {}

  /** A file for people to open was written. */
  record Reported(Path file) implements SweepEvent {}
}
