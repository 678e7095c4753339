package dev.belay.graph.clip;

import java.util.List;

/** Thrown if clip groups do not match the variables that train. */
public final class ClipGroupException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  ClipGroupException(List<String> problems) {
    super(
        "The groups for clipping do not fit the variables that train, each of which may be in one"
            + " group: "
            + String.join("; ", problems)
            + ". Change the patterns of --clip-group; `belay inspect MODEL --plan` lists the"
            + " variables.");
  }
}
