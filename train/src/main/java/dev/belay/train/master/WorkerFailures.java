package dev.belay.train.master;

import dev.belay.train.failure.WorkerLostException;
import org.tensorflow.exceptions.TFFailedPreconditionException;
import org.tensorflow.exceptions.TFInvalidArgumentException;
import org.tensorflow.exceptions.TFResourceExhaustedException;
import org.tensorflow.exceptions.TFUnimplementedException;
import org.tensorflow.exceptions.TensorFlowException;

/** Exceptions for the status of a run: those of a session in this process, or a lost worker. */
final class WorkerFailures {
  /** Start of TensorFlow's message in every process but the one where a step failed. */
  private static final String ABORTED = "Collective ops is aborted by";

  private static final int LONGEST = 300;

  private static final int CANCELLED = 1;
  private static final int INVALID_ARGUMENT = 3;
  private static final int DEADLINE_EXCEEDED = 4;
  private static final int RESOURCE_EXHAUSTED = 8;
  private static final int FAILED_PRECONDITION = 9;
  private static final int ABORTED_CODE = 10;
  private static final int UNIMPLEMENTED = 12;
  private static final int UNAVAILABLE = 14;

  private WorkerFailures() {}

  static RuntimeException of(int code, String message) {
    if (message.contains(ABORTED)) {
      return lost(message, null);
    }
    return switch (code) {
      case CANCELLED, DEADLINE_EXCEEDED, ABORTED_CODE, UNAVAILABLE -> lost(message, null);
      case INVALID_ARGUMENT -> new TFInvalidArgumentException(message);
      case RESOURCE_EXHAUSTED -> new TFResourceExhaustedException(message);
      case FAILED_PRECONDITION -> new TFFailedPreconditionException(message);
      case UNIMPLEMENTED -> new TFUnimplementedException(message);
      default -> new TensorFlowException(message);
    };
  }

  static WorkerLostException lost(String why, Throwable cause) {
    return new WorkerLostException(
        "a worker was lost: start all again; the same command resumes from the newest checkpoint,"
            + " also with fewer workers ("
            + reason(why)
            + ")",
        cause);
  }

  /** TensorFlow says first where the error comes from, in lines that end with a colon. */
  private static String reason(String message) {
    String line =
        message
            .lines()
            .map(String::strip)
            .filter(part -> !part.isEmpty() && !part.endsWith(":") && !part.endsWith("found."))
            .findFirst()
            .orElse("no reason given");
    return line.length() > LONGEST ? line.substring(0, LONGEST) + "..." : line;
  }
}
