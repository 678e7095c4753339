package dev.belay.tools.house.tools;

import dev.belay.tools.house.train.hidden.Hidden;

/** A class that others use although it should use them, and that uses an internal package. */
public final class Door {
  Hidden hidden;
}
