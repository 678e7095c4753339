package dev.belay.train.stability;

import java.io.IOException;

/** The checkpoints of a run, as a rollback sees them. */
public interface ReturnPoint {

  /** Makes sure that there is one to return to. */
  void ensure() throws IOException;

  /** Sets weights and slots as the newest one has them; returns the step that they are of. */
  long goBack() throws IOException;
}
