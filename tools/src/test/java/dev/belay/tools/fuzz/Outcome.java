package dev.belay.tools.fuzz;

/**
 * How one case ended.
 *
 * @param kind of its end
 * @param what was broken
 * @param thrown by the reader, or null
 * @param millis of a processor that reading took
 * @param allocatedBytes of the reading thread, garbage included
 */
record Outcome(Kind kind, String what, Throwable thrown, double millis, long allocatedBytes) {

  /** How a case can end. */
  enum Kind {
    /** Read as if it were sound: the change is one that does not matter, or that nobody can see. */
    ACCEPTED,
    /** Refused by an exception that is meant for it. */
    REFUSED,
    /** Refused, but later than it may take. */
    SLOW,
    /** Refused, but with more memory than it may take. */
    LARGE,
    /** Another exception, or an error of the JVM. */
    DEFECT,
    /** No end within the limit. */
    HUNG;

    boolean isGood() {
      return this == ACCEPTED || this == REFUSED;
    }
  }

  /**
   * What sets refusals apart: where they come from and what they say, without names and numbers.
   */
  String signature() {
    if (thrown == null) {
      return kind.name();
    }
    String message = String.valueOf(thrown.getMessage());
    String words =
        message.replaceAll("/\\S+", "").replaceAll("'[^']*'", "''").replaceAll("[0-9-]+", "0");
    StackTraceElement[] trace = thrown.getStackTrace();
    String place = trace.length == 0 ? "" : " at " + trace[0].getClassName();
    return kind
        + " "
        + thrown.getClass().getSimpleName()
        + place
        + ": "
        + words.substring(0, Math.min(words.length(), 100)).replaceAll("\\s+", " ");
  }
}
