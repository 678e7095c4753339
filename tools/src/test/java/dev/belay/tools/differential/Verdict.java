package dev.belay.tools.differential;

/**
 * The end of one case.
 *
 * @param kind how it ended
 * @param reason one line: the refusal, the difference, or the failure; empty for an equal case
 */
record Verdict(Kind kind, String reason) {
  static final Verdict EQUAL = new Verdict(Kind.EQUAL, "");

  /** Ways that a case can end. */
  enum Kind {
    /** Belay gave what Python gives, or refused what has to be refused. */
    EQUAL,
    /** Belay refused input that Python takes. */
    REFUSED,
    /** Belay gave another answer than Python, or an answer to what has to be refused. */
    DIFFERENT,
    /** A defect, a hang, or a dead process. */
    CRASHED
  }

  static Verdict different(String reason) {
    return new Verdict(Kind.DIFFERENT, reason);
  }

  boolean isEqual() {
    return kind == Kind.EQUAL;
  }
}
