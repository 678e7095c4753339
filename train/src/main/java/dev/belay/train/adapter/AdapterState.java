package dev.belay.train.adapter;

import dev.belay.graph.adapter.AdaptedWeight;
import java.util.List;

/**
 * State of adapters in a checkpoint: the weights that it does not hold, and where its adapters
 * belong.
 *
 * @param base SHA-256 of the files of the model that the adapters belong to
 * @param adapted the weights that have one
 */
public record AdapterState(String base, List<AdaptedWeight> adapted) {
  /** The section of a checkpoint's state. */
  public static final String SECTION = "adapter";
}
