package dev.belay.tools.failure;

import java.util.Arrays;

/** Exit code of the program. */
public enum ExitCode {
  /** The command did what it was asked. */
  DONE(0),
  /** A defect in Belay. */
  DEFECT(1),
  /** An option that is unknown, or out of range. */
  USAGE(2),
  /** A model, a data file or a checkpoint is refused. */
  INPUT(3),
  /** Training produced numbers that are not finite. */
  DIVERGED(4),
  /** Native library, device, memory or disk. */
  MACHINE(5),
  /** A comparison found differences. */
  DIFFERENT(6),
  /** Stopped on request; the same command resumes. */
  STOPPED(75),
  /** A worker of a run on several was lost; all have to be started again. */
  WORKER_LOST(76);

  private final int code;

  ExitCode(int code) {
    this.code = code;
  }

  /** The exit code of a worker process; {@link #MACHINE} for a number that is none of Belay's. */
  static ExitCode of(int code) {
    return Arrays.stream(values()).filter(known -> known.code == code).findFirst().orElse(MACHINE);
  }

  /** The number the shell sees. */
  public int code() {
    return code;
  }
}
