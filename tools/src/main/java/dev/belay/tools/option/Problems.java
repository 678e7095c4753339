package dev.belay.tools.option;

import dev.belay.train.config.ConfigException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Gathers what is wrong with the parts of a configuration, so that a user hears it all at once. */
public final class Problems {
  private final List<String> found = new ArrayList<>();

  /** Makes a part; null if it cannot be, which {@link #verify} then says. */
  public <T> T part(Supplier<T> part) {
    try {
      return part.get();
    } catch (ConfigException refused) {
      found.addAll(refused.problems());
      return null;
    }
  }

  /** Notes an option without which the command cannot run. */
  public void require(boolean given, String option, String what) {
    if (!given) {
      found.add(option + " is missing: " + what);
    }
  }

  /** Complains of everything that was found. */
  public void verify() {
    if (!found.isEmpty()) {
      throw new ConfigException(found);
    }
  }
}
