package dev.belay.tools.house.train;

import dev.belay.tools.house.graph.Computation;
import dev.belay.tools.house.tools.Door;
import org.tensorflow.Session;
import picocli.CommandLine;

/** Knows the door, runs a session, prints, exits; with the computation it is a cycle. */
public final class Loop {
  Computation computation;
  Door door;
  CommandLine commandLine;

  void run(Session session) {
    session.runner().addTarget("step").run().close();
    System.err.println("done");
    System.exit(0);
  }
}
