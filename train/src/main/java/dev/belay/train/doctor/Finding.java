package dev.belay.train.doctor;

/**
 * Result of one check of {@code belay doctor}.
 *
 * @param area of the machine
 * @param subject the subject of the check
 * @param state result of the check
 * @param found in words, with figures
 * @param advice remedy; empty if none is needed
 */
public record Finding(Area area, String subject, State state, String found, String advice) {

  /** Parts of a machine, in the order of their dependencies. */
  public enum Area {
    SYSTEM,
    MEMORY,
    PROCESSOR,
    LIBRARY,
    GPU,
    DEVICE
  }

  /** Result of a check. */
  public enum State {
    /** As it should be. */
    OK,
    /** Works, but could be better. */
    NOTE,
    /** Not present; parts that need it cannot be used. */
    MISSING,
    /** Broken: parts that depend on it fail or compute wrong numbers. */
    WRONG
  }

  static Finding ok(Area area, String subject, String found) {
    return new Finding(area, subject, State.OK, found, "");
  }

  static Finding note(Area area, String subject, String found, String advice) {
    return new Finding(area, subject, State.NOTE, found, advice);
  }

  static Finding missing(Area area, String subject, String found, String advice) {
    return new Finding(area, subject, State.MISSING, found, advice);
  }

  static Finding wrong(Area area, String subject, String found, String advice) {
    return new Finding(area, subject, State.WRONG, found, advice);
  }
}
