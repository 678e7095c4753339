package dev.belay.train;

import dev.belay.train.cluster.LocalWorkers;
import dev.belay.train.config.ResumeConfig;
import dev.belay.train.config.TrainConfig;
import dev.belay.train.event.StopRequest;
import dev.belay.train.failure.StoppedException;
import dev.belay.train.failure.WorkersFailedException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Trains in several processes on this machine, which share each batch. */
public final class WorkerProcesses {
  /** Exit code of a worker that lost another one. */
  public static final int LOST = 76;

  private static final int STOPPED = 75;

  /** Exit codes above this are signals. */
  private static final int SIGNALS = 128;

  private WorkerProcesses() {}

  /** Whether this process only starts the workers of a run. */
  public static boolean areStarted(TrainConfig config, Map<String, String> environment) {
    return config.cluster().workers() > 1 && !isOne(environment);
  }

  /** Whether this process is one that {@link #train} started. */
  public static boolean isOne(Map<String, String> environment) {
    return environment.containsKey(LocalWorkers.VARIABLE);
  }

  /**
   * Starts the workers and waits for them. If one is lost, all are started again, from the newest
   * checkpoint.
   *
   * @param program main class of each worker
   * @param arguments of each worker, those of this process
   * @param stop ends the run early, with a checkpoint
   * @param notes for people
   * @throws WorkersFailedException if a worker failed, and that for good
   * @throws StoppedException if the run was stopped
   */
  public static void train(
      TrainConfig config,
      String program,
      List<String> arguments,
      StopRequest stop,
      Consumer<String> notes)
      throws IOException {
    int restarts =
        config.resume().mode() == ResumeConfig.Mode.AUTO ? config.cluster().maxRestarts() : 0;
    stop.listen(true); // the workers know whether there is something to save
    for (int restart = 0; ; restart++) {
      try (LocalWorkers workers =
          LocalWorkers.start(config.cluster().workers(), program, arguments)) {
        LocalWorkers.End end = workers.await(stop, LOST);
        if (end.code() == 0) {
          return;
        }
        if (stop.isRequested() && (end.code() == STOPPED || end.code() > SIGNALS)) {
          throw stop.stopped("with all workers");
        }
        if (end.code() < SIGNALS) {
          workers.lastLines(end.worker()).forEach(notes);
        }
        boolean lost = end.code() == LOST || end.code() > SIGNALS;
        String what = "the workers ended: " + workers.ends();
        if (!lost || restart == restarts || stop.isRequested()) {
          throw new WorkersFailedException(
              lost ? LOST : end.code(),
              what
                  + (lost
                      ? ": a worker was lost: start all again; the same command resumes"
                      : "; the message of worker " + end.worker() + " is above"));
        }
        notes.accept(
            what
                + ": all start again from the newest checkpoint (restart "
                + (restart + 1)
                + " of "
                + restarts
                + ")");
      }
    }
  }
}
